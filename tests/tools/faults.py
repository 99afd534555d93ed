#!/usr/bin/env python3
"""faults.py GILSIM KILLS [PART...] - the command in bad times, from outside.

A part is one of these, or the name of an output whose writing is killed, such as trace.json.

kills       SIGKILL at KILLS random moments of each kind of output: what is there afterwards is the old file or the whole new
            one, and no process is; a sweep goes on where it was, and ends with the bytes of one that nobody killed.
signals     SIGINT, SIGTERM and SIGHUP at KILLS random moments of each command that takes its time: an end within
            PATIENCE_S, with 130, and nothing left behind: no process, no socket (it would be a process's), no temporary file.
outputs     a file that may not grow, a folder that may not be written, a pipe that nobody reads.
interpreters  that crash, hang, print noise, or are too old.
native      nothing but the loopback device is bound, by an ordinary user, and no code comes out of a scenario.
"""
import ast
import glob
import json
import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
GILSIM = os.path.abspath(sys.argv[1])
KILLS = int(sys.argv[2])
PATIENCE_S = 5
NOBODY = 65534
MARK = f'GILSIM_FAULTS={os.getpid()}'  # in the environment of all that is started here

WEB = """name: web
about: requests on a pool of threads
machine: {profile: default, cores: 4}
tasks: {page: [{python: exponential(1ms)}, {io: exponential(10ms)}]}
run: {task: page, arrivals: {rate: 120/s, count: 3000}}
variants:
  few: {model: thread_pool, workers: 2}
  many: {model: thread_pool, workers: 16}
"""
NATIVE = """name: native
about: all that a native run may start
machine: {cores: 2}
python: {version: "3.12"}
tasks: {work: [{python: 2ms}, {io: 20ms}]}
run: {task: work, count: 40}
variants:
  threads: {model: thread_pool, workers: 4}
  pool: {model: pool, workers: 3}
  server: {model: server, workers: 2, each: {model: thread_pool, workers: 2}}
"""
PLAYED = """#!/bin/sh
played=$(dirname "$0")/played
case "$*" in
*gilsim-probe*) echo "gilsim-probe cpython 3 12 3.12.1 0 $(realpath "$0")" ;;
*) test -s "$played" || { python3 "$@" >"$played.part" && mv "$played.part" "$played"; }; cat "$played" ;;
esac
"""
AXES = ['--vary', 'variants.few.workers=1..6', '--vary', 'run.arrivals.rate=40/s..120/s:20/s']


class Workplace:
    """A folder with what all parts need; `tmp` is TMPDIR of all that is started."""

    def __init__(self, folder):
        self.folder, self.tmp = folder, os.path.join(folder, 'tmp')
        os.chmod(folder, 0o777)
        os.mkdir(self.tmp)
        os.chmod(self.tmp, 0o777)
        self.environment = dict(os.environ, TMPDIR=self.tmp, XDG_CACHE_HOME=os.path.join(self.tmp, 'cache'),
                                GILSIM_DATA=os.path.join(TOP, 'scenarios'))
        self.environment.update([MARK.split('=')])
        self.write('web.yaml', WEB)
        self.write('few.yaml', WEB.replace('count: 3000', 'count: 300'))
        self.write('native.yaml', NATIVE)
        # An interpreter is measured once; then it is played back, and the machine alone takes its time.
        self.write('played.sh', PLAYED)
        os.chmod(self.path('played.sh'), 0o755)
        self.gilsim('run', 'web.yaml', '--format', 'json', '-o', 'web.json', wanted=0)
        self.gilsim('run', 'few.yaml', '--trace', 'few.csv', wanted=0)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), 'w', encoding='utf-8') as stream:
            stream.write(text)

    def read(self, name):
        try:
            with open(self.path(name), 'rb') as stream:
                return stream.read()
        except FileNotFoundError:
            return None

    def start(self, *arguments, **options):
        return subprocess.Popen([GILSIM, *arguments], cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
                                **{'stdout': subprocess.DEVNULL, 'stderr': subprocess.DEVNULL, **options})

    def gilsim(self, *arguments, wanted=None, **options):
        """Runs it to its end: (status, standard error)."""
        process = self.start(*arguments, **{'stderr': subprocess.PIPE, **options})
        _, said = process.communicate(timeout=300)
        said = (said or b'').decode(errors='replace')
        if wanted is not None and process.returncode != wanted:
            fail(f'gilsim {" ".join(arguments)}: status {process.returncode}, expected {wanted}: {said}')
        return process.returncode, said

    def left_behind(self):
        """Processes with the mark, and temporary files but for the kept calibration."""
        files = [os.path.join(folder, name) for folder, folders, names in os.walk(self.tmp)
                 for name in folders + names if 'cache' not in os.path.join(folder, name)]
        return marked_processes() + files


