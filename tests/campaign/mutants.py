#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Chairs broken on purpose: for each invariant of the campaign at least one, and the oracle must name it.

A mutant replaces text in copies of the sources, each time exactly once or it is an error: when the core changes, the
replacement here has to follow. The campaign runs until the first broken invariant; that must be the named one, or
be broken in the same look. A fault that several invariants forbid is looked at with others covered (`ignore`; * = all).
An invariant on the not-yet list needs no mutant: the chair as it is must break it, or it belongs on the list no more.
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
SIM, CHAIN, REFERENCE = 'hw/sim/sim.c', 'hw/sim/chain.c', 'hw/sim/reference.c'
VIRTUAL = 'tests/campaign/virtual.c'

# Pieces that several mutants share: (file, regular expression, replacement).
NEVER_COOL = [(HEAT, r'ctl->on = ahead_c < \(ctl->on \? set_c : set_c - HYSTERESIS_C\);', 'ctl->on = true;'),
              (GATE, r'pads\[p\]\.temp_c < LIMIT_SETPOINT_C', 'true')]
NEVER_HOT = [(INTERLOCK, r'when\(hot, CAUSE_PAD_HOT\)', 'when(false, CAUSE_PAD_HOT)')]
NO_ESTOP = (INTERLOCK, r'when\(!switch_is_on\(sw, SWITCH_ESTOP_CLOSED\), CAUSE_ESTOP_OPEN\)', '0U')
NO_THERMOSTAT = (INTERLOCK, r'when\(!switch_is_on\(sw, SWITCH_THERMOSTATS_CLOSED\), CAUSE_THERMOSTAT_OPEN\)', '0U')
HOT_THERMOSTAT = (REFERENCE, r'\.thermostat_open_c = 55\.0', '.thermostat_open_c = 90.0')
WEAK_SPRING = [(REFERENCE, r'\.damping_n_s_mm = 0\.02,', '.damping_n_s_mm = 1.2,'),
               (REFERENCE, r'\.spring_n = 6\.0,', '.spring_n = 0.5,'), (REFERENCE, r'\.spring_n_mm = 0\.1,', '.spring_n_mm = 0.01,')]
NO_SEAT = (INTERLOCK, r'when\(!switch_is_on\(sw, SWITCH_SEAT_OCCUPIED\) && !context->preheating,', 'when(false,')
HOT_IGNORE = ['preheat_cap', 'pad_cap', 'skin_warm', 'dose', 'cut_pad_hot', 'heartbeat', 'cut_thermostat', 'latched']
STRONG = (r'hw/bus_plan.c', r'return limit\[0\];', 'return limit[0] > 10.0f ? 2.0f * limit[0] : limit[0];')
NO_FORCE_ROW = (INTERLOCK, r'high = high \|\| force_n > LIMIT_FORCE_TRIP_N \|\| il->force_count\[r\] >= 2;', 'high = false;')

