#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Chairs broken on purpose: for each invariant of the campaign at least one, and the oracle must name it.

A mutant replaces text in copies of the sources, each time exactly once or it is an error: when the core changes, the
replacement here has to follow. The campaign runs until the first broken invariant; that must be the named one, or
be broken in the same look. A fault that several invariants forbid is looked at with others covered (`ignore`; * = all).
"""
import argparse
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys

OUT = 'build/mutants'
CUTS = ('cut_estop cut_thermostat cut_cover cut_gpio cut_overrun cut_thread cut_relay cut_pad_hot cut_ssr cut_drive_fault '
        'cut_drive_silent cut_sensor_silent cut_no_motion cut_homing').split()
INTERLOCK, SESSION, GATE = 'daemon/core/interlock.c', 'daemon/core/session.c', 'daemon/core/gate.c'
ROLLER, CHAIR, HEAT = 'daemon/core/roller.c', 'daemon/core/chair.c', 'daemon/core/heat.c'
MOTION, FAULT, SERVICE = 'daemon/core/motion.c', 'daemon/core/fault.c', 'daemon/core/service.c'
SIM, CHAIN, REFERENCE = 'hw/sim/sim.c', 'hw/sim/chain.c', 'hw/sim/reference.c'
VIRTUAL = 'daemon/program/virtual.c'

# Pieces that several mutants share: (file, regular expression, replacement).
NEVER_COOL = [(HEAT, r'ctl->on = ahead_c < \(ctl->on \? set_c : set_c - HYSTERESIS_C\);', 'ctl->on = true;'),
              (GATE, r'pads\[p\]\.temp_c < LIMIT_SETPOINT_C', 'true')]
NEVER_HOT = [(INTERLOCK, r'found_add\(found, hot, CAUSE_PAD_HOT, p\);', '(void)hot;')]
NO_DOSE = (HEAT, r'found_add\(found, ctl->dose\.sum_cem43 >= LIMIT_DOSE_CEM43, CAUSE_DOSE, p\);', '')
NO_ESTOP = (INTERLOCK, r'when\(!switch_is_on\(sw, SWITCH_ESTOP_CLOSED\), CAUSE_ESTOP_OPEN\)', '0U')
NO_THERMOSTAT = (INTERLOCK, r'when\(!switch_is_on\(sw, SWITCH_THERMOSTATS_CLOSED\), CAUSE_THERMOSTAT_OPEN\)', '0U')
HOT_THERMOSTAT = (REFERENCE, r'\.thermostat_open_c = 55\.0', '.thermostat_open_c = 90.0')
WEAK_SPRING = [(REFERENCE, r'\.damping_n_s_mm = 0\.02,', '.damping_n_s_mm = 1.2,'),
               (REFERENCE, r'\.spring_n = 6\.0,', '.spring_n = 0.5,'), (REFERENCE, r'\.spring_n_mm = 0\.1,', '.spring_n_mm = 0.01,')]
NO_SEAT = (INTERLOCK, r'when\(!seated && !context->preheating && !context->in_service, CAUSE_SEAT_EMPTY\)', '0U')
HOT_IGNORE = ['preheat_cap', 'pad_cap', 'skin_warm', 'dose', 'cut_pad_hot', 'heartbeat', 'cut_thermostat', 'latched']
STRONG = (r'hw/bus_plan.c', r'return limit\[0\];', 'return limit[0] > 10.0f ? 2.0f * limit[0] : limit[0];')
NO_FORCE_ROW = (INTERLOCK, r'force_n > LIMIT_FORCE_TRIP_N \|\| il->force_count\[r\] >= 2,', 'false,')
NO_SPLIT_ROW = (INTERLOCK, r'found_add\(found, complete && plausible && split, CAUSE_SENSORS_DISAGREE, p\);', '(void)split;')
MOVES = r'if \(!permits->power \|\| !session_is_moving\(state\) \|\|\s+\(state == STATE_PAUSED && !may_hold\(rollers\)\)\)'
NO_STALL_ROWS = [(MOTION, r'found_add\(found, lasted_us\(&motion->still_us\[a\], still, in->now_us\) >= LIMIT_NO_MOTION_US,\s+CAUSE_NO_MOTION, a\);', ''),
                 (MOTION, r'found_add\(found, lasted_us\(&motion->stall_us\[a\], stalled, in->now_us\) >= LIMIT_STALL_US,\s+CAUSE_STALL, a\);', '')]

# invariant, hours at most (or the seed and episode that found what is broken again), replacements, invariants to look away from
MUTANTS = [
    ('force_motor', 100, [STRONG], []),
    ('force_body', 200, [STRONG, NO_FORCE_ROW], ['*']),
    ('force_high', 100, [NO_FORCE_ROW], ['force_motor', 'force_body', 'pressure']),
    ('pressure', 10, [(SESSION, r's->level = 1;', 's->level = s->now.level;')], []),
    ('off_zone', 10, [(ROLLER, r'#define ZONE_SLACK_MM 6\.0f', '#define ZONE_SLACK_MM 60.0f')], []),
    ('side', 10, [('daemon/core/program.c', r'side == SIDE_RIGHT \|\| side == SIDE_BOTH', 'side != SIDE_NONE')], []),
    ('dwell', 20, [(ROLLER, r'travel_mm_s = motion\.travel_mm_s;', 'travel_mm_s = 0.0f;'),
                   (MOTION, r'found_add\(found, rollers\[r\]\.dwell_us >= LIMIT_DWELL_US, CAUSE_DWELL,\s+AXIS\(r, AXIS_DEPTH\)\);', ''),
                   (ROLLER, r'ctl->dwell_us >= LIMIT_MOVE_ON_US', 'false')], []),
    ('sideways', 20, [(GATE, r'return permits->press && fresh && \(massages \|\| jogs \|\| !on_body\)\s+\? within\(speed, limit\)\s+: 0\.0f;', 'return within(speed, limit);'),
                      (ROLLER, r'(case ROLLER_ORDER_LEAVE:\n)', r'\1\t\tret_speed[AXIS_TRAVEL] = 20.0f;\n'),
                      (ROLLER, r'-clamp\(6\.0f \* ctl->depth_mm, 4\.0f, config->force\.retract_mm_s\)', '-4.0f')],
     ['stopped', 'seat', 'key', 'leg_guard_travel', 'heat_fault', 'frozen', 'force_high', 'unasked', 'cut_no_motion']),
    ('skin_43', 100, NEVER_COOL + NEVER_HOT + [NO_DOSE, NO_THERMOSTAT, HOT_THERMOSTAT],
     HOT_IGNORE),
    ('skin_warm', 100, NEVER_COOL + NEVER_HOT + [NO_DOSE], [i for i in HOT_IGNORE if i != 'skin_warm']),
    ('pad_cap', 20, NEVER_COOL, ['preheat_cap']),
    ('dose', 100, NEVER_COOL + NEVER_HOT + [NO_DOSE, NO_THERMOSTAT, HOT_THERMOSTAT], ['*']),
    ('preheat_cap', 50, [(CHAIR, r'set_max_c < LIMIT_PREHEAT_C \? set_max_c : LIMIT_PREHEAT_C', 'set_max_c')], []),
    ('heat_fault', 10, [(INTERLOCK, r'found_add\(found, complete && !plausible, CAUSE_SENSOR_IMPLAUSIBLE, p\);', ';'), NO_SPLIT_ROW], []),
    ('frozen', 400, [(HEAT, r'found_add\(found, frozen, CAUSE_SENSOR_FROZEN, p\);', ';'), NO_SPLIT_ROW,
                     (HEAT, r'found_add\(found, watch_heating\(ctl, low_c, driven, set_c, dt_us\), CAUSE_NOT_HEATING,\s+p\);', '(void)low_c;')],
     ['*']),
    ('cut_estop', 10, [NO_ESTOP, (SIM, r'!sim_effect\(&sim->effects, SIM_FAULT_ESTOP_OPEN\) &&', '')], []),
    ('cut_thermostat', 10, [NO_THERMOSTAT, (SIM, r'!sim_effect\(&sim->effects, SIM_FAULT_THERMOSTAT_OPEN\) &&\s+sim', 'sim')], []),
    ('cut_cover', 10, [(INTERLOCK, r'when\(!switch_is_on\(sw, SWITCH_BACK_COVER_CLOSED\), CAUSE_COVER_OPEN\)', '0U')], ['latched', 'heartbeat']),
    ('cut_gpio', 10, [(INTERLOCK, r'return CAUSE_BIT\(CAUSE_GPIO_FAILED\);', ';'),
                      (VIRTUAL, r'if \(!deaf\) \{\n\t\tsim_set_outputs', 'if (true) {\n\t\tsim_set_outputs')], ['*']),
    ('cut_overrun', 20, [(INTERLOCK, r'when\(overrun\(il, in->now_us\), CAUSE_CONTROL_OVERRUN\)',
                          'when(overrun(il, in->now_us) && false, CAUSE_CONTROL_OVERRUN)'),
                         (INTERLOCK, r'return when\(wrong, CAUSE_RELAY_FEEDBACK\)', 'return when(false && wrong, CAUSE_RELAY_FEEDBACK)')], ['heartbeat', 'power_return']),
    ('cut_thread', 10, [(INTERLOCK, r'when\(!in->threads_alive, CAUSE_THREAD_STALLED\)', '0U')], []),
    ('cut_relay', 50, [(GATE, MOVES, 'if (false)')],
     ['*']),
    ('cut_pad_hot', 50, NEVER_COOL + NEVER_HOT, ['preheat_cap', 'pad_cap', 'skin_warm', 'dose']),
    ('cut_drive_fault', 10, [(INTERLOCK, r'found_add\(found, drive->fault != 0, CAUSE_DRIVE_FAULT, i\);', ';')], []),
    ('cut_drive_silent', 10, [(INTERLOCK, r'found_add\(found, \(!fresh \|\| lost\) && powered, CAUSE_DRIVE_SILENT, i\);', '(void)lost;')], ['seat_heat', 'unasked_heat']),
    ('cut_sensor_silent', 10, [(INTERLOCK, r'found_add\(found, true, CAUSE_SENSOR_SILENT, c\);', ';')], []),
    ('cut_ssr', 100, [(HEAT, r'found_add\(found, watch_cooling\(ctl, pad, driven, now_us\), CAUSE_SSR_WELDED, p\);', '')], []),
    ('cut_no_motion', 50, NO_STALL_ROWS, []),
    ('cut_homing', 20, [(CHAIR, r'return now_us - chair->homing_us > limit_us;', 'return false && limit_us > 0;'),
                         (CHAIR, r'is_homed\(chair\) &&\s+\(!is_scanning', 'false && (!is_scanning')], []),
    ('controller', 20, [(VIRTUAL, r'\tif \(!v->unpowered\) \{\n\t\tcontrol_cycle\(v\);\n\t\}',
                         '\tif (!v->unpowered) { control_cycle(v); } else { sim_set_outputs(&v->sim, (uint32_t)(v->tick_us / CONTROL_PERIOD_US & 1U)'
                         ' << COIL_HEARTBEAT); }')], CUTS + ['heartbeat', 'latched']),
    ('heartbeat', 10, [NO_ESTOP], []),
    ('latched', 10, [(INTERLOCK, r'if \(\(il->active & bit\) != 0 && row->latched\)',
                      'if ((il->active & bit) != 0 && row->latched && c == CAUSE_STORE_LOST)')], ['heartbeat']),
    ('retract', 20, [(ROLLER, r'-clamp\(6\.0f \* ctl->depth_mm, 4\.0f, config->force\.retract_mm_s\)', '-4.0f'),
                     (CHAIR, r'when\(retracts && !all_clear\(chair\) &&', 'when(false && !all_clear(chair) &&')], []),
    ('retract_blind', (41, 96547), [(GATE, r'known = known && rollers\[r\]\.depth_homed;', ';')], []),
    ('leg_guard', 20, [(INTERLOCK, r'when\(!switch_is_on\(sw, SWITCH_LEG_GUARD_CLEAR\), CAUSE_LEG_GUARD\)', '0U')], ['*']),
    ('leg_guard_travel', 20, [(FAULT, r'ROW\(LEG_GUARD, "leg_guard", "F009", RETRACT, true,',
                               'ROW(LEG_GUARD, "leg_guard", "F009", RETRACT, false,')], []),
    ('spring', 50, [*WEAK_SPRING], ['*']),
    ('off_at_end', 100, [(SESSION, r'const bool off = s->state == STATE_RETRACTING && stage->clear;', 'const bool off = s->state == STATE_RETRACTING;'),
                         *WEAK_SPRING], ['*']),
    ('stopped', 10, [(INTERLOCK, r'when\(in->stop \|\| switch_is_on\(sw, SWITCH_BUTTON_STOP\), CAUSE_STOP\)', '0U')], []),
    ('seat', 20, [NO_SEAT], ['seat_heat', 'unasked_heat']),
    ('seat_heat', 20, [NO_SEAT], ['seat', 'retract', 'stopped']),
    ('seat_start', 20, [NO_SEAT, (SESSION, r'const bool seated = asking \|\| switch_is_on\(in->switches, SWITCH_SEAT_OCCUPIED\);', 'const bool seated = true;')],
     ['seat', 'seat_heat', 'retract', 'stopped']),
    ('key', 20, [(INTERLOCK, r'when\(key && context->key_stops, CAUSE_SERVICE_KEY\)', '0U')], ['retract']),
    ('unasked', 50, [(SESSION, r'(\tif \(switch_is_on\(edges, SWITCH_BUTTON_UP\))',
                      r'\tif (switch_is_on(edges, SWITCH_BUTTON_UP) && !s->running) {\n'
                      r'\t\tconst struct chair_command any = { .side = SIDE_BOTH };\n'
                      r'\t\twant->start = check_choice(config, &any, &want->choice) == REFUSAL_NONE &&\n'
                      r'\t\t\t      admission(s, in, il, false) == REFUSAL_NONE;\n\t}\n\1')], ['refused', 'acknowledged']),
    ('after_power', (2, 154), [(SESSION, r'\[EVENT_START\] = want->start,', '[EVENT_START] = want->start || (s->state == STATE_READY && s->level_us == 0),')],
     ['*']),
    ('power_return', 100, [(INTERLOCK, r'wrong = wrong \|\| \(moving && was_closed && open && loop\);', '')], ['*']),
    ('ask', 10, [(SESSION, r'\*want = \(struct want\)\{ 0 \};[^\n]*\n', '')], ['*']),
    ('acknowledged', 50, [(SESSION, r's->start_blocked = true;', '')], ['stopped', 'power_return']),
    ('resume', 200, [(SESSION, r'return s->rest\.chosen && now_us < s->rest_until_us;', 'return s->rest.chosen && now_us > 0;')], ['*']),
    ('unasked_heat', 20, [(CHAIR, r'chair->session\.state == STATE_PREHEAT \? preheat_c : 0\.0f',
                           'chair->session.state == STATE_PREHEAT || chair->session.state == STATE_READY ? preheat_c : 0.0f')],
     ['after_power', 'seat_heat', 'stopped']),
    ('session_time', 200, [(CHAIR, r'when\(session->running && !retracts &&', 'when(false && !retracts &&')], []),
    ('stuck', 50, [(INTERLOCK, r'causes \|= when\(in->now_us - \*pressed_us >= LIMIT_BUTTON_STUCK_US,\s+b == 0 \? CAUSE_STOP_STUCK : CAUSE_BUTTON_STUCK\);', ';')], []),
    ('scan', 20, [(ROLLER, r'#define SCAN_PRESS_N  5\.0f', '#define SCAN_PRESS_N  16.0f'),
                  ('hw/bus_plan.c', r'return limit\[0\];', 'return limit[0] < 10.0f ? 1.2f * limit[0] : limit[0];')], []),
    ('ceiling', 20, [(CHAIR, r'level = level > now->limits\.level_max \? now->limits\.level_max : level;', ''),
                     (SESSION, r'if \(level > s->now\.limits\.level_max\) \{\n\t\treturn REFUSAL_LEVEL_CEILING;\n\t\}', ''),
                     (SESSION, r'if \(choice->level > choice->limits\.level_max\)', 'if (false)')], []),
    ('numb', 20, [(CHAIR, r'return now->limits\.heat_max_c < heat_c \? now->limits\.heat_max_c : heat_c;', 'return heat_c;')], []),
    ('refused', 20, [(SESSION, r'refusal = refusal == REFUSAL_NONE \? refusal_of_person\(in->person\.refusal\) : refusal;', '')], []),
    ('service_one', 20, [(CHAIR, r'demand->order = ROLLER_ORDER_JOG;',
                          'for (unsigned int r = 0; r < ROLLER_COUNT; r++) {\n\t\t\trollers[r] = (struct roller_demand){ .order = ROLLER_ORDER_JOG };\n\t\t\trollers[r].jog_speed = 5.0f;\n\t\t}\n\t\tdemand->order = ROLLER_ORDER_JOG;'),
                         (GATE, r'taken = taken \|\| speed\[a\] > 0\.0f \|\| speed\[a\] < 0\.0f;', '')], []),
    ('service_slow', 20, [(GATE, r'speed\[a\] = taken \? 0\.0f\s+: within\(speed\[a\], knead \? LIMIT_SERVICE_RPM : LIMIT_SERVICE_MM_S\);', 'speed[a] = taken || (knead && false) ? 0.0f : speed[a];'),
                          (SERVICE, r'within\(command->speed, knead \? LIMIT_SERVICE_RPM : LIMIT_SERVICE_MM_S\)', 'knead ? command->speed : command->speed')], []),
    ('service_limit', 20, [(GATE, r'if \(state == STATE_MASSAGE\) \{', 'if (state == STATE_MASSAGE || state == STATE_SERVICE) {'),
                           (GATE, r'return drive->enabled && drive->limit == DRIVE_LIMIT_HOMING;', 'return drive->enabled;'),
                           (CHAIR, r'chair->session\.state == STATE_MASSAGE \? DRIVE_LIMIT_WORK', 'chair->session.state == STATE_MASSAGE || chair->session.state == STATE_SERVICE ? DRIVE_LIMIT_WORK')], []),
    ('service_held', 20, [(SERVICE, r'held = heard_within\(in, LIMIT_SERVICE_HOLD_US\);', 'held = true;')], []),
    ('service_over', 20, [(SERVICE, r'return !switch_is_on\(in->switches, SWITCH_SERVICE_KEY\) \|\|', 'return')], []),
    ('knee', 50, [(ROLLER, r'#define ZONE_SLACK_MM 6\.0f', '#define ZONE_SLACK_MM 60.0f')], ['off_zone']),
]


def shell(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()


def sources(replacements):
    """The changed files as {path: text}, or a complaint."""
    texts = {}
    for path, pattern, new in replacements:
        if path not in texts:
            with open(path, encoding='utf-8') as file:
                texts[path] = file.read()
        texts[path], count = re.subn(pattern, new, texts[path])
        if count != 1:
            return None, f'applies {count} times: {pattern} in {path}'
    return texts, ''


def build(directory, texts, flags, libs):
    """The campaign with the changed files: their objects stand before the libraries. A complaint or ''."""
    objects = []
    for path, text in texts.items():
        copy = f'{directory}/{path.replace("/", "_")}'
        with open(copy, 'w', encoding='utf-8') as file:
            file.write(text)
        objects.append(copy + '.o')
        done = subprocess.run(['gcc', *flags, '-w', '-I' + os.path.dirname(path), '-c', '-o', objects[-1], copy], capture_output=True, text=True)
        if done.returncode != 0:
            return done.stderr
    at = 'build/release/tests/campaign'
    common = [f'{at}/{name}.o' for name in ('campaign', 'campaign_main', 'oracle') if f'tests/campaign/{name}.c' not in texts]
    done = subprocess.run(['gcc', '-pie', '-o', f'{directory}/chair-campaign', *objects, *common,
                           *[f'build/release/lib{lib}.a' for lib in ('program', 'chaird', 'record', 'sim', 'rpc', 'hw', 'core')], *libs, '-lpthread', '-lm'],
                          capture_output=True, text=True)
    return done.stderr if done.returncode != 0 else ''


def judge(program, name, hours, ignored, seed):
    """Run until something breaks. Returns (as it should be, what happened)."""
    one = isinstance(hours, tuple)
    scope = ['--seed', str(hours[0]), '--episode', str(hours[1])] if one else ['--hours', str(hours), '--seed', str(seed)]
    command = [program, *scope, '--first', '--out', f'{OUT}/traces']
    done = subprocess.run(command + (['--ignore', ','.join(ignored)] if ignored else []), capture_output=True, text=True)
    broken = re.search(r'^broken: ([^,]*), seed (\d+), episode (\d+), at ([\d.]+) s', done.stdout, re.M)
    after = re.search(r'^campaign: ([\d.]+) chair-hours', done.stdout, re.M)
    if broken is None:
        return False, 'SURVIVED ' + (f'episode {hours[1]}' if one else f'{hours} hours') if done.returncode == 0 else f'no result, status {done.returncode}: {done.stderr[-300:]}'
    named = broken.group(1).split()
    where = f'episode {broken.group(3)}, {after.group(1) if after else "?"} hours'
    if name in named:
        return True, f'caught, {where}'
    return False, f'caught by another: {" ".join(named)}, {where}'


def run(mutant, options, flags, libs):
    name, hours, replacements, ignore = mutant
    directory = f'{OUT}/{name}'
    ignored = sorted(set(options.known if ignore == ['*'] else ignore) - {name})
    os.makedirs(directory, exist_ok=True)
    texts, complaint = sources(replacements)
    if texts is not None:
        complaint = build(directory, texts, flags, libs)
    if complaint:
        return name, False, complaint
    return name, *judge(f'{directory}/chair-campaign', name, hours, ignored, options.seed)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--jobs', type=int, default=os.cpu_count())
    parser.add_argument('names', nargs='*')
    options = parser.parse_args()
    known = shell('build/release/chair-campaign', '--list')
    options.known = known
    flags = shell('make', '--no-print-directory', '-s', 'print-cflags')
    libs = shell('pkg-config', '--libs', 'libmodbus', 'libgpiod', 'yaml-0.1', 'jansson', 'sqlite3', 'libsystemd')
    shutil.rmtree(OUT, ignore_errors=True)
    os.makedirs(OUT)
    failed = 0
    missing = set(known) - {m[0] for m in MUTANTS}
    if missing:
        print('no mutant for:', ' '.join(sorted(missing)))
        failed += len(missing)
    mutants = [m for m in MUTANTS if not options.names or m[0] in options.names]
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for done in concurrent.futures.as_completed([pool.submit(run, m, options, flags, libs) for m in mutants]):
            name, good, what = done.result()
            print(f'{"  " if good else "! "}{name:18s} {what}', flush=True)
            failed += not good
    print(f'campaign mutants: {len(mutants)} run, {failed} not as they should be')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
