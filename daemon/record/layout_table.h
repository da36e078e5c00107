/* SPDX-License-Identifier: MIT */
/* Written by layout.py from the headers of core: make record-table. Included by layout.c alone. */
/* clang-format off */
static const struct layout_field fields_axis_config[] = {
	FIELD(axis_config, drive, uint8_t, WHOLE, NONE, 0, NULL),
	FIELD(axis_config, range_mm, float, FLOAT, NONE, 0, NULL),
	FIELD(axis_config, speed_max, float, FLOAT, NONE, 0, NULL),
	FIELD(axis_config, homing_mm_s, float, FLOAT, NONE, 0, NULL),
	FIELD(axis_config, limit_n, float, FLOAT, NONE, 0, NULL),
};
static const struct layout_struct layout_axis_config = { fields_axis_config, 5, sizeof(struct axis_config) };

static const struct layout_field fields_roller_config[] = {
	FIELD(roller_config, axis, struct axis_config, STRUCT, NONE, 0, &layout_axis_config),
	FIELD(roller_config, spring_n, float, FLOAT, NONE, 0, NULL),
	FIELD(roller_config, spring_n_mm, float, FLOAT, NONE, 0, NULL),
	FIELD(roller_config, inner_share, float, FLOAT, NONE, 0, NULL),
};
static const struct layout_struct layout_roller_config = { fields_roller_config, 4, sizeof(struct roller_config) };

static const struct layout_field fields_zone_config[] = {
	FIELD(zone_config, roller, enum roller, ENUM, NONE, ROLLER_COUNT, NULL),
	FIELD(zone_config, pad, enum pad, ENUM, NONE, PAD_COUNT, NULL),
	FIELD(zone_config, from_mm, float, FLOAT, NONE, 0, NULL),
	FIELD(zone_config, to_mm, float, FLOAT, NONE, 0, NULL),
};
static const struct layout_struct layout_zone_config = { fields_zone_config, 4, sizeof(struct zone_config) };

static const struct layout_field fields_technique_config[] = {
	FIELD(technique_config, travel_mm_s, float, FLOAT, NONE, 0, NULL),
	FIELD(technique_config, knead_rpm, float, FLOAT, NONE, 0, NULL),
	FIELD(technique_config, reach_mm, float, FLOAT, NONE, 0, NULL),
	FIELD(technique_config, hold_s, float, FLOAT, NONE, 0, NULL),
	FIELD(technique_config, release_s, float, FLOAT, NONE, 0, NULL),
	FIELD(technique_config, release_factor, float, FLOAT, NONE, 0, NULL),
};
static const struct layout_struct layout_technique_config = { fields_technique_config, 6, sizeof(struct technique_config) };

static const struct layout_field fields_force_config[] = {
	FIELD(force_config, level_n, float, FLOAT, NONE, 0, NULL),
	FIELD(force_config, approach_mm_s, float, FLOAT, NONE, 0, NULL),
	FIELD(force_config, retract_mm_s, float, FLOAT, NONE, 0, NULL),
	FIELD(force_config, follow_mm_s, float, FLOAT, NONE, 0, NULL),
	FIELD(force_config, gain_mm_s_n, float, FLOAT, NONE, 0, NULL),
	FIELD(force_config, rate_n_s, float, FLOAT, NONE, 0, NULL),
	FIELD(force_config, contact_n, float, FLOAT, NONE, 0, NULL),
	FIELD(force_config, clear_mm, float, FLOAT, NONE, 0, NULL),
	FIELD(force_config, travel_mm_s2, float, FLOAT, NONE, 0, NULL),
	FIELD(force_config, homing_n_depth, float, FLOAT, NONE, 0, NULL),
	FIELD(force_config, homing_n_travel, float, FLOAT, NONE, 0, NULL),
};
static const struct layout_struct layout_force_config = { fields_force_config, 11, sizeof(struct force_config) };

