"""harness_pace.py - the loops of the CPU steps, how fast the machine is at them, and what else takes time of it.

The part of harness.py that knows no workload's steps. A step does a fixed amount of work, not of time; the rates of the
three loops are measured right before a run and right after it.
"""
import json
import os
import signal
import threading
import time
from hashlib import pbkdf2_hmac
from itertools import repeat

clock_ns = time.perf_counter_ns  # CLOCK_MONOTONIC: the same in all processes, and in gilsim


# ---- The three loops -------------------------------------------------------------------------------

def spin(iterations):
    """Bytecode: holds the GIL, gives it up on request."""
    x = 0
    for i in range(iterations):
        x = (x * 3 + i) & 1023


TEXT = bytes(range(256)) * 2


def hold(items):
    """One C call that holds the GIL throughout. An item is a search of half a kilobyte: loops of a few nanoseconds an item
    (sum or a deque over repeat), which wait for their own last store, run 1.3 times slower in some threads than in others."""
    sum(map(TEXT.count, repeat(b'q', items)))


def release(iterations):
    """One C call that releases the GIL."""
    pbkdf2_hmac('sha256', b'x', b'x', iterations)


TOKENS = threading.Semaphore(0)


def library(items):
    """Python of a library: calls, attributes, small objects, locks that nobody else wants. No step is made of it, but costs
    are. A neighbour on the same core takes more from it than from the other loops, and the same as from gather(),
    queue.Queue and Future: by logarithms 1.25 times what hold() loses and 1.9 times what spin() does (40 s of all of them in
    turn on an Intel VM, on 3.11 and 3.13; their means were 1.38, 1.26 and 1.19 times the full time)."""
    for _ in repeat(None, items):
        TOKENS.release()
        TOKENS.acquire()


# (kind of step, loop, iterations of one piece): half a millisecond to two.
LIBRARY_PIECE = ('library', library, 800)
SPIN_PIECES = (('python', spin, 40000), ('c', hold, 3000), ('native', release, 2500))
# So long each loop that a workload uses is watched before a run and after it: the pace of a virtual machine changes
# by the millisecond, and a run meets its mean.
WATCH_NS = 40_000_000
# Or so long, where nothing is thrown away because of a change.
GLANCE_NS = 5_000_000
GLANCES = bool(os.environ.get('GILSIM_GLANCE'))
# So long a process spins before anything is measured: a core that was idle, above all a virtual one, is slow at first.
WARM_UP_NS = 200_000_000


def spin_piece_ns(loop, iterations):
    """Nanoseconds an iteration, over one piece."""
    begin_ns = clock_ns()
    loop(iterations)
    return (clock_ns() - begin_ns) / iterations


def mean_rate_ns(loop, iterations, watch_ns):
    """Nanoseconds of CPU time an iteration over at least `watch_ns`: what a hypervisor took meanwhile, it need not take
    during the run (stolen_s())."""
    begin_ns, begin_cpu_ns = clock_ns(), time.thread_time_ns()
    pieces = 0
    while True:
        loop(iterations)
        pieces += 1
        if clock_ns() - begin_ns >= watch_ns:
            return (time.thread_time_ns() - begin_cpu_ns) / (pieces * iterations)


def kinds_used(steps):
    """The kinds of step there are in a list of them, bodies included."""
    kinds = set()
    for step in steps:
        kinds.add(step[0])
        for body in step[1:]:
            if isinstance(body, list):
                kinds |= kinds_used(body)
    return kinds


def kinds_used_by(workload):
    return set().union(*(kinds_used(task['steps']) for task in workload['tasks'] if task))


def watched_cpus(workload):
    """Each core of a virtual machine has a pace of its own. A program of one thread is watched where it runs (None), others
    wherever they may."""
    if workload['model'] in ('sequential', 'asyncio') or workload['spawn'] == 'coroutine':
        return None
    return workload.get('cpus') or sorted(os.sched_getaffinity(0))


def rates_ns(used, watch_ns):
    return [mean_rate_ns(loop, iterations, watch_ns if kind in used else 0)
            for kind, loop, iterations in SPIN_PIECES + (LIBRARY_PIECE,)]