def marked_processes():
    found = []
    for process in filter(str.isdigit, os.listdir('/proc')):
        try:
            with open(f'/proc/{process}/environ', 'rb') as stream:
                if int(process) != os.getpid() and MARK.encode() in stream.read().split(b'\0'):
                    found.append(process)
        except OSError:
            continue
    return found


failures = 0


def within_patience(is_so):
    """Seconds until it was so, 0 if it never was. Looks are counted, so that a machine that stands still costs nothing."""
    for looks in range(1, PATIENCE_S * 50):
        if is_so():
            return looks / 50
        time.sleep(0.02)
    return 0


def fail(what):
    global failures
    failures += 1
    print(f'faults: {what}', flush=True)


def report(what):
    print(f'faults: {what}', flush=True)


# ---- SIGKILL while something is written ----------------------------------------------------------------

def same_bytes(there, whole):
    return there == whole


def is_json(there, _):
    """Of what is measured the figures differ each time; JSON that is cut is none."""
    try:
        return json.loads(there) is not None
    except ValueError:
        return False


def same_lines(there, whole):
    """A measured profile has as many parameters each time, one a line."""
    return there.count(b'\n') == whole.count(b'\n') and there[-1:] == b'\n'


def is_writing(process, folder):
    """Whether it has a file there that has no name yet."""
    for link in glob.glob(f'/proc/{process.pid}/fd/*'):
        try:
            target = os.readlink(link)
        except OSError:
            continue
        if target.startswith(folder + '/#') and target.endswith(' (deleted)'):
            return True
    return False


def wait_for_the_moment(place, process, duration_s):
    """Any moment of its life; or, as often, one of the few in which it writes, most of which are its last."""
    choice = random.randrange(4)
    if choice < 2:
        time.sleep(duration_s * (random.uniform(0, 1.05) if choice == 0 else random.uniform(0.9, 1.1)))
        return
    while process.poll() is None and not is_writing(process, place.folder):
        time.sleep(0.0005)
    time.sleep(random.choice((0, random.uniform(0, 0.005), random.uniform(0, 0.1) * duration_s)))


def lasting_s(process):
    """How long it goes on, without the time in which the machine stands still, and it with it."""
    total_s, last_s = 0, time.monotonic()
    while process.poll() is None:
        time.sleep(0.002)
        now_s = time.monotonic()
        total_s, last_s = total_s + min(now_s - last_s, 0.1), now_s
    return total_s


# What `calibrate` takes for a profile, too; it overwrites nothing else.
EARLIER = 'profile: "as it was"\n'


def kill_while_writing(place, name):
    """An earlier output of that name is there already."""
    command, is_whole = OUTPUTS[name]
    command = [*command, name]
    place.gilsim(*command, wanted=0)
    duration_s = lasting_s(place.start(*command))
    whole = place.read(name)
    others = set(os.listdir(place.folder))
    counts = {'killed': 0, 'old': 0, 'whole': 0, 'beside': 0, 'writing': 0}
    while counts['killed'] < KILLS:
        place.write(name, EARLIER)
        process = place.start(*command)
        wait_for_the_moment(place, process, duration_s)
        wrote = is_writing(process, place.folder)
        process.kill()
        if process.wait() == -signal.SIGKILL:
            counts['killed'] += 1
            counts['writing'] += wrote
        there = place.read(name)
        if there == EARLIER.encode():
            counts['old'] += 1
        elif there and is_whole(there, whole):
            counts['whole'] += 1
        else:
            fail(f'{name}: neither the old one nor the whole new one after SIGKILL: {len(there or b"")} bytes')
        # A new file gets a name of its own, when it is whole, before it takes the old one's place.
        for extra in set(os.listdir(place.folder)) - others:
            if not extra.startswith(f'{name}.') or not is_whole(place.read(extra), whole):
                fail(f'{name}: {extra} is left behind')
            counts['beside'] += 1
            os.unlink(place.path(extra))
        if not within_patience(lambda: not marked_processes()):
            fail(f'{name}: processes outlive SIGKILL: {marked_processes()}')
            for left in marked_processes():
                os.kill(int(left), signal.SIGKILL)
    report(f'{name}: {counts["killed"]} killed, {counts["writing"]} of them with the new file open; '
           f'{counts["old"]} times the old file, {counts["whole"]} times the whole new one, '
           f'{counts["beside"]} times beside the old one')
    subprocess.run(['find', place.tmp, '-mindepth', '1', '-delete'], check=True)