static const struct layout_field fields_program_phase[] = {
	FIELD(program_phase, name, char[32], TEXT, NONE, 0, NULL),
	FIELD(program_phase, duration_s, uint32_t, WHOLE, NONE, 0, NULL),
	FIELD(program_phase, parts, uint8_t, WHOLE, NONE, 0, NULL),
	FIELD(program_phase, technique, enum technique, ENUM, NONE, TECHNIQUE_COUNT, NULL),
	FIELD(program_phase, level_offset, int8_t, WHOLE, NONE, 0, NULL),
	FIELD(program_phase, heat_c, float, FLOAT, NONE, 0, NULL),
	FIELD(program_phase, level_max, uint8_t, WHOLE, NONE, 0, NULL),
	FIELD(program_phase, steered, bool, BOOL, NONE, 0, NULL),
};
static const struct layout_struct layout_program_phase = { fields_program_phase, 8, sizeof(struct program_phase) };

static const struct layout_field fields_program[] = {
	FIELD(program, id, char[32], TEXT, NONE, 0, NULL),
	FIELD(program, sides, uint8_t, WHOLE, NONE, 0, NULL),
	FIELD(program, phase_count, uint8_t, WHOLE, NONE, 0, NULL),
	FIELD(program, phases, struct program_phase, STRUCT, NONE, 0, &layout_program_phase),
};
static const struct layout_struct layout_program = { fields_program, 4, sizeof(struct program) };

static const struct layout_field fields_chair_config[] = {
	FIELD(chair_config, roller, struct roller_config, STRUCT, ROLLER, 0, &layout_roller_config),
	FIELD(chair_config, zone, struct zone_config, STRUCT, ZONE, 0, &layout_zone_config),
	FIELD(chair_config, technique, struct technique_config, STRUCT, NONE, 0, &layout_technique_config),
	FIELD(chair_config, force, struct force_config, STRUCT, NONE, 0, &layout_force_config),
	FIELD(chair_config, set_max_c, float, FLOAT, NONE, 0, NULL),
	FIELD(chair_config, session_max_s, uint32_t, WHOLE, NONE, 0, NULL),
	FIELD(chair_config, program_count, uint8_t, WHOLE, NONE, 0, NULL),
	FIELD(chair_config, default_program, uint8_t, WHOLE, NONE, 0, NULL),
	FIELD(chair_config, programs, struct program, STRUCT, NONE, 0, &layout_program),
};
static const struct layout_struct layout_chair_config = { fields_chair_config, 9, sizeof(struct chair_config) };

static const struct layout_field fields_interlock[] = {
	FIELD(interlock, present, uint64_t, WHOLE, NONE, 0, NULL),
	FIELD(interlock, active, uint64_t, WHOLE, NONE, 0, NULL),
	FIELD(interlock, latched, uint64_t, WHOLE, NONE, 0, NULL),
	FIELD(interlock, effects, uint32_t, WHOLE, NONE, 0, NULL),
	FIELD(interlock, first_out, enum cause, ENUM, NONE, CAUSE_COUNT, NULL),
	FIELD(interlock, since_us, uint64_t, WHOLE, CAUSE, 0, NULL),
	FIELD(interlock, seen_us, uint64_t, WHOLE, CAUSE, 0, NULL),
	FIELD(interlock, where, uint32_t, WHOLE, CAUSE, 0, NULL),
	FIELD(interlock, missing_devices, uint32_t, WHOLE, NONE, 0, NULL),
	FIELD(interlock, overruns, uint32_t, WHOLE, NONE, 0, NULL),
	FIELD(interlock, late, bool, BOOL, NONE, 0, NULL),
	FIELD(interlock, last_cycle_us, uint64_t, WHOLE, NONE, 0, NULL),
	FIELD(interlock, overrun_us, uint64_t, WHOLE, NONE, 0, NULL),
	FIELD(interlock, beat_since_us, uint64_t, WHOLE, NONE, 0, NULL),
	FIELD(interlock, last_edge_us, uint64_t, WHOLE, NONE, 0, NULL),
	FIELD(interlock, relay_closed_us, uint64_t, WHOLE, NONE, 0, NULL),
	FIELD(interlock, relay_seen_open, bool, BOOL, NONE, 0, NULL),
	FIELD(interlock, drives_seen, uint32_t, WHOLE, NONE, 0, NULL),
	FIELD(interlock, drive_good_us, uint64_t, WHOLE, DRIVE, 0, NULL),
	FIELD(interlock, sensors_seen, uint32_t, WHOLE, NONE, 0, NULL),
	FIELD(interlock, force_stamp_us, uint64_t, WHOLE, ROLLER, 0, NULL),
	FIELD(interlock, force_count, uint8_t, WHOLE, ROLLER, 0, NULL),
	FIELD(interlock, force_trips, uint8_t, WHOLE, NONE, 0, NULL),
	FIELD(interlock, force_over, bool, BOOL, NONE, 0, NULL),
	FIELD(interlock, pressed_us, uint64_t, WHOLE, NONE, 0, NULL),
};
static const struct layout_struct layout_interlock = { fields_interlock, 25, sizeof(struct interlock) };