def spin_rates_ns(workload):
    """The mean rate of each loop: [python, c, native, library]; a loop that the workload does not use is only glanced at, but
    bytecode and libraries are always used, and the kernel has the pace of C code (cli/prediction.c)."""
    used = kinds_used_by(workload) | {'python', 'c', 'library'}
    watch_ns = GLANCE_NS if GLANCES else WATCH_NS
    cpus = watched_cpus(workload)
    if not cpus:
        return rates_ns(used, watch_ns)
    allowed = os.sched_getaffinity(0)
    rates = []
    for cpu in cpus:
        os.sched_setaffinity(0, [cpu])
        rates.append(rates_ns(used, watch_ns / len(cpus)))
    os.sched_setaffinity(0, allowed)
    return [sum(of_cpus) / len(cpus) for of_cpus in zip(*rates)]


def spin_for(parent):
    """Until this process is killed, or its parent was."""
    while os.getppid() == parent:
        spin(1000)
    os._exit(0)


def spin_on(cpu, ready):
    """A process that keeps one CPU busy."""
    parent = os.getppid()
    os.sched_setaffinity(0, [cpu])
    os.write(ready, b'.')
    spin_for(parent)


def start_background(count):
    """Other processes that always want a core, wherever the program may run."""
    parent = os.getpid()
    children = []
    for _ in range(count):
        child = os.fork()
        if child == 0:
            spin_for(parent)
        children.append(child)
    return children


def end_children(children):
    for child in children:
        os.kill(child, signal.SIGKILL)
    for child in children:
        os.waitpid(child, 0)


def all_busy_speed(cpus):
    """This process's speed while all `cpus` are busy, against its speed while it is alone; None on one CPU.
    Virtual CPUs that share a core now and then make it a matter of the minute, not of the machine."""
    if len(cpus) < 2:
        return None
    _, loop, iterations = SPIN_PIECES[0]
    ready, write_ready = os.pipe()
    busy = []
    try:
        for cpu in cpus[1:]:
            child = os.fork()
            if child == 0:
                spin_on(cpu, write_ready)
            busy.append(child)
        os.sched_setaffinity(0, [cpus[0]])
        for _ in busy:
            os.read(ready, 1)
        together_ns = mean_rate_ns(loop, iterations, WATCH_NS)
    finally:
        end_children(busy)
        os.close(ready)
        os.close(write_ready)
    alone_ns = mean_rate_ns(loop, iterations, WATCH_NS)
    os.sched_setaffinity(0, cpus)
    return alone_ns / together_ns


def measure_pace_before(workload):
    """How fast the machine is now: the rates alone, and what is left of them while all CPUs are busy. The rates last: the less
    time there is between them and the run, the more they say of it."""
    speed = None if GLANCES else all_busy_speed(workload.get('cpus') or [])
    return [spin_rates_ns(workload), speed]


def measure_pace_after(workload):
    """The same, and for the same reason the rates first."""
    return [spin_rates_ns(workload), None if GLANCES else all_busy_speed(workload.get('cpus') or [])]


def measure_pace_alone(workload):
    """measure_pace_after() while daemon threads may still be spinning: a forked child has none of them, and stops its parent
    for as long as it measures."""
    if threading.active_count() == 1:
        return measure_pace_after(workload)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        parent = os.getppid()
        os.kill(parent, signal.SIGSTOP)
        try:
            os.write(writer, json.dumps(measure_pace_after(workload)).encode())
        finally:
            os.kill(parent, signal.SIGCONT)
            os._exit(0)
    os.close(writer)
    with open(reader, 'rb') as stream:
        pace = json.loads(stream.read())
    os.waitpid(child, 0)
    return pace


# CPU time of everybody on this machine (of this container, where it shows no more): a file, and its unit in seconds.
EVERYBODY = (('/sys/fs/cgroup/cpuacct/cpuacct.usage', 1e-9), ('/sys/fs/cgroup/cpu.stat', 1e-6))


