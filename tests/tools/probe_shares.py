#!/usr/bin/env python3
"""probe_shares.py GILSIM [PYTHON...] [--time DURATION] [--only CALL]

Probes ten calls whose shares of bytecode, C code, native code and waiting are known, and prints these beside what
`gilsim probe` finds. What a part of a call is, follows from what it calls; what it takes, the call itself measures: each
part's wall and CPU time, whenever it is called alone. It does so in the process that is probed, for the same loop takes a third
more CPU time in some processes than in others, above all after a wait, and at other times. To measure is bytecode of the call,
too: after a wait, with cold caches, 30 to 50 us.

Exit status 1 when a share is off by more than a tenth of itself, and by more than a fiftieth of the call's time, which is what
may be found of a part that is not there.
"""
import argparse
import csv
import glob
import itertools
import os
import re
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile

KINDS = ('python', 'c', 'native', 'io')
RATIO, OF_CALL = 0.1, 0.02

# PARTS: a call is functions of a kind, one after the other.
CALLS = '''
import array, hashlib, itertools, json, math, mmap, os, random, socket, sys, time, zlib

draws = random.Random(1)
block = bytes(1 << 20)
text = bytes(draws.choices(range(64), k=1 << 18))
numbers = [draws.random() for _ in range(50000)]
records = [{'id': number, 'name': 'item %d' % number, 'on': True} for number in range(10000)]


def count():
    for _ in range(100000):
        pass


def connect():
    """To a server that answers a millisecond later. It ends when this process does."""
    here, there = socket.socketpair()
    if os.fork() == 0:
        here.close()
        while there.recv(100):
            time.sleep(1e-3)
            there.send(b'answer')
        os._exit(0)
    there.close()
    return here


CONNECTION = None


def round_trip():
    global CONNECTION
    CONNECTION = CONNECTION or connect()
    CONNECTION.send(b'request')
    CONNECTION.recv(100)


PARTS = {
    'loop': [('python', count)],
    'factorial': [('c', lambda: math.factorial(15000))],
    'sha256': [('native', lambda: hashlib.sha256(block).digest())],
    'sleep': [('io', lambda: time.sleep(0.005))],
    'compress': [('native', lambda: zlib.compress(text))],
    'dumps': [('c', lambda: json.dumps(records))],
    'sorted': [('c', lambda: sorted(numbers))],
    'round_trip': [('io', round_trip)],
    'mix_io': [('python', count), ('native', lambda: hashlib.sha256(block).digest()), ('io', lambda: time.sleep(0.005))],
    'mix_c': [('python', count), ('c', lambda: math.factorial(12000)), ('native', lambda: hashlib.sha256(block).digest())],
}


ROWS = 100000
ALONE_S = 1e-3  # a shorter switch interval is that of a probe's competing thread

with open('known', 'w+b') as file:  # for each call alone, its batch, and what each kind has taken
    file.truncate(ROWS * 5 * 8)
    KNOWN = memoryview(mmap.mmap(file.fileno(), 0)).cast('q')
ROW = itertools.count()
BATCH = 1
COUNTED_NS = None  # this thread's CPU time until which everything is counted; None: another batch begins


def timed(parts):
    """What a part that waits takes of a core, it takes in the kernel; what is between parts, and between calls, is bytecode."""
    global COUNTED_NS
    took_ns = {'python': 0, 'c': 0, 'native': 0, 'io': 0}
    for kind, part in parts:
        begin_ns, begin_cpu_ns = time.perf_counter_ns(), time.thread_time_ns()
        took_ns['python'] += begin_cpu_ns - COUNTED_NS if COUNTED_NS else 0
        part()
        COUNTED_NS = time.thread_time_ns()
        cpu_ns = COUNTED_NS - begin_cpu_ns
        took_ns['native' if kind == 'io' else kind] += cpu_ns
        took_ns['io'] += time.perf_counter_ns() - begin_ns - cpu_ns if kind == 'io' else 0
    at = 5 * (next(ROW) % ROWS)
    KNOWN[at:at + 5] = memoryview(array.array('q', [BATCH, *took_ns.values()]))


def call(name):
    global BATCH, COUNTED_NS
    if sys.getswitchinterval() > ALONE_S:
        return timed(PARTS[name])
    for _, part in PARTS[name]:
        part()
    BATCH, COUNTED_NS = BATCH + 1, None
'''
NAMES = re.findall(r"^    '(\w+)': \[", CALLS, re.M)