static const struct layout_field fields_person_limits[] = {
	FIELD(person_limits, level_max, uint8_t, WHOLE, NONE, 0, NULL),
	FIELD(person_limits, gentle, bool, BOOL, NONE, 0, NULL),
	FIELD(person_limits, heat_max_c, float, FLOAT, NONE, 0, NULL),
};
static const struct layout_struct layout_person_limits = { fields_person_limits, 3, sizeof(struct person_limits) };

static const struct layout_field fields_session_choice[] = {
	FIELD(session_choice, chosen, bool, BOOL, NONE, 0, NULL),
	FIELD(session_choice, program, uint8_t, WHOLE, NONE, 0, NULL),
	FIELD(session_choice, side, enum side, ENUM, NONE, SIDE_COUNT, NULL),
	FIELD(session_choice, level, uint8_t, WHOLE, NONE, 0, NULL),
	FIELD(session_choice, duration_us, uint64_t, WHOLE, NONE, 0, NULL),
	FIELD(session_choice, elapsed_us, uint64_t, WHOLE, NONE, 0, NULL),
	FIELD(session_choice, done_us, uint64_t, WHOLE, NONE, 0, NULL),
	FIELD(session_choice, seed, uint32_t, WHOLE, NONE, 0, NULL),
	FIELD(session_choice, limits, struct person_limits, STRUCT, NONE, 0, &layout_person_limits),
	FIELD(session_choice, heat_c, float, FLOAT, PAD, 0, NULL),
	FIELD(session_choice, heat_only, bool, BOOL, NONE, 0, NULL),
	FIELD(session_choice, scan, bool, BOOL, NONE, 0, NULL),
	FIELD(session_choice, spot_chosen, bool, BOOL, NONE, 0, NULL),
	FIELD(session_choice, spot_zone, enum zone, ENUM, NONE, ZONE_COUNT, NULL),
	FIELD(session_choice, spot, float, FLOAT, NONE, 0, NULL),
};
static const struct layout_struct layout_session_choice = { fields_session_choice, 15, sizeof(struct session_choice) };

static const struct layout_field fields_service[] = {
	FIELD(service, work, enum service_work, ENUM, NONE, SERVICE_HEAT + 1, NULL),
	FIELD(service, axis, unsigned int, WHOLE, NONE, 0, NULL),
	FIELD(service, speed, float, FLOAT, NONE, 0, NULL),
	FIELD(service, pad, enum pad, ENUM, NONE, PAD_COUNT, NULL),
	FIELD(service, heat_c, float, FLOAT, NONE, 0, NULL),
	FIELD(service, work_us, uint64_t, WHOLE, NONE, 0, NULL),
	FIELD(service, from, float, FLOAT, NONE, 0, NULL),
	FIELD(service, still_us, uint64_t, WHOLE, NONE, 0, NULL),
	FIELD(service, stood, bool, BOOL, NONE, 0, NULL),
	FIELD(service, expires_us, uint64_t, WHOLE, NONE, 0, NULL),
};
static const struct layout_struct layout_service = { fields_service, 10, sizeof(struct service) };