def stored_points(path):
    """What a killed sweep has kept: number and results of each point; the database must be sound."""
    database = sqlite3.connect(path)
    sound = database.execute('PRAGMA integrity_check').fetchone()[0]
    tables = database.execute("SELECT count(*) FROM sqlite_master WHERE name = 'points'").fetchone()[0]
    points = dict(database.execute('SELECT number, csv FROM points')) if tables else {}
    database.close()
    return sound, points


def kill_sweeps(place):
    command = ['sweep', 'web.yaml', *AXES, '--format', 'csv', '-o', 'swept.csv']
    duration_s = lasting_s(place.start(*command))
    whole = place.read('swept.csv')
    killed = resumed = 0
    while killed < KILLS:
        before = {}
        for _ in range(8):
            process = place.start(*command, '--db', 'kept.db', '--resume', '--jobs', '2')
            time.sleep(random.uniform(0, 0.4 * duration_s))
            process.kill()
            if process.wait() != -signal.SIGKILL:
                continue
            killed += 1
            if not os.path.exists(place.path('kept.db')):
                continue
            sound, points = stored_points(place.path('kept.db'))
            if sound != 'ok':
                fail(f'sweep: a damaged database after SIGKILL: {sound}')
            if any(points.get(number) != csv for number, csv in before.items()):
                fail('sweep: a point that was stored is lost or another one')
            before = points
        place.gilsim(*command, '--db', 'kept.db', '--resume', wanted=0)
        resumed += 1
        if place.read('swept.csv') != whole:
            fail('sweep: other bytes after kills and a resume')
        for file in glob.glob(place.path('kept.db*')) + [place.path('swept.csv')]:
            os.unlink(file)
    report(f'sweep database: {killed} killed in time, {resumed} sweeps resumed to the same bytes')


PLAN = ['plan', 'few.yaml', '--slo', 'p99 < 60ms', '--vary', 'variants.few.workers=1..4']
NATIVE_RUN = ['native', 'native.yaml', '--profile', 'default', '--quick', '--repeat', '1']
# What writes each kind of output, but for its name; and how a whole one is told.
OUTPUTS = {
    'run.json': (['run', 'web.yaml', '--format', 'json', '-o'], same_bytes),
    'run.csv': (['run', 'web.yaml', '--format', 'csv', '-o'], same_bytes),
    'run.txt': (['run', 'web.yaml', '--explain', '-o'], same_bytes),
    'trace.json': (['run', 'few.yaml', '--trace'], same_bytes),
    'trace.csv': (['run', 'few.yaml', '--trace'], same_bytes),
    'trace.txt': (['run', 'few.yaml', '--trace'], same_bytes),
    'plan.json': ([*PLAN, '--format', 'json', '-o'], same_bytes),
    'advice.json': (['advise', 'few.yaml', '--set', 'run.arrivals.count=20', '--format', 'json', '-o'], same_bytes),
    'comparison.json': (['compare', 'web.json', 'web.json', '--format', 'json', '-o'], same_bytes),
    'page.html': (['report', 'web.json', 'few.csv', '-o'], same_bytes),
    'picture.svg': (['plot', 'latency', 'web.json', '-o'], same_bytes),
    'native.json': ([*NATIVE_RUN, '--format', 'json', '-o'], is_json),
    'native-trace.json': ([*NATIVE_RUN, '--trace'], is_json),
    'pthreads.json': ([*NATIVE_RUN, '--backend', 'c', '--format', 'json', '-o'], is_json),
    'validation.json': (['validate', *NATIVE_RUN[1:], '--format', 'json', '-o'], is_json),
    'measurements.json': (['validate', *NATIVE_RUN[1:], '--save'], is_json),
    'profile.yaml': (['calibrate', '--python', './played.sh', '-o'], same_lines),
}