# invariant, hours at most, replacements, invariants to look away from
MUTANTS = [
    ('force_motor', 20, [STRONG], []),
    ('force_body', 200, [STRONG, NO_FORCE_ROW], ['*']),
    ('force_high', 100, [NO_FORCE_ROW], ['force_motor', 'force_body', 'pressure']),
    ('pressure', 10, [(SESSION, r's->level = 1;', 's->level = s->now.level;')], []),
    ('off_zone', 10, [(ROLLER, r'#define ZONE_SLACK_MM 6\.0f', '#define ZONE_SLACK_MM 60.0f')], []),
    ('side', 10, [('daemon/core/program.c', r'side == SIDE_RIGHT \|\| side == SIDE_BOTH', 'side != SIDE_NONE')], []),
    ('dwell', 20, [(ROLLER, r'\tspeed\[AXIS_TRAVEL\] = ctl->travel_mm_s;',
                    '\tspeed[AXIS_TRAVEL] = ctl->stage == ROLLER_STAGE_HOLD ? 0.0f : ctl->travel_mm_s;')], []),
    ('sideways', 20, [(ROLLER, r'(case ROLLER_ORDER_LEAVE:\n)', r'\1\t\tret_speed[AXIS_TRAVEL] = 20.0f;\n'),
                      (ROLLER, r'-clamp\(6\.0f \* ctl->depth_mm, 4\.0f, config->force\.retract_mm_s\)', '-4.0f')], ['stopped']),
    ('skin_43', 100, NEVER_COOL + NEVER_HOT + [NO_THERMOSTAT, HOT_THERMOSTAT],
     HOT_IGNORE),
    ('skin_warm', 100, NEVER_COOL + NEVER_HOT, [i for i in HOT_IGNORE if i != 'skin_warm']),
    ('pad_cap', 20, NEVER_COOL, []),
    ('dose', 100, NEVER_COOL + NEVER_HOT + [NO_THERMOSTAT, HOT_THERMOSTAT], ['*']),
    ('preheat_cap', 50, [(CHAIR, r'set_max_c < LIMIT_PREHEAT_C \? set_max_c : LIMIT_PREHEAT_C', 'set_max_c')], []),
    ('heat_fault', 10, [(INTERLOCK, r'when\(!plausible, CAUSE_SENSOR_IMPLAUSIBLE\)', '0U')], []),
    ('cut_estop', 10, [NO_ESTOP, (SIM, r'!sim_effect\(&sim->effects, SIM_FAULT_ESTOP_OPEN\) &&', '')], []),
    ('cut_thermostat', 10, [NO_THERMOSTAT, (SIM, r'!sim_effect\(&sim->effects, SIM_FAULT_THERMOSTAT_OPEN\) &&\s+sim', 'sim')], []),
    ('cut_cover', 10, [(INTERLOCK, r'when\(!switch_is_on\(sw, SWITCH_BACK_COVER_CLOSED\), CAUSE_COVER_OPEN\)', '0U')], ['latched', 'heartbeat']),
    ('cut_gpio', 10, [(INTERLOCK, r'return CAUSE_BIT\(CAUSE_GPIO_FAILED\);', ';'),
                      (VIRTUAL, r'if \(!deaf\) \{\n\t\tsim_set_outputs', 'if (true) {\n\t\tsim_set_outputs')], ['*']),
    ('cut_overrun', 20, [(INTERLOCK, r'when\(overrun\(il, in->now_us\), CAUSE_CONTROL_OVERRUN\)',
                          'when(overrun(il, in->now_us) && false, CAUSE_CONTROL_OVERRUN)')], ['heartbeat']),
    ('cut_thread', 10, [(INTERLOCK, r'when\(!in->threads_alive, CAUSE_THREAD_STALLED\)', '0U')], []),
    ('cut_relay', 50, [(GATE, r'if \(!permits->power \|\| !session_is_moving\(state\)\)', 'if (false)')],
     ['*']),
    ('cut_pad_hot', 50, NEVER_COOL + NEVER_HOT, ['pad_cap', 'skin_warm', 'dose']),
    ('cut_drive_fault', 10, [(INTERLOCK, r'when\(drive->fault != 0, CAUSE_DRIVE_FAULT\)', '0U')], []),
    ('cut_drive_silent', 10, [(INTERLOCK, r'when\(\(!fresh \|\| lost\) && powered, CAUSE_DRIVE_SILENT\)', '(lost && powered ? 0U : 0U)')], []),
    ('cut_sensor_silent', 10, [(INTERLOCK, r'causes \|= CAUSE_BIT\(CAUSE_SENSOR_SILENT\);', ';')], []),
    ('cut_homing', 300, [(CHAIR, r'return now_us - chair->homing_us > limit_us;', 'return false && limit_us > 0;')], []),
    ('controller', 20, [(CHAIN, r'chain->now_us - chain->last_edge_us < CHAIN_PUMP_US;',
                         'chain->now_us - chain->last_edge_us < 5 * CHAIN_PUMP_US;')], CUTS + ['heartbeat', 'latched']),
    ('heartbeat', 10, [NO_ESTOP], []),
    ('latched', 10, [(INTERLOCK, r'if \(\(il->active & bit\) != 0 && rows\[c\]\.latched\)',
                      'if ((il->active & bit) != 0 && rows[c].latched && c == CAUSE_STORE_LOST)')], []),
    ('retract', 20, [(ROLLER, r'-clamp\(6\.0f \* ctl->depth_mm, 4\.0f, config->force\.retract_mm_s\)', '-4.0f'),
                     (INTERLOCK, r'when\(context->retract_late, CAUSE_RETRACT_LATE\)', '0U')], []),
    ('leg_guard', 20, [(INTERLOCK, r'when\(!switch_is_on\(sw, SWITCH_LEG_GUARD_CLEAR\), CAUSE_LEG_GUARD\)', '0U')], []),
    ('leg_guard_travel', 20, [(INTERLOCK, r'ROW\(LEG_GUARD, "leg_guard", "F009", RETRACT, true,',
                               'ROW(LEG_GUARD, "leg_guard", "F009", RETRACT, false,')], []),
    ('spring', 50, [*WEAK_SPRING], ['*']),
    ('off_at_end', 100, [(SESSION, r'const bool off = s->state == STATE_RETRACTING && clear;', 'const bool off = s->state == STATE_RETRACTING;'),
                         *WEAK_SPRING], ['*']),
    ('stopped', 10, [(INTERLOCK, r'when\(in->stop \|\| switch_is_on\(sw, SWITCH_BUTTON_STOP\), CAUSE_STOP\)', '0U')], []),
    ('seat', 20, [NO_SEAT], ['seat_heat', 'unasked_heat']),
    ('seat_heat', 20, [NO_SEAT], ['seat', 'retract']),
    ('unasked', 50, [(SESSION, r'(\tif \(switch_is_on\(edges, SWITCH_BUTTON_UP\))',
                      r'\tif (switch_is_on(edges, SWITCH_BUTTON_UP) && !s->running) {\n'
                      r'\t\tconst struct chair_command any = { .side = SIDE_BOTH };\n'
                      r'\t\twant->start = check_choice(config, &any, &want->choice) == REFUSAL_NONE &&\n'
                      r'\t\t\t      admission(s, il, false) == REFUSAL_NONE;\n\t}\n\1')], []),
    ('after_power', 10, [(SESSION, r'\[EVENT_START\] = want->start,', '[EVENT_START] = want->start || (s->state == STATE_READY && s->level_us == 0),')],
     []),
    ('ask', 10, [(SESSION, r'\*want = \(struct want\)\{ 0 \};[^\n]*\n', '')], []),
    ('acknowledged', 50, [(SESSION, r's->start_blocked = true;', '')], ['stopped']),
    ('resume', 200, [(SESSION, r'return s->rest\.chosen && now_us < s->rest_until_us;', 'return s->rest.chosen && now_us > 0;')], ['*']),
    ('unasked_heat', 20, [(CHAIR, r'chair->session\.state == STATE_PREHEAT \? preheat_c : 0\.0f',
                           'chair->session.state == STATE_PREHEAT || chair->session.state == STATE_READY ? preheat_c : 0.0f')],
     ['after_power', 'seat_heat']),
    ('session_time', 200, [(INTERLOCK, r'when\(context->session_time_over, CAUSE_SESSION_TIME\)', '0U')], []),
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
    common = [f'{at}/{name}.o' for name in ('campaign', 'campaign_main', 'oracle', 'virtual') if f'tests/campaign/{name}.c' not in texts]
    done = subprocess.run(['gcc', '-pie', '-o', f'{directory}/chair-campaign', *objects, *common,
                           *[f'build/release/lib{lib}.a' for lib in ('chaird', 'sim', 'rpc', 'hw', 'core')], *libs, '-lpthread', '-lm'],
                          capture_output=True, text=True)
    return done.stderr if done.returncode != 0 else ''


def judge(program, name, hours, not_yet, seed):
    """Run until something breaks. Returns (as it should be, what happened)."""
    command = [program, '--hours', str(hours), '--seed', str(seed), '--first', '--out', f'{OUT}/traces']
    done = subprocess.run(command + (['--not-yet', ','.join(not_yet)] if not_yet else []), capture_output=True, text=True)
    broken = re.search(r'^broken: ([^,]*), seed (\d+), episode (\d+), at ([\d.]+) s', done.stdout, re.M)
    after = re.search(r'^campaign: ([\d.]+) chair-hours', done.stdout, re.M)
    if broken is None:
        return False, f'SURVIVED {hours} hours' if done.returncode == 0 else f'no result, status {done.returncode}: {done.stderr[-300:]}'
    named = broken.group(1).split()
    where = f'episode {broken.group(3)}, {after.group(1) if after else "?"} hours'
    if name in named:
        return True, f'caught, {where}'
    return False, f'caught by another: {" ".join(named)}, {where}'


def run(mutant, options, flags, libs):
    name, hours, replacements, ignore = mutant
    directory = f'{OUT}/{name}'
    ignored = options.known if ignore == ['*'] else ignore
    not_yet = sorted((set(options.not_yet) | set(ignored)) - {name})
    os.makedirs(directory, exist_ok=True)
    if not replacements:
        return name, *judge('build/release/chair-campaign', name, hours, not_yet, options.seed)
    texts, complaint = sources(replacements)
    if texts is not None:
        complaint = build(directory, texts, flags, libs)
    if complaint:
        return name, False, complaint
    return name, *judge(f'{directory}/chair-campaign', name, hours, not_yet, options.seed)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--not-yet', default='', help='names with commas')
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--jobs', type=int, default=os.cpu_count())
    parser.add_argument('names', nargs='*')
    options = parser.parse_args()
    options.not_yet = [name for name in options.not_yet.split(',') if name]
    known = shell('build/release/chair-campaign', '--list')
    options.known = known
    flags = shell('make', '--no-print-directory', '-s', 'print-cflags')
    libs = shell('pkg-config', '--libs', 'libmodbus', 'libgpiod', 'yaml-0.1', 'jansson', 'sqlite3', 'libsystemd')
    shutil.rmtree(OUT, ignore_errors=True)
    os.makedirs(OUT)
    mutants = [m for m in MUTANTS if m[0] not in options.not_yet] + [(name, 200, [], []) for name in options.not_yet]
    failed = 0
    missing = set(known) - {m[0] for m in mutants}
    if missing:
        print('no mutant for:', ' '.join(sorted(missing)))
        failed += len(missing)
    mutants = [m for m in mutants if not options.names or m[0] in options.names]
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for name, good, what in pool.map(lambda m: run(m, options, flags, libs), mutants):
            print(f'{"  " if good else "! "}{name:18s} {"(the chair as it is) " if name in options.not_yet else ""}{what}', flush=True)
            failed += not good
    print(f'campaign mutants: {len(mutants)} run, {failed} not as they should be')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