# The state of each CPU's run queue, which the kernel shows to root: its clock, and what of that its tasks could have.
RUN_QUEUES = '/sys/kernel/debug/sched/debug'


def stolen_by_clocks_s(cpus):
    """stolen_s() to the microsecond, or None where the kernel does not show its clocks, or not to us. A queue's clock_task
    stands still while a hypervisor has taken its CPU (update_rq_clock_task() of kernel/sched/core.c, with
    CONFIG_PARAVIRT_TIME_ACCOUNTING; without it, they never differ). Both are as of when it last switched, idled or ticked."""
    clocks_ms = {'clock': 0, 'clock_task': 0}
    shown = False
    try:
        os.sched_yield()  # which brings this CPU's up to date
        with open(RUN_QUEUES, encoding='ascii') as stream:
            for line in stream:
                if line.startswith('cpu#'):
                    shown = int(line[4:line.index(',')]) in cpus
                elif shown and line.startswith('  .clock'):
                    name, _, value = line[3:].partition(':')
                    clocks_ms[name.strip()] += float(value)
    except (OSError, ValueError, KeyError):
        return None
    return (clocks_ms['clock'] - clocks_ms['clock_task']) / 1e3 or None


# Ticks of 10 ms say nothing of what was stolen from a run that has used less.
LEAST_USED_S = 0.05


def stolen_s():
    """What a hypervisor has taken so far of the CPUs that this process may use, while they had work: by their clocks, else by
    ticks of 10 ms, between which nothing is lost. None where the kernel does not tell. And whether it was by ticks."""
    cpus = os.sched_getaffinity(0)
    by_clocks_s = stolen_by_clocks_s(cpus)
    return (ticks_s(cpus, 8), True) if by_clocks_s is None else (by_clocks_s, False)


def ticks_s(cpus, *columns):
    """Those of /proc/stat, of these CPUs together; None where the kernel does not tell."""
    names = {'cpu%d' % cpu for cpu in cpus}
    try:
        with open('/proc/stat', encoding='ascii') as stream:
            lines = [fields for fields in map(str.split, stream) if fields[0] in names]
        return sum(int(fields[column]) for fields in lines for column in columns) / os.sysconf('SC_CLK_TCK')
    except (OSError, ValueError, IndexError):
        return None


def host_state():
    """Of the CPUs that this process may use: the clock, what everybody used, what was stolen, how long they idled."""
    cpus = os.sched_getaffinity(0)
    return clock_ns() / 1e9, everybodys_cpu_s(), stolen_s(), ticks_s(cpus, 4, 5)


def stolen_between_s(before, after):
    """From those who had work. A CPU that is woken from idling, and whose hypervisor lets it wait, has that time stolen, too,
    but nobody loses more of it than a wake-up's latency: two threads that pass a lock back and forth keep one core busy, and
    from the other one half of its time was stolen without a loss (a1-cpu-count: 0.38 s of 0.80, which were 0.07 longer than
    undisturbed). So it is no more than the time in which CPUs did not idle and nobody ran, give or take a tick each."""
    (begin_s, used_s, (stolen, by_ticks), idle_s), (end_s, used_then_s, (stolen_then, _), idle_then_s) = before, after
    if stolen is None or stolen_then is None:
        return None
    stolen = stolen_then - stolen
    if used_s is None or idle_s is None:
        return stolen
    if by_ticks and used_then_s - used_s < LEAST_USED_S:
        return 0.0
    count = len(os.sched_getaffinity(0))
    awake_s = count * (end_s - begin_s) - (idle_then_s - idle_s) + count / os.sysconf('SC_CLK_TCK')
    return min(stolen, max(0.0, awake_s - (used_then_s - used_s)))


def everybodys_cpu_s():
    """None where the kernel does not tell, or not by less than a tick."""
    for path, unit_s in EVERYBODY:
        try:
            with open(path, encoding='ascii') as stream:
                return int(stream.read().split('\n')[0].split()[-1]) * unit_s
        except (OSError, ValueError, IndexError):
            continue
    return None
