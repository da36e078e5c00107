#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Mutation of daemon/core: one small change at a time, and a unit test must notice each.

Cells of the session table and rows of the matrix get every other value; elsewhere comparisons,
boolean operators, signs, constants and whole statements are changed. A mutant whose object code is
that of the original is none and is not counted. Only the mutated file is compiled; the core is a
shared library that the tests of tests/unit/test_core_*.c load. No test may fail without a mutation.

Survivors that cannot be told from the original by any test stand with their reason in
tests/mutants.txt; any other survivor makes the exit status 1 when the score is under --min.
"""
import argparse
import concurrent.futures
import filecmp
import os
import re
import shutil
import subprocess
import sys
import threading

CORE = 'daemon/core'
TESTS = 'tests/unit'
# Without a run-time library the sanitizer traps: a mutant that leaves an array is killed, not lucky.
FLAGS = ['-std=gnu17', '-D_GNU_SOURCE', '-ffp-contract=off', '-w', '-O1', '-g0', '-fPIC',
         '-fsanitize=bounds,object-size', '-fsanitize-undefined-trap-on-error', '-I' + CORE]
STATES = 'FIRPHMZXS'
EFFECTS = ['CUT', 'RETRACT', 'PAUSE', 'HEAT_OFF', 'INHIBIT']
TIMEOUT_S = 20

# (pattern, replacements): applied to code without comments and strings.
OPERATORS = [
    (r'(?<= )<(?= )', ['<=', '>=']),
    (r'(?<= )>(?= )', ['>=', '<=']),
    (r'(?<= )<=(?= )', ['<', '>']),
    (r'(?<= )>=(?= )', ['>', '<']),
    (r'(?<= )==(?= )', ['!=']),
    (r'(?<= )!=(?= )', ['==']),
    (r'&&', ['||']),
    (r'\|\|', ['&&']),
    (r'!(?=[\w(])', ['']),
    (r'(?<= )\+(?= )', ['-']),
    (r'(?<= )-(?= )', ['+']),
    (r'(?<= )\*(?= )', ['/']),
    (r'(?<= )/(?= )', ['*']),
    (r'\+=', ['-=', '=']),
    (r'\*=', ['=']),
    (r'\|=', ['=', '&=']),
    (r'&= ~', ['|= ']),
    (r'&=(?! ~)', ['=', '|=']),
    (r'\+\+(?!\))', ['--']),
    (r'(?<= )\|(?= )', ['&']),
    (r'(?<= )&(?= )', ['|']),
    (r'(?<=[=(,?:] )-(?=[\w.])', ['']),
    (r'(?<=return )-(?=[\w.])', ['']),
    (r'\btrue\b', ['false']),
    (r'\bfalse\b', ['true']),
    (r'\bbreak;', [';']),
    (r'\bcontinue;', [';']),
]
NUMBER = re.compile(r'(?<![\w.])(\d+\.\d+|\d+)(U|f)?(?![\w.])')
STATEMENT = re.compile(r'^\t+(?!return|break|continue|const |static |struct |enum |uint|float |bool |'
                       r'unsigned |int |assert|#|case |default|\[|\.)[\w(*][^=;{}]*(=|\+\+|\()[^;{}]*;$')


class Mutant:
    def __init__(self, path, text, start, end, new):
        begin = text.rfind('\n', 0, start) + 1
        stop = text.find('\n', start)
        self.path = path
        self.line = text.count('\n', 0, start) + 1
        self.text = text[:start] + new + text[end:]
        old = text[begin:stop].strip()
        mutated = (text[begin:start] + new + text[end:max(stop, end)]).strip()
        self.name = '%s: %s => %s' % (os.path.basename(path), old, mutated or '(nothing)')


def mask(text):
    """The same text with comments and strings blanked, position by position."""
    def blank(match):
        return re.sub(r'[^\n]', ' ', match.group(0))
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', blank, text, flags=re.S)


def skipped_lines(code):
    """Lines on which a mutation means nothing: assertions, includes, declarations of names."""
    skipped = set()
    for number, line in enumerate(code.split('\n')):
        if re.search(r'\bassert\(|_Static_assert|^#include|^#undef', line):
            skipped.add(number)
    return skipped


def table_mutants(path, text):
    for row in re.finditer(r'^\t\[[A-Z]\] *= \{(.*)\},$', text, re.M):
        for cell in re.finditer(r'\b[%s]\b' % STATES, row.group(1)):
            at = row.start(1) + cell.start()
            for state in STATES:
                if state != text[at]:
                    yield Mutant(path, text, at, at + 1, state)
    for row in re.finditer(r'^\tROW\(\w+, "\w+", "(F\d+)", (\w+), (true|false), (\w+),$', text, re.M):
        yield Mutant(path, text, row.start(1), row.end(1), 'F999')
        for effect in EFFECTS:
            if effect != row.group(2):
                yield Mutant(path, text, row.start(2), row.end(2), effect)
        yield Mutant(path, text, *row.span(3), 'false' if row.group(3) == 'true' else 'true')
        yield Mutant(path, text, *row.span(4), '1' if row.group(4) == '0' else '0')


def number_mutants(path, text, code, skipped):
    for match in NUMBER.finditer(code):
        if code.count('\n', 0, match.start()) in skipped:
            continue
        value, suffix = match.group(1), match.group(2) or ''
        if '.' in value:
            other = '1.0' if float(value) == 0 else repr(float(value) * 1.25)
        else:
            other = str(int(value) + 1)
        yield Mutant(path, text, match.start(), match.end(), other + suffix)


def mutants_of(path):
    with open(path) as file:
        text = file.read()
    code = mask(text)
    skipped = skipped_lines(code)
    tables = list(table_mutants(path, text))
    yield from tables
    in_table = {i for i, line in enumerate(text.split('\n'))
                if re.match(r'\t\[[A-Z]\] *= \{|\tROW\(|#define [A-Z]{1,4}\b', line)}
    skipped |= in_table
    for pattern, others in OPERATORS:
        for match in re.finditer(pattern, code):
            if code.count('\n', 0, match.start()) in skipped:
                continue
            for other in others:
                yield Mutant(path, text, match.start(), match.end(), other)
    yield from number_mutants(path, text, code, skipped)
    at = 0
    for number, line in enumerate(code.split('\n')):
        if number not in skipped and STATEMENT.match(line):
            indent = len(line) - len(line.lstrip('\t'))
            yield Mutant(path, text, at + indent, at + len(line), ';')
        at += len(line) + 1


def run(command, cwd=None, env=None, timeout=120):
    try:
        return subprocess.run(command, cwd=cwd, env=env, timeout=timeout, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL).returncode
    except subprocess.TimeoutExpired:
        return -1


class Worker:
    """A directory of its own with the core's objects, one of them mutated at a time."""

    def __init__(self, build, number):
        self.dir = os.path.join(build, 'worker%d' % number)
        shutil.rmtree(self.dir, ignore_errors=True)
        shutil.copytree(CORE, os.path.join(self.dir, CORE))
        self.sources = sorted(f for f in os.listdir(CORE) if f.endswith('.c'))
        self.env = dict(os.environ, LD_LIBRARY_PATH=os.path.abspath(self.dir), LC_ALL='C')
        for source in self.sources:
            if self.compile(source, source[:-2] + '.o') != 0:
                sys.exit('mutate: %s does not compile' % source)
        self.link({})

    def compile(self, source, output):
        return run(['gcc', *FLAGS, '-c', os.path.join(CORE, source), '-o', output], cwd=self.dir)

    def link(self, instead):
        objects = [instead.get(s, s[:-2] + '.o') for s in self.sources]
        return run(['gcc', '-shared', '-o', 'libcore.so', *objects], cwd=self.dir)

    def fails(self, test):
        return run([test], cwd=self.dir, env=self.env, timeout=TIMEOUT_S) != 0

    def judge(self, mutant, tests):
        """'same', 'broken' (does not compile), 'killed' or 'survives'."""
        source = os.path.basename(mutant.path)
        original = os.path.join(self.dir, source[:-2] + '.o')
        changed = os.path.join(self.dir, 'mutant.o')
        path = os.path.join(self.dir, CORE, source)
        with open(path, 'w') as file:
            file.write(mutant.text)
        broken = self.compile(source, 'mutant.o') != 0
        shutil.copyfile(os.path.join(CORE, source), path)
        if broken:
            return 'broken'
        if filecmp.cmp(original, changed, shallow=False):
            return 'same'
        if self.link({source: 'mutant.o'}) != 0:
            return 'broken'
        own = [t for t in tests if source[:-2] in t]
        first = [t for t in tests if 'tables' in t]
        for test in first + own + [t for t in tests if t not in own and t not in first]:
            if self.fails(test):
                return 'killed'
        return 'survives'