def part_kills(place):
    kill_sweeps(place)
    for name in OUTPUTS:
        kill_while_writing(place, name)


# ---- ^C, SIGTERM, a closed terminal ----------------------------------------------------------------------

def interrupt(place, command, number, most_s):
    """How long it took to end, in seconds; None where it did not."""
    process = place.start(*command)
    time.sleep(random.uniform(0.02, most_s))
    process.send_signal(number)
    what = f'gilsim {command[0]}: {signal.Signals(number).name}'
    ended_s = within_patience(lambda: process.poll() is not None)
    if not ended_s:
        process.kill()
        process.wait()
        fail(f'{what}: still there after {PATIENCE_S} s')
        return None
    # Before it watches for signals there is nothing to clean up, and the signal ends it; or it was done already.
    if process.returncode not in (0, 1, 130, -number):
        fail(f'{what}: status {process.returncode}')
    # A process that was killed takes a moment to go.
    if not within_patience(lambda: not place.left_behind()):
        fail(f'{what}: left behind: {place.left_behind()}')
        subprocess.run(['find', place.tmp, '-mindepth', '1', '-delete'], check=True)  # told once
    return ended_s


def part_signals(place):
    commands = [
        (['run', 'web.yaml', '--replications', '200'], 1),
        (['sweep', 'web.yaml', *AXES, '--replications', '20'], 1),
        (['advise', 'web.yaml'], 1),
        (['plan', 'web.yaml', '--slo', 'p99 < 60ms', '--vary', 'variants.few.workers=1..64'], 1),
        (['report', 'web.json', 'few.csv', '-o', 'page.html'], 1),
        (['plot', 'latency', 'web.json', '-o', 'page.svg'], 0.3),
        (['native', 'native.yaml', '--repeat', '50', '--profile', 'default'], 4),
        (['native', 'native.yaml', '--repeat', '50', '--profile', 'default', '--trace', 'native-trace.json'], 4),
        (['native', 'native.yaml', '--repeat', '50', '--profile', 'default', '--backend', 'c'], 2),
        (['validate', 'native.yaml', '--repeat', '50', '--profile', 'default'], 4),
        (['probe', 'json:dumps([1, 2])', '--time', '2s'], 3),
        (['calibrate', '-o', 'mine.yaml'], 20),
    ]
    for command, most_s in commands:
        ends_s = []
        for i in range(KILLS):
            ends_s.append(interrupt(place, command, (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)[i % 3], most_s))
        slowest_s = max((end_s for end_s in ends_s if end_s is not None), default=0)
        report(f'gilsim {" ".join(command)}: {len(ends_s)} signals, at most {slowest_s:.2f} s to the end')


# ---- Outputs that fail -----------------------------------------------------------------------------------

def may_not_grow():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))


def become_nobody():
    if os.geteuid() == 0:
        os.setgid(NOBODY)
        os.setuid(NOBODY)


def part_outputs(place):
    files = {
        'out.json': ['run', *['web.yaml'] * 9, '--format', 'json', '-o', 'out.json'],
        'out.csv': ['run', 'web.yaml', '--trace', 'out.csv'],
        'out.html': ['report', 'web.json', 'few.csv', '-o', 'out.html'],
        'out.svg': ['plot', 'latency', 'web.json', '-o', 'out.svg'],
    }
    os.mkdir(place.path('closed'))
    os.chmod(place.path('closed'), 0o555)
    for name, command in files.items():
        place.write(name, EARLIER)
        _, said = place.gilsim(*command, preexec_fn=may_not_grow, wanted=3)
        if place.read(name) != EARLIER.encode() or 'gilsim: ' not in said:
            fail(f'{name}: changed on a full disk, or nothing was said: {said}')
        _, said = place.gilsim(*command[:-1], f'closed/{name}', preexec_fn=become_nobody, wanted=3)
        if 'cannot write' not in said:
            fail(f'{name}: in a folder that may not be written: {said}')
    sweep = ['sweep', 'web.yaml', *AXES, '--format', 'csv', '-o', 'swept.csv']
    place.gilsim(*sweep, wanted=0)
    whole = place.read('swept.csv')
    place.gilsim(*sweep, '--db', 'full.db', preexec_fn=may_not_grow, wanted=3)
    place.gilsim(*sweep, '--db', 'full.db', '--resume', wanted=0)
    if place.read('swept.csv') != whole:
        fail('sweep: other bytes after a full disk and a resume')
    report(f'{len(files) + 1} kinds of output on a full disk, {len(files)} in a folder that may not be written')
    for command in (['run', *['web.yaml'] * 40], ['list'], ['schema'], ['--help'], ['sweep', 'web.yaml', *AXES]):
        reader, writer = os.pipe()
        process = place.start(*command, stdout=writer, stderr=subprocess.PIPE)
        os.close(writer)
        os.close(reader)
        _, said = process.communicate(timeout=120)
        if process.returncode not in (0, 1, -signal.SIGPIPE) or b'Traceback' in said or b'cannot write' in said:
            fail(f'gilsim {command[0]} into a closed pipe: status {process.returncode}, {said}')
    report('5 commands into a closed pipe')