static const struct layout_field fields_session[] = {
	FIELD(session, state, enum session_state, ENUM, NONE, STATE_COUNT, NULL),
	FIELD(session, entered_us, uint64_t, WHOLE, NONE, 0, NULL),
	FIELD(session, running, bool, BOOL, NONE, 0, NULL),
	FIELD(session, now, struct session_choice, STRUCT, NONE, 0, &layout_session_choice),
	FIELD(session, level, uint8_t, WHOLE, NONE, 0, NULL),
	FIELD(session, level_us, uint64_t, WHOLE, NONE, 0, NULL),
	FIELD(session, phase, unsigned int, WHOLE, NONE, 0, NULL),
	FIELD(session, phase_left_us, uint64_t, WHOLE, NONE, 0, NULL),
	FIELD(session, active_us, uint64_t, WHOLE, NONE, 0, NULL),
	FIELD(session, pause_wanted, bool, BOOL, NONE, 0, NULL),
	FIELD(session, ending, enum ended, ENUM, NONE, ENDED_COUNT, NULL),
	FIELD(session, rest, struct session_choice, STRUCT, NONE, 0, &layout_session_choice),
	FIELD(session, rest_until_us, uint64_t, WHOLE, NONE, 0, NULL),
	FIELD(session, ask, struct session_choice, STRUCT, NONE, 0, &layout_session_choice),
	FIELD(session, ask_is_resume, bool, BOOL, NONE, 0, NULL),
	FIELD(session, ask_us, uint64_t, WHOLE, NONE, 0, NULL),
	FIELD(session, preheat_us, uint64_t, WHOLE, NONE, 0, NULL),
	FIELD(session, child_lock, bool, BOOL, NONE, 0, NULL),
	FIELD(session, service, struct service, STRUCT, NONE, 0, &layout_service),
	FIELD(session, last_switches, uint32_t, WHOLE, NONE, 0, NULL),
	FIELD(session, start_released_us, uint64_t, WHOLE, NONE, 0, NULL),
	FIELD(session, start_blocked, bool, BOOL, NONE, 0, NULL),
};
static const struct layout_struct layout_session = { fields_session, 22, sizeof(struct session) };

static const struct layout_field fields_gate[] = {
	FIELD(gate, heartbeat, bool, BOOL, NONE, 0, NULL),
	FIELD(gate, activity, enum gate_activity, ENUM, NONE, GATE_WORKING + 1, NULL),
	FIELD(gate, limit, enum drive_limit, ENUM, NONE, DRIVE_LIMIT_COUNT, NULL),
	FIELD(gate, urgent, uint32_t, WHOLE, NONE, 0, NULL),
	FIELD(gate, power_epoch, uint32_t, WHOLE, NONE, 0, NULL),
	FIELD(gate, relay_was_closed, bool, BOOL, NONE, 0, NULL),
};
static const struct layout_struct layout_gate = { fields_gate, 6, sizeof(struct gate) };

static const struct layout_field fields_motion[] = {
	FIELD(motion, still_us, uint64_t, WHOLE, AXIS, 0, NULL),
	FIELD(motion, stall_us, uint64_t, WHOLE, AXIS, 0, NULL),
};
static const struct layout_struct layout_motion = { fields_motion, 2, sizeof(struct motion) };

static const struct layout_field fields_proof[] = {
	FIELD(proof, item, enum proof_item, ENUM, NONE, PROOF_ITEM_COUNT + 1, NULL),
	FIELD(proof, start_c, float, FLOAT, PAD, 0, NULL),
	FIELD(proof, result, enum proof_result, ENUM, NONE, PROOF_FAILED + 1, NULL),
	FIELD(proof, at_us, uint64_t, WHOLE, NONE, 0, NULL),
	FIELD(proof, since_us, uint64_t, WHOLE, NONE, 0, NULL),
	FIELD(proof, withhold, bool, BOOL, NONE, 0, NULL),
	FIELD(proof, warm_pads, bool, BOOL, NONE, 0, NULL),
	FIELD(proof, warm_pad, uint8_t, WHOLE, NONE, 0, NULL),
};
static const struct layout_struct layout_proof = { fields_proof, 8, sizeof(struct proof) };

static const struct layout_field fields_technique_state[] = {
	FIELD(technique_state, technique, enum technique, ENUM, NONE, TECHNIQUE_COUNT, NULL),
	FIELD(technique_state, toward_heart, bool, BOOL, NONE, 0, NULL),
	FIELD(technique_state, released, bool, BOOL, NONE, 0, NULL),
	FIELD(technique_state, returning, bool, BOOL, NONE, 0, NULL),
	FIELD(technique_state, centre_up, bool, BOOL, NONE, 0, NULL),
	FIELD(technique_state, timer_s, float, FLOAT, NONE, 0, NULL),
	FIELD(technique_state, centre_mm, float, FLOAT, NONE, 0, NULL),
	FIELD(technique_state, random, uint32_t, WHOLE, NONE, 0, NULL),
	FIELD(technique_state, pace, float, FLOAT, NONE, 0, NULL),
	FIELD(technique_state, inset, float, FLOAT, NONE, 0, NULL),
};
static const struct layout_struct layout_technique_state = { fields_technique_state, 10, sizeof(struct technique_state) };