def build_tests(build, worker, leave_out):
    fixture = os.path.join(build, 'core_fixture.o')
    include = ['-I' + TESTS]
    if run(['gcc', *FLAGS, *include, '-c', TESTS + '/core_fixture.c', '-o', fixture]) != 0:
        sys.exit('mutate: the fixture does not compile')
    tests = []
    for name in sorted(os.listdir(TESTS)):
        if not re.match(r'test_core_\w+\.c$', name):
            continue
        program = os.path.abspath(os.path.join(build, name[:-2]))
        if run(['gcc', *FLAGS, *include, os.path.join(TESTS, name), fixture, '-L' + worker.dir,
                '-lcore', '-lcmocka', '-lm', '-o', program]) != 0:
            sys.exit('mutate: %s does not compile' % name)
        if worker.fails(program):
            print('mutate: %s fails without a mutation%s'
                  % (name[:-2], ' and is left out' if leave_out else ''))
            if not leave_out:
                sys.exit(2)
        else:
            tests.append(program)
    return tests


def known_equivalents():
    known = {}
    path = 'tests/mutants.txt'
    if os.path.exists(path):
        reason = ''
        with open(path) as file:
            for line in file:
                if line.startswith('#'):
                    reason = line[1:].strip()
                elif line.strip():
                    known[line.strip()] = reason
    return known