def runs(python):
    """pyenv has a python3.13 in the path that runs only where that version was chosen."""
    return subprocess.run([python, '-c', ''], stderr=subprocess.DEVNULL, check=False).returncode == 0


def find_pythons():
    """As tests/tools/ledger.sh: that of the path, else pyenv's newest."""
    found = []
    for version in ('3.11', '3.13'):
        name = 'python' + version
        installed = glob.glob(os.path.join(os.environ.get('PYENV_ROOT', os.path.expanduser('~/.pyenv')), 'versions/*/bin', name))
        installed.sort(key=lambda path: [int(part) for part in re.findall(r'\d+', path)])
        found += [python for python in (shutil.which(name), *reversed(installed)) if python and runs(python)][:1]
    return found


def shares_of(times):
    return {kind: times[kind] / sum(times.values()) for kind in KINDS}


def probe(options, python, folder, name):
    """The shares that are known, those that it finds, and what it complains of."""
    answer = subprocess.run([options.gilsim, 'probe', '--python', python, '--time', options.time, '--format', 'csv',
                             "calls:call('%s')" % name], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True)
    if answer.returncode:
        sys.exit('probe: %s' % answer.stderr)
    times = {row['part']: float(row['time_s']) for row in csv.DictReader(answer.stdout.splitlines())}
    with open(os.path.join(folder, 'known'), 'rb') as file:
        rows = [row for row in struct.iter_unpack('5q', file.read()) if row[0]]
    # As the probe: the median over batches, of each its mean.
    batches = [list(zip(*batch)) for _, batch in itertools.groupby(rows, lambda row: row[0])]
    known = {kind: statistics.median(statistics.mean(batch[at]) for batch in batches) for at, kind in enumerate(KINDS, 1)}
    return shares_of(known), shares_of(times), answer.stderr.strip()


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument('gilsim', type=os.path.abspath)
    parser.add_argument('pythons', nargs='*')
    parser.add_argument('--time', default='400ms')
    parser.add_argument('--only', action='append')
    options = parser.parse_args()
    pythons = options.pythons or find_pythons()
    off_count = row_count = 0
    print('%-10s %-10s %s' % ('python', 'call', '  '.join('%16s' % kind for kind in KINDS)))
    print('%-21s %s' % ('', '  '.join('%16s' % 'known    found' for _ in KINDS)))
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, 'calls.py'), 'w', encoding='utf-8') as file:
            file.write(CALLS)
        for python in pythons:
            for name in options.only or NAMES:
                known, found, complaint = probe(options, python, folder, name)
                off = [kind for kind in KINDS
                       if abs(found[kind] - known[kind]) > max(RATIO * known[kind], OF_CALL)]
                print('%-10s %-10s %s  %s' % (
                    os.path.basename(python), name,
                    '  '.join('%7.1f%% %7.1f%%' % (100 * known[kind], 100 * found[kind]) for kind in KINDS),
                    ('OFF: ' + ', '.join(off) if off else 'ok') + ('; ' + complaint if complaint else '')), flush=True)
                off_count += bool(off)
                row_count += 1
    print('%d of %d calls: each share within %.0f %% of the known one, or %.0f %% of the call' %
          (row_count - off_count, row_count, 100 * RATIO, 100 * OF_CALL))
    sys.exit(1 if off_count else 0)


if __name__ == '__main__':
    main()