static const struct layout_field fields_roller_ctl[] = {
	FIELD(roller_ctl, stage, enum roller_stage, ENUM, NONE, ROLLER_STAGE_COUNT, NULL),
	FIELD(roller_ctl, order, enum roller_order, ENUM, NONE, ROLLER_ORDER_JOG + 1, NULL),
	FIELD(roller_ctl, depth_homed, bool, BOOL, NONE, 0, NULL),
	FIELD(roller_ctl, travel_homed, bool, BOOL, NONE, 0, NULL),
	FIELD(roller_ctl, parked, bool, BOOL, NONE, 0, NULL),
	FIELD(roller_ctl, scan_pass, enum scan_pass, ENUM, NONE, SCAN_PASS_DONE + 1, NULL),
	FIELD(roller_ctl, wrong_way, bool, BOOL, NONE, 0, NULL),
	FIELD(roller_ctl, leave_mm, float, FLOAT, NONE, 0, NULL),
	FIELD(roller_ctl, spot_mm, float, FLOAT, NONE, 0, NULL),
	FIELD(roller_ctl, spot_us, uint64_t, WHOLE, NONE, 0, NULL),
	FIELD(roller_ctl, dwell_us, uint64_t, WHOLE, NONE, 0, NULL),
	FIELD(roller_ctl, rest_s, float, FLOAT, NONE, 0, NULL),
	FIELD(roller_ctl, homing, enum homing_step, ENUM, NONE, HOMING_CONFIRM + 1, NULL),
	FIELD(roller_ctl, home_mm, float, FLOAT, NONE, 0, NULL),
	FIELD(roller_ctl, stall_us, uint64_t, WHOLE, NONE, 0, NULL),
	FIELD(roller_ctl, travel_mm, float, FLOAT, NONE, 0, NULL),
	FIELD(roller_ctl, depth_mm, float, FLOAT, NONE, 0, NULL),
	FIELD(roller_ctl, force_n, float, FLOAT, NONE, 0, NULL),
	FIELD(roller_ctl, set_n, float, FLOAT, NONE, 0, NULL),
	FIELD(roller_ctl, level_n, float, FLOAT, NONE, 0, NULL),
	FIELD(roller_ctl, travel_mm_s, float, FLOAT, NONE, 0, NULL),
	FIELD(roller_ctl, stamp_us, uint64_t, WHOLE, NONE, 0, NULL),
	FIELD(roller_ctl, technique, struct technique_state, STRUCT, NONE, 0, &layout_technique_state),
};
static const struct layout_struct layout_roller_ctl = { fields_roller_ctl, 23, sizeof(struct roller_ctl) };

static const struct layout_field fields_heat_channel[] = {
	FIELD(heat_channel, stamp_us, uint64_t, WHOLE, NONE, 0, NULL),
	FIELD(heat_channel, temp_c, float, FLOAT, NONE, 0, NULL),
	FIELD(heat_channel, other_c, float, FLOAT, NONE, 0, NULL),
	FIELD(heat_channel, changed_us, uint64_t, WHOLE, NONE, 0, NULL),
	FIELD(heat_channel, driven_us, uint64_t, WHOLE, NONE, 0, NULL),
	FIELD(heat_channel, impossible_us, uint64_t, WHOLE, NONE, 0, NULL),
};
static const struct layout_struct layout_heat_channel = { fields_heat_channel, 6, sizeof(struct heat_channel) };

static const struct layout_field fields_dose[] = {
	FIELD(dose, hour_cem43, float, FLOAT, NONE, 0, NULL),
	FIELD(dose, now, uint8_t, WHOLE, NONE, 0, NULL),
	FIELD(dose, hour_us, uint64_t, WHOLE, NONE, 0, NULL),
	FIELD(dose, hours, uint32_t, WHOLE, NONE, 0, NULL),
	FIELD(dose, sum_cem43, float, FLOAT, NONE, 0, NULL),
};
static const struct layout_struct layout_dose = { fields_dose, 5, sizeof(struct dose) };