def chosen_files(args):
    files = sorted(os.path.join(CORE, f) for f in os.listdir(CORE) if f.endswith('.c'))
    if args.files:
        return [f for f in files if os.path.basename(f) in args.files]
    if args.changed:
        command = ['git', 'diff', '--name-only', args.changed, '--', CORE]
        diff = subprocess.run(command, capture_output=True, text=True)
        if diff.returncode != 0:
            print('mutate: git knows no %s; all files' % args.changed)
            return files
        return [f for f in files if f in diff.stdout.split()]
    return files


def judge_all(mutants, workers, tests):
    free = list(workers)
    lock = threading.Lock()
    done = [0]

    def one(mutant):
        with lock:
            worker = free.pop()
        try:
            return worker.judge(mutant, tests)
        finally:
            with lock:
                free.append(worker)
                done[0] += 1
                if sys.stderr.isatty() and done[0] % 50 == 0:
                    print('  %d of %d' % (done[0], len(mutants)), file=sys.stderr)

    with concurrent.futures.ThreadPoolExecutor(len(workers)) as pool:
        return list(pool.map(one, mutants))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('files', nargs='*', help='names of files in daemon/core')
    parser.add_argument('--all', action='store_true', help='every file of daemon/core (the default)')
    parser.add_argument('--changed', metavar='REV', help='only files changed against a git revision')
    parser.add_argument('--most', type=int, metavar='N', help='at most N mutants, spread evenly')
    parser.add_argument('--list-survivors', action='store_true', help='explained ones, too')
    parser.add_argument('--leave-out-failing', action='store_true',
                        help='go on without test programs that fail before anything is changed')
    parser.add_argument('--min', type=float, default=97.0, help='lowest score that passes, in %%')
    parser.add_argument('--jobs', type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument('--build', default='build/mutate', help='directory for what is built')
    args = parser.parse_args()
    os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
    files = chosen_files(args)
    if not files:
        print('mutate: nothing in %s has changed' % CORE)
        return 0
    os.makedirs(args.build, exist_ok=True)
    workers = [Worker(args.build, n) for n in range(args.jobs)]
    tests = build_tests(args.build, workers[0], args.leave_out_failing)
    mutants = [m for f in files for m in mutants_of(f)]
    if args.most:
        mutants = mutants[::-(-len(mutants) // args.most)]
    known = known_equivalents()
    count = dict.fromkeys(('killed', 'survives', 'explained', 'same', 'broken'), 0)
    survivors = []
    for mutant, verdict in zip(mutants, judge_all(mutants, workers, tests)):
        if verdict == 'survives' and mutant.name in known:
            verdict = 'explained'
            if args.list_survivors:
                print('explained %s:%d %s (%s)' % (mutant.path, mutant.line,
                                                   mutant.name.split(': ', 1)[1], known[mutant.name]))
        elif verdict == 'survives':
            survivors.append(mutant)
        count[verdict] += 1
    for mutant in survivors:
        print('survives  %s:%d %s' % (mutant.path, mutant.line, mutant.name.split(': ', 1)[1]))
    judged = count['killed'] + count['survives']
    score = 100.0 * count['killed'] / judged if judged else 100.0
    print('mutate: score %.1f %%: %d of %d mutants killed in %s; besides %d explained, '
          '%d of the same object code, %d that do not compile'
          % (score, count['killed'], judged, ' '.join(os.path.basename(f) for f in files),
             count['explained'], count['same'], count['broken']))
    return 0 if score >= args.min else 1


if __name__ == '__main__':
    sys.exit(main())