# ---- Interpreters ----------------------------------------------------------------------------------------

def part_interpreters(place):
    wanted = {'crash': 'killed by signal 11', 'flood': 'printed more than', 'hang': 'no answer within',
              'noise': 'is no Python interpreter', 'old': 'or later is needed', 'missing': 'No such file'}
    for name, words in wanted.items():
        begin_s = time.monotonic()
        _, said = place.gilsim('native', 'native.yaml', '--python', os.path.join(TOP, f'tests/native/{name}.sh'), wanted=3)
        if words not in said or time.monotonic() - begin_s > 15 or place.left_behind():
            fail(f'an interpreter, {name}: {said}, {place.left_behind()}')
    report(f'{len(wanted)} interpreters that are none, each told within its time')


# ---- What a native run may do -----------------------------------------------------------------------------

def listening(processes):
    """Local addresses, in hexadecimal, of the sockets of these processes that listen."""
    inodes = set()
    for process in processes:
        for link in glob.glob(f'/proc/{process}/fd/*'):
            try:
                inodes.add(os.readlink(link))
            except OSError:
                continue
    found = set()
    for table in ('tcp', 'tcp6', 'udp', 'udp6'):
        with open(f'/proc/net/{table}', encoding='ascii') as stream:
            for row in list(stream)[1:]:
                fields = row.split()
                if f'socket:[{fields[9]}]' in inodes and fields[2].endswith(':0000'):
                    found.add(fields[1].split(':')[0])
    return found


def part_native(place):
    addresses = set()
    process = place.start('native', 'native.yaml', '--repeat', '3', '--profile', 'default', preexec_fn=become_nobody)
    while process.poll() is None:
        addresses |= listening(marked_processes())
    if process.returncode != 0:
        fail(f'native, as an ordinary user: status {process.returncode}')
    if addresses - {'0100007F'} or not addresses:
        fail(f'native: sockets listen at {addresses}, expected 127.0.0.1 alone')
    for path in glob.glob(os.path.join(TOP, 'sim/native/harness*.py')):
        with open(path, encoding='utf-8') as stream:
            calls = [node.func for node in ast.walk(ast.parse(stream.read())) if isinstance(node, ast.Call)]
        names = {call.id if isinstance(call, ast.Name) else getattr(call, 'attr', '') for call in calls}
        for name in names & {'eval', 'exec', 'compile', '__import__', 'import_module', 'system', 'popen', 'Popen'}:
            fail(f'{path} calls {name}()')
    report(f'a native run as an ordinary user listens at {", ".join(sorted(addresses))} alone; no code is made of data')


PARTS = {'kills': part_kills, 'signals': part_signals, 'outputs': part_outputs, 'interpreters': part_interpreters,
         'native': part_native}


def main():
    # In the background, or by nohup, these are ignored, also by all that is started here.
    for number in (signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    with tempfile.TemporaryDirectory() as folder:
        place = Workplace(folder)
        for name in sys.argv[3:] or PARTS:
            if name in OUTPUTS:
                kill_while_writing(place, name)
            else:
                PARTS[name](place)
    print('faults: none unexplained' if failures == 0 else f'faults: {failures} found')
    sys.exit(failures > 0)


main()