static const struct layout_field fields_heat_ctl[] = {
	FIELD(heat_ctl, on, bool, BOOL, NONE, 0, NULL),
	FIELD(heat_ctl, temp_c, float, FLOAT, NONE, 0, NULL),
	FIELD(heat_ctl, valid, bool, BOOL, NONE, 0, NULL),
	FIELD(heat_ctl, slope_c_s, float, FLOAT, NONE, 0, NULL),
	FIELD(heat_ctl, mark_c, float, FLOAT, NONE, 0, NULL),
	FIELD(heat_ctl, mark_us, uint64_t, WHOLE, NONE, 0, NULL),
	FIELD(heat_ctl, channel, struct heat_channel, STRUCT, NONE, 0, &layout_heat_channel),
	FIELD(heat_ctl, dose, struct dose, STRUCT, NONE, 0, &layout_dose),
	FIELD(heat_ctl, dose_us, uint64_t, WHOLE, NONE, 0, NULL),
	FIELD(heat_ctl, driven_us, uint64_t, WHOLE, NONE, 0, NULL),
	FIELD(heat_ctl, driven_c, float, FLOAT, NONE, 0, NULL),
	FIELD(heat_ctl, off_count, uint32_t, WHOLE, NONE, 0, NULL),
	FIELD(heat_ctl, off_us, uint64_t, WHOLE, NONE, 0, NULL),
	FIELD(heat_ctl, off_c, float, FLOAT, NONE, 0, NULL),
};
static const struct layout_struct layout_heat_ctl = { fields_heat_ctl, 14, sizeof(struct heat_ctl) };

static const struct layout_field fields_body[] = {
	FIELD(body, lumbar_mm, float, FLOAT, NONE, 0, NULL),
	FIELD(body, pelvis_mm, float, FLOAT, NONE, 0, NULL),
	FIELD(body, seat_mm, float, FLOAT, NONE, 0, NULL),
	FIELD(body, knee_mm, float, FLOAT, NONE, 0, NULL),
	FIELD(body, size, float, FLOAT, NONE, 0, NULL),
};
static const struct layout_struct layout_body = { fields_body, 5, sizeof(struct body) };

static const struct layout_field fields_scan_point[] = {
	FIELD(scan_point, depth_mm, float, FLOAT, NONE, 0, NULL),
	FIELD(scan_point, force_n, float, FLOAT, NONE, 0, NULL),
};
static const struct layout_struct layout_scan_point = { fields_scan_point, 2, sizeof(struct scan_point) };

static const struct layout_field fields_scan[] = {
	FIELD(scan, wanted, bool, BOOL, NONE, 0, NULL),
	FIELD(scan, result, enum scan_result, ENUM, NONE, SCAN_RESULT_COUNT, NULL),
	FIELD(scan, since_us, uint64_t, WHOLE, NONE, 0, NULL),
	FIELD(scan, body, struct body, STRUCT, NONE, 0, &layout_body),
	FIELD(scan, touch, struct scan_point, STRUCT, ROLLER, 0, &layout_scan_point),
	FIELD(scan, press, struct scan_point, STRUCT, ROLLER, 0, &layout_scan_point),
};
static const struct layout_struct layout_scan = { fields_scan, 6, sizeof(struct scan) };

static const struct layout_field fields_permits[] = {
	FIELD(permits, power, bool, BOOL, NONE, 0, NULL),
	FIELD(permits, press, bool, BOOL, NONE, 0, NULL),
	FIELD(permits, heat, bool, BOOL, NONE, 0, NULL),
	FIELD(permits, start, bool, BOOL, NONE, 0, NULL),
};
static const struct layout_struct layout_permits = { fields_permits, 4, sizeof(struct permits) };

static const struct layout_field fields_chair[] = {
	FIELD(chair, configured, bool, BOOL, NONE, 0, NULL),
	FIELD(chair, last_us, uint64_t, WHOLE, NONE, 0, NULL),
	FIELD(chair, cycles, uint64_t, WHOLE, NONE, 0, NULL),
	FIELD(chair, interlock, struct interlock, STRUCT, NONE, 0, &layout_interlock),
	FIELD(chair, session, struct session, STRUCT, NONE, 0, &layout_session),
	FIELD(chair, gate, struct gate, STRUCT, NONE, 0, &layout_gate),
	FIELD(chair, motion, struct motion, STRUCT, NONE, 0, &layout_motion),
	FIELD(chair, proof, struct proof, STRUCT, NONE, 0, &layout_proof),
	FIELD(chair, roller, struct roller_ctl, STRUCT, ROLLER, 0, &layout_roller_ctl),
	FIELD(chair, pad, struct heat_ctl, STRUCT, PAD, 0, &layout_heat_ctl),
	FIELD(chair, scan, struct scan, STRUCT, NONE, 0, &layout_scan),
	FIELD(chair, zone, struct zone_config, STRUCT, ZONE, 0, &layout_zone_config),
	FIELD(chair, sent, float, FLOAT, AXIS, 0, NULL),
	FIELD(chair, coils, uint32_t, WHOLE, NONE, 0, NULL),
	FIELD(chair, set_c, float, FLOAT, PAD, 0, NULL),
	FIELD(chair, zone_level, uint8_t, WHOLE, ZONE, 0, NULL),
	FIELD(chair, travel_homing, bool, BOOL, NONE, 0, NULL),
	FIELD(chair, homing_us, uint64_t, WHOLE, NONE, 0, NULL),
	FIELD(chair, drives_ready_us, uint64_t, WHOLE, NONE, 0, NULL),
	FIELD(chair, permits, struct permits, STRUCT, NONE, 0, &layout_permits),
};
static const struct layout_struct layout_chair = { fields_chair, 20, sizeof(struct chair) };

static const struct layout_field fields_person[] = {
	FIELD(person, checked_in, bool, BOOL, NONE, 0, NULL),
	FIELD(person, refusal, enum person_refusal, ENUM, NONE, PERSON_REFUSAL_COUNT, NULL),
	FIELD(person, ceiling, uint8_t, WHOLE, NONE, 0, NULL),
	FIELD(person, gentle, bool, BOOL, NONE, 0, NULL),
	FIELD(person, no_heat, bool, BOOL, NONE, 0, NULL),
	FIELD(person, scan, bool, BOOL, NONE, 0, NULL),
	FIELD(person, correction_mm, float, FLOAT, ROLLER, 0, NULL),
};
static const struct layout_struct layout_person = { fields_person, 7, sizeof(struct person) };

static const struct layout_field fields_chair_command[] = {
	FIELD(chair_command, kind, enum command_kind, ENUM, NONE, COMMAND_KIND_COUNT + 1, NULL),
	FIELD(chair_command, id, uint32_t, WHOLE, NONE, 0, NULL),
	FIELD(chair_command, ask, bool, BOOL, NONE, 0, NULL),
	FIELD(chair_command, only_lower, bool, BOOL, NONE, 0, NULL),
	FIELD(chair_command, program, uint8_t, WHOLE, NONE, 0, NULL),
	FIELD(chair_command, side, enum side, ENUM, NONE, SIDE_COUNT, NULL),
	FIELD(chair_command, level, uint8_t, WHOLE, NONE, 0, NULL),
	FIELD(chair_command, duration_s, uint32_t, WHOLE, NONE, 0, NULL),
	FIELD(chair_command, delta_s, int32_t, WHOLE, NONE, 0, NULL),
	FIELD(chair_command, heat_c, float, FLOAT, NONE, 0, NULL),
	FIELD(chair_command, pads, uint8_t, WHOLE, NONE, 0, NULL),
	FIELD(chair_command, on, bool, BOOL, NONE, 0, NULL),
	FIELD(chair_command, zone, enum zone, ENUM, NONE, ZONE_COUNT, NULL),
	FIELD(chair_command, spot, float, FLOAT, NONE, 0, NULL),
	FIELD(chair_command, axis, unsigned int, WHOLE, NONE, 0, NULL),
	FIELD(chair_command, speed, float, FLOAT, NONE, 0, NULL),
	FIELD(chair_command, home, bool, BOOL, NONE, 0, NULL),
	FIELD(chair_command, pad, enum pad, ENUM, NONE, PAD_COUNT, NULL),
};
static const struct layout_struct layout_chair_command = { fields_chair_command, 18, sizeof(struct chair_command) };

static const struct layout_field fields_drive_input[] = {
	FIELD(drive_input, configured, bool, BOOL, NONE, 0, NULL),
	FIELD(drive_input, refused, bool, BOOL, NONE, 0, NULL),
	FIELD(drive_input, enabled, bool, BOOL, NONE, 0, NULL),
	FIELD(drive_input, limit, enum drive_limit, ENUM, NONE, DRIVE_LIMIT_COUNT, NULL),
	FIELD(drive_input, fault, uint16_t, WHOLE, NONE, 0, NULL),
	FIELD(drive_input, stamp_us, uint64_t, WHOLE, NONE, 0, NULL),
};
static const struct layout_struct layout_drive_input = { fields_drive_input, 6, sizeof(struct drive_input) };

static const struct layout_field fields_axis_input[] = {
	FIELD(axis_input, pos, float, FLOAT, NONE, 0, NULL),
	FIELD(axis_input, speed, float, FLOAT, NONE, 0, NULL),
	FIELD(axis_input, force_n, float, FLOAT, NONE, 0, NULL),
};
static const struct layout_struct layout_axis_input = { fields_axis_input, 3, sizeof(struct axis_input) };

static const struct layout_field fields_sensor_input[] = {
	FIELD(sensor_input, temp_c, float, FLOAT, NONE, 0, NULL),
	FIELD(sensor_input, quality, enum quality, ENUM, NONE, QUALITY_COUNT, NULL),
	FIELD(sensor_input, stamp_us, uint64_t, WHOLE, NONE, 0, NULL),
};
static const struct layout_struct layout_sensor_input = { fields_sensor_input, 3, sizeof(struct sensor_input) };

static const struct layout_field fields_chair_inputs[] = {
	FIELD(chair_inputs, now_us, uint64_t, WHOLE, NONE, 0, NULL),
	FIELD(chair_inputs, switches, uint32_t, WHOLE, NONE, 0, NULL),
	FIELD(chair_inputs, switches_stamp_us, uint64_t, WHOLE, NONE, 0, NULL),
	FIELD(chair_inputs, outputs_written, bool, BOOL, NONE, 0, NULL),
	FIELD(chair_inputs, threads_alive, bool, BOOL, NONE, 0, NULL),
	FIELD(chair_inputs, stop, bool, BOOL, NONE, 0, NULL),
	FIELD(chair_inputs, child_lock, bool, BOOL, NONE, 0, NULL),
	FIELD(chair_inputs, panel_heard_us, uint64_t, WHOLE, NONE, 0, NULL),
	FIELD(chair_inputs, service_heard_us, uint64_t, WHOLE, NONE, 0, NULL),
	FIELD(chair_inputs, person, struct person, STRUCT, NONE, 0, &layout_person),
	FIELD(chair_inputs, command, struct chair_command, STRUCT, NONE, 0, &layout_chair_command),
	FIELD(chair_inputs, drive, struct drive_input, STRUCT, DRIVE, 0, &layout_drive_input),
	FIELD(chair_inputs, axis, struct axis_input, STRUCT, AXIS, 0, &layout_axis_input),
	FIELD(chair_inputs, sensor, struct sensor_input, STRUCT, PAD, 0, &layout_sensor_input),
};
static const struct layout_struct layout_chair_inputs = { fields_chair_inputs, 14, sizeof(struct chair_inputs) };

static const struct layout_field fields_drive_output[] = {
	FIELD(drive_output, enable, bool, BOOL, NONE, 0, NULL),
	FIELD(drive_output, limit, enum drive_limit, ENUM, NONE, DRIVE_LIMIT_COUNT, NULL),
};
static const struct layout_struct layout_drive_output = { fields_drive_output, 2, sizeof(struct drive_output) };

static const struct layout_field fields_chair_outputs[] = {
	FIELD(chair_outputs, coils, uint32_t, WHOLE, NONE, 0, NULL),
	FIELD(chair_outputs, urgent, uint32_t, WHOLE, NONE, 0, NULL),
	FIELD(chair_outputs, power_epoch, uint32_t, WHOLE, NONE, 0, NULL),
	FIELD(chair_outputs, drive, struct drive_output, STRUCT, DRIVE, 0, &layout_drive_output),
	FIELD(chair_outputs, speed, float, FLOAT, AXIS, 0, NULL),
};
static const struct layout_struct layout_chair_outputs = { fields_chair_outputs, 5, sizeof(struct chair_outputs) };

static const struct layout_field fields_record_cycle[] = {
	FIELD(record_cycle, in, struct chair_inputs, STRUCT, NONE, 0, &layout_chair_inputs),
	FIELD(record_cycle, out, struct chair_outputs, STRUCT, NONE, 0, &layout_chair_outputs),
};
static const struct layout_struct layout_record_cycle = { fields_record_cycle, 2, sizeof(struct record_cycle) };
/* clang-format on */
