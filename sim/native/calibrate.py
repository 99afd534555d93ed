"""calibrate.py - measures what this interpreter's own doings cost, for a machine profile.

Usage: python3 -I -S -B calibrate.py MACHINE.json, beside harness.py; MACHINE.json holds the costs of the
machine, measured before, and the two CPUs to use. Prints one JSON object a line:

    {"progress": 0.4, "what": "..."}                             how far it is
    {"name": "tpe.submit", "batches": [...], "remark": "..."}    a measured parameter: one value a batch
    {"name": "gil.interval", "value": ..., "system": "..."}      one that is known, and from where
    {"name": "...", "value": ..., "assumed": "..."}              one that cannot be measured here, and why

Medians and spreads are computed by calibrate.c. A new parameter is one function, which yields such
objects by measured(), known() or assumed(), and one row of MEASUREMENTS.

What a model charges as work is measured as CPU time of the thread or process that does it
(CLOCK_THREAD_CPUTIME_ID and the like), so that neither waiting nor other programs count. Wake-ups and
context switches are the machine's costs; where one is inside what was measured, it is subtracted.
Work is the harness's own: its loops, its dispatch, its run_task().
"""
import gc
import glob
import json
import mmap
import multiprocessing
import multiprocessing.pool
import os
import pickle
import queue
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import types
import warnings
from _thread import start_new_thread as start_bare_thread
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness_import
import harness
import harness_control
import harness_processes
from harness import clock_ns, run_task, spin
from harness_pace import LIBRARY_PIECE, library

BATCHES = 5  # in one of several passes
STACKS_KEPT = 4  # by the C library, of threads that have ended, for others
SMALL_OBJECTS = 40000  # of which a mebibyte is
TASKS = 200  # in one batch of a pool; a pipe must hold so many messages
FREE_THREADED = not getattr(sys, '_is_gil_enabled', lambda: True)()
YIELDS = 40 if FREE_THREADED else 0  # of who waits for a Lock, before it sleeps (Python/lock.c: MAX_SPIN_COUNT)
thread_cpu_ns = time.thread_time_ns
process_cpu_ns = time.process_time_ns

MACHINE = {}  # the machine's costs by name
HERE = THERE = None  # two CPUs; THERE is None where only one is allowed
MEDIANS = {}  # of what has been measured so far
SHARED = memoryview(mmap.mmap(-1, 4096)).cast('q')  # with forked children


# ---- Reporting ---------------------------------------------------------------------------------------

def say(**fields):
    print(json.dumps(fields), flush=True)


def measured(name, batches, remark=''):
    batches = list(batches)
    MEDIANS[name] = max(0, statistics.median(batches))
    say(name=name, batches=batches, remark=remark)


def known(name, value, source):
    MEDIANS[name] = value
    say(name=name, value=value, system=source)


def assumed(name, value, why):
    MEDIANS[name] = value
    say(name=name, value=value, assumed=why)


# What waits for memory follows the square root of C code's pace (cli/prediction.c), of which library code's is the power 1.25
# (harness_pace.py).
MEMORY = 0.5 / 1.25


def in_batches(measure, count=BATCHES, exponent=1.0):
    """What measure() returns, a time or several, so many times; as on a core that runs at its full pace."""
    batches = []
    for _ in range(count):
        slowness = PACE.wait()
        values = measure()
        slowness = ((slowness + PACE.slowness()) / 2)**exponent
        batches.append(values / slowness if not isinstance(values, tuple) else [value / slowness for value in values])
    return batches


def medians_of_groups(events, groups=BATCHES):
    """One value a batch from single events that were measured one after the other."""
    size = max(1, len(events) // groups)
    return [statistics.median(events[at:at + size]) for at in range(0, size * (len(events) // size), size)]


# ---- Helpers -----------------------------------------------------------------------------------------

class Gate(queue.SimpleQueue):
    """What a thread waits for as for a lock, but asleep from the first."""
    acquire = queue.SimpleQueue.get

    def release(self):
        self.put(None)


def closed_gate():
    if YIELDS:
        return Gate()
    lock = threading.Lock()
    lock.acquire()
    return lock


def pin(*cpus):
    """Confines the calling thread, and what it starts from now on."""
    os.sched_setaffinity(0, cpus)


def unpin():
    pin(*([HERE] if THERE is None else [HERE, THERE]))


def c_library(name):
    """The C library called without the GIL (CDLL) or with it (PyDLL); None where ctypes is missing."""
    try:
        import ctypes
    except ImportError:
        return None
    return getattr(ctypes, name)(None)


LONG_ENOUGH = b'x' * 2048  # hashlib releases the GIL from this length on (Modules/hashlib.h)
ONE_LESS = LONG_ENOUGH[:2047]  # as many blocks of SHA-256


def giving_up_once():
    """Two calls, as (f, g, argument of f, argument of g), that differ only in that f gives up the GIL and takes
    it again."""
    without, holding = c_library('CDLL'), c_library('PyDLL')
    if without:
        return without.abs, holding.abs, 7, 7
    from hashlib import sha256
    return sha256, sha256, LONG_ENOUGH, ONE_LESS


def resident_bytes():
    with open('/proc/self/statm') as stream:
        return int(stream.read().split()[1]) * mmap.PAGESIZE


def use_empty_tasks(count, body=()):
    """Makes the harness's run_task() run tasks without steps, or with these."""
    harness.PROGRAM = types.SimpleNamespace(bodies=[body] * count, activations=[None] * count)
    harness.RECORDS = memoryview(mmap.mmap(-1, 8 * harness.RECORD_WORDS * (count + 1))).cast('q')


class Pace:
    """A core's, by a moment of library code. Whoever shares the core with this machine slows it, by up to a half and for
    milliseconds or seconds; costs are those of a core that runs at its full pace. Waiting for it may take a third of
    the time; what is slower still is divided by the pace. Library code, because it loses more to a neighbour than the loops
    of the steps do, and is what is measured here (harness_pace.py)."""
    ITEMS = 16
    FULL_WITHIN = 1.15
    WAITING_SHARE = 1 / 3

    def __init__(self):
        self.best_ns = float('inf')
        self.best_here_ns = float('inf')
        self.begin_ns = clock_ns()
        self.waited_ns = 0

    def moment_ns(self):
        begin_ns = clock_ns()
        library(self.ITEMS)
        return clock_ns() - begin_ns

    def slowness(self):
        """Against the full pace, as far as that is known."""
        took_ns = statistics.median([self.moment_ns(), self.moment_ns(), self.moment_ns()])
        self.best_here_ns = min(self.best_here_ns, took_ns)
        self.best_ns = min(self.best_ns, took_ns)
        return took_ns / self.best_ns

    def share(self):
        """Of the full pace, the most that was seen here."""
        return self.best_ns / self.best_here_ns

    def remark(self):
        """What to say of costs that were never seen at the full pace."""
        share = self.share()
        return '' if share > 1 / self.FULL_WITHIN else f'at {share:.2f} of the full pace, which an earlier calibration saw'

    def wait(self):
        """Until it is full, or patience is at its end; what it is then."""
        while True:
            begin_ns = clock_ns()
            slowness = self.slowness()
            patient = self.waited_ns <= self.WAITING_SHARE * (begin_ns - self.begin_ns)
            if slowness <= self.FULL_WITHIN or not patient:
                return slowness
            self.waited_ns += clock_ns() - begin_ns


PACE = Pace()


def warm_up():
    """A core that has idled is slow at first, which wake.idle_* stand for; what follows is not to pay again."""
    spin(2000)
    PACE.wait()


# ---- Bytecode and single calls -----------------------------------------------------------------------

SPINS = {'spin.python': [], 'spin.c': [], 'spin.native': [], 'spin.library': []}


def sample_spins():
    """Called between all other measurements, so that the pieces are spread over the whole calibration."""
    for samples, (_, loop, iterations) in zip(SPINS.values(), harness.SPIN_PIECES + (LIBRARY_PIECE,)):
        samples.extend(harness.mean_rate_ns(loop, iterations, 0) for _ in range(3))


def at_full_pace(samples):
    """The fastest fifth: each loop has a pace of its own, so that none tells another's."""
    return sorted(samples)[:max(1, len(samples) // 5)]


def measure_spins():
    """What other measurements need of them; they are reported in the end."""
    for _ in range(5):
        sample_spins()
    for name, samples in SPINS.items():
        MEDIANS[name] = statistics.median(at_full_pace(samples))


def measure_step():
    body = ((spin, 0),) * 1000

    def one():
        begin_ns = clock_ns()
        harness_control.run_repeat((lambda: 5, body))
        return (clock_ns() - begin_ns) / 5000

    def empty_body():
        begin_ns = clock_ns()
        harness_control.run_repeat((lambda: 5000, ()))
        return (clock_ns() - begin_ns) / 5000
    measured('interpreter.step', in_batches(one))
    measured('interpreter.body', in_batches(empty_body))


def measure_uncontended():
    giving_up, holding, argument, same_argument = giving_up_once()

    def loop(function, argument):
        begin_ns = clock_ns()
        for _ in repeat(None, 2000):
            function(argument)
        return (clock_ns() - begin_ns) / 2000
    measured('gil.uncontended',
             in_batches(lambda: loop(giving_up, argument) - loop(holding, same_argument), 2 * BATCHES))


def measure_lock():
    lock = threading.Lock()

    def one():
        begin_ns = clock_ns()
        for _ in repeat(None, 5000):
            with lock:
                pass
        middle_ns = clock_ns()
        for _ in repeat(None, 5000):
            pass
        return (2 * middle_ns - begin_ns - clock_ns()) / 5000
    measured('lock.uncontended', in_batches(one))
    known('lock.fair_after', 1e6, 'TIME_TO_BE_FAIR_NS of Python/lock.c; used since 3.14')


def measure_sleep():
    """What time.sleep() adds to the kernel's sleeping, which the machine's costs stand for."""
    library = c_library('PyDLL')

    def cpu_of(function, argument):
        begin_ns = thread_cpu_ns()
        function(argument)
        return thread_cpu_ns() - begin_ns

    def one():
        samples_ns = [[], [], [], []]
        calls = [(time.sleep, 1e-6), (abs, 7)]
        if library:
            calls += [(library.usleep, 1), (library.abs, 7)]
        for _ in repeat(None, 40):
            for samples, (function, argument) in zip(samples_ns, calls):
                samples.append(cpu_of(function, argument))
        cost_ns = statistics.median(samples_ns[0]) - statistics.median(samples_ns[1]) - MEDIANS['gil.uncontended']
        if not library:
            return cost_ns - MACHINE['sched.switch']
        return cost_ns - (statistics.median(samples_ns[2]) - statistics.median(samples_ns[3]))
    measured('interpreter.sleep', in_batches(one, 2 * BATCHES))


def measure_pickle():
    """A large buffer, whose bytes are copied; and as many bytes in small objects, as the harness sends them."""
    buffer = harness_processes.payload_of(1 << 20)
    items = harness_processes.payload_of(1 << 20, SMALL_OBJECTS)
    for name, function, large, small in (('pickle.dumps', pickle.dumps, buffer, items),
                                         ('pickle.loads', pickle.loads, pickle.dumps(buffer), pickle.dumps(items))):
        def took_ns(argument):
            begin_ns = clock_ns()
            function(argument)
            return clock_ns() - begin_ns
        measured(name, in_batches(lambda: took_ns(large) / len(buffer), exponent=MEMORY))
        measured(name + '_object', in_batches(
            lambda: (took_ns(small) - MEDIANS[name] * len(buffer)) / SMALL_OBJECTS))


def measure_heap():
    """What each collection of a build without a GIL goes past, of the modules that a run has: they are frozen, as there. Before
    all else, which would add to them; in a build with a GIL young objects are found without."""
    if not FREE_THREADED:
        return known('gc.heap', 0, 'a build with a GIL')

    def one():
        begin_ns = clock_ns()
        gc.collect()
        return clock_ns() - begin_ns
    gc.collect()
    gc.freeze()
    measured('gc.heap', in_batches(lambda: statistics.median(one() for _ in range(3))))
    gc.unfreeze()


# ---- The GIL between two threads ---------------------------------------------------------------------

def with_helper(use):
    """Runs use(gate, done, woken_ns) beside a thread on the same core that, each time the gate opens, notes when it
    has the GIL and says done."""
    gate, done = threading.Lock(), threading.Lock()
    gate.acquire()
    done.acquire()
    woken_ns = []
    running = [True]

    def helper():
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))  # does not preempt its waker
        while True:
            gate.acquire()
            woken_ns.append(clock_ns())
            done.release()
            if not running[0]:
                return
    thread = threading.Thread(target=helper)
    interval_s = sys.getswitchinterval()
    # No drop requests: every hand-over below is a voluntary one. Not for ever, because a wake-up may get lost in
    # pthread_cond_signal() (glibc bug 25847), and then the interval is what ends the wait.
    sys.setswitchinterval(0.05)
    thread.start()
    try:
        return use(gate, done, woken_ns)
    finally:
        running[0] = False
        gate.release()
        thread.join()
        sys.setswitchinterval(interval_s)
        unpin()


def measure_hand_over():
    """Holder and waiter on one core, so that no idle core's slow awakening is in the figures.

    The holder sleeps for a moment with the GIL, which lets the helper get as far as waiting for it, then
    spins, because a core that has idled is slow at first. Signal: a release beside the waiter, against one
    without, less the wake-up. The waiter hardly ever gets the core within the few nanoseconds for which
    the GIL is free, and the median ignores it when it does. Taking: from the stamp before the
    holder blocks to the waiter's stamp, less all in between that has a name of its own."""
    library = c_library('PyDLL')
    if FREE_THREADED:
        known('gil.signal', 0, 'a build without a GIL')
        return known('gil.take_after_wake', 0, 'a build without a GIL')
    if not library:
        assumed('gil.signal', 0, 'needs ctypes')
        return assumed('gil.take_after_wake', 0, 'needs ctypes')
    giving_up, _, argument, _ = giving_up_once()

    def prepared(gate):
        gate.release()
        library.usleep(50)
        warm_up()

    def one_release_ns():
        begin_ns = clock_ns()
        giving_up(argument)
        return clock_ns() - begin_ns

    def use(gate, done, woken_ns):
        alone_ns, beside_ns, gaps_ns = [], [], []
        for _ in range(20 * BATCHES):
            warm_up()
            alone_ns.append(one_release_ns())
            prepared(gate)
            beside_ns.append(one_release_ns())
            done.acquire()
            prepared(gate)
            begin_ns = clock_ns()
            done.acquire()
            gaps_ns.append(woken_ns[-1] - begin_ns)
        return alone_ns, beside_ns, gaps_ns
    pin(HERE)
    alone_ns, beside_ns, gaps_ns = with_helper(use)
    rest_ns = statistics.median(alone_ns) + MACHINE['wake.call']
    measured('gil.signal', medians_of_groups([value - rest_ns for value in beside_ns]))
    rest_ns = (MEDIANS['lock.uncontended'] / 2 + MEDIANS['gil.uncontended'] / 2 + MEDIANS['gil.signal'] +
               MACHINE['wake.call'] + MACHINE['sched.switch'])
    measured('gil.take_after_wake', medians_of_groups([value - rest_ns for value in gaps_ns]))


# ---- Threads -----------------------------------------------------------------------------------------

def wake_call_ns():
    """What waking another thread costs when it sleeps on an idle core, if there is one."""
    return MACHINE['wake.call'] if THERE is None else MACHINE['wake.call_idle']


def measure_thread_start():
    """As the harness does it, all made and then all started; on one core, because an idle core's slow first
    steps are part of wake.idle_*.

    Bare threads, started without waiting for them, show what creation costs the caller there. A child's
    CPU clock is 0 when it is first scheduled. More threads than the C library keeps stacks for: most touch a new one."""
    threads_at_once = 10
    starts_ns, bootstraps_ns = [], []

    def body(gate, stamps_ns):
        stamps_ns.append(thread_cpu_ns())
        gate.acquire()

    def start_bare(arguments):
        begin_ns = thread_cpu_ns()
        for argument in arguments:
            start_bare_thread(body, argument)
        return thread_cpu_ns() - begin_ns, ()

    def start_threads(arguments):
        begin_ns = thread_cpu_ns()
        threads = [threading.Thread(target=body, args=argument) for argument in arguments]
        for thread in threads:
            thread.start()
        return thread_cpu_ns() - begin_ns, threads

    def costs(start):
        """Of one start on the caller, and of one entry on the child."""
        stamps_ns = []
        gates = [closed_gate() for _ in range(threads_at_once)]
        time.sleep(1e-3)
        warm_up()
        start_ns, threads = start([(gate, stamps_ns) for gate in gates])
        while len(stamps_ns) < threads_at_once:
            time.sleep(1e-3)
        for gate in gates:
            gate.release()
        for thread in threads:
            thread.join()
        return start_ns / threads_at_once, statistics.median(stamps_ns)
    pin(HERE)
    for _ in range(2 * BATCHES):
        bare_start_ns, _ = costs(start_bare)
        start_ns, entry_ns = costs(start_threads)
        # The caller waits once, for the child's sign of life, without the GIL; the child gives it. At the first of the
        # caller's yields, where it makes any.
        starts_ns.append(start_ns - bare_start_ns - MEDIANS['gil.uncontended'] - MACHINE['sched.switch'] -
                         YIELDS * MACHINE['sched.yield'])
        bootstraps_ns.append(entry_ns - MACHINE['thread.entry'] - MACHINE['thread.stack_touch'] -
                             MEDIANS['gil.uncontended'] / 2 - (0 if YIELDS else MACHINE['wake.call']))
    unpin()
    measured('pythread.start', starts_ns)
    measured('pythread.bootstrap', bootstraps_ns)


def measure_thread_finish():
    """The process's CPU time less the caller's less the children's up to the ends of their run()."""
    rest_ns = MACHINE['thread.exit'] + MACHINE['wake.call'] + MEDIANS['gil.uncontended'] / 2
    pin(HERE)

    def one():
        ends_ns = []

        def body():
            ends_ns.append(thread_cpu_ns())
        time.sleep(1e-3)  # until earlier threads have left the kernel
        process_ns, caller_ns = process_cpu_ns(), thread_cpu_ns()
        for _ in range(30):
            thread = threading.Thread(target=body)
            thread.start()
            thread.join()
        time.sleep(1e-3)
        children_ns = (process_cpu_ns() - process_ns) - (thread_cpu_ns() - caller_ns)
        return (children_ns - sum(ends_ns)) / 30 - rest_ns
    measured('pythread.finish', in_batches(one))
    unpin()


def measure_thread_join():
    """Again and again of few, whose stacks are kept: unmapping others is thread.stack_free."""
    def few_ns():
        threads = [threading.Thread(target=int) for _ in range(STACKS_KEPT)]
        for thread in threads:
            thread.start()
        time.sleep(2e-3)
        warm_up()
        begin_ns = thread_cpu_ns()
        for thread in threads:
            thread.join()
        return (thread_cpu_ns() - begin_ns) / STACKS_KEPT
    measured('pythread.join', in_batches(lambda: statistics.median(few_ns() for _ in range(6))))


# ---- Many threads ------------------------------------------------------------------------------------

RINGS = (16, 64, 128, 256, 512, 1024, 2048)


def ring_hop_ns(size):
    """Threads on one core that hand on a token in turns: what a hop takes. In the first round stacks are still touched for
    the first time, and in the last the threads end."""
    rounds = 3 + 2000 // size
    locks = [closed_gate() for _ in range(size)]
    complete = True
    stamps_ns = []

    def member(own, following):
        for _ in range(rounds):
            own.acquire()
            if not complete:
                return
            if own is locks[0]:
                stamps_ns.append(process_cpu_ns())
            following.release()
    threads = []
    try:
        for own, following in zip(locks, locks[1:] + locks[:1]):
            thread = threading.Thread(target=member, args=(own, following))
            thread.start()
            threads.append(thread)
    except (RuntimeError, MemoryError):  # no more are to be had
        complete = False
    for lock, _ in zip(locks, [1] if complete else threads):
        lock.release()
    for thread in threads:
        thread.join()
    return (stamps_ns[-1] - stamps_ns[1]) / (rounds - 2) / size if complete else None


def measure_crowd():
    """What each thread has for itself leaves the caches when many take turns."""
    pin(HERE)
    sizes, hops_ns = [], []
    for size in RINGS:
        slowness = PACE.wait()
        hop_ns = ring_hop_ns(size)
        if hop_ns is None:
            break
        sizes.append(size)
        hops_ns.append(hop_ns * 2 / (slowness + PACE.slowness()))
    unpin()
    alone_ns = min(hops_ns[:3])
    crowd_ns = max(0, max(hops_ns) - alone_ns)
    half_ns = alone_ns + crowd_ns / 2
    above = next(index for index, hop_ns in enumerate(hops_ns) if hop_ns >= half_ns)
    below = max(0, above - 1)
    part = (half_ns - hops_ns[below]) / max(1, hops_ns[above] - hops_ns[below])
    measured('cold.crowd', [crowd_ns], f'{sizes[-1]} threads')
    measured('cold.crowd_threads', [sizes[below] * (sizes[above] / sizes[below]) ** part])


# ---- ThreadPoolExecutor ------------------------------------------------------------------------------

def measure_executor():
    """One worker is held up while the tasks are submitted, so that nobody is woken; then the caller
    sleeps until the last task, so that worker and caller never want the GIL together."""
    use_empty_tasks(TASKS)
    gate, done = threading.Lock(), threading.Lock()
    gate.acquire()
    done.acquire()
    stamps_ns = []

    def stamp():
        stamps_ns.append(thread_cpu_ns())

    def stamp_and_say():
        stamp()
        done.release()

    def releasing():
        """As harness_processes.releasing() does."""
        for number in range(TASKS):
            harness.RECORDS[harness.RECORD_WORDS * (number + 1)] = clock_ns()
            yield number
    with ThreadPoolExecutor(max_workers=1) as executor:
        def one():
            executor.submit(gate.acquire)
            time.sleep(3e-4)
            executor.submit(stamp)
            begin_ns = thread_cpu_ns()
            results = executor.map(run_task, releasing())
            submit_ns = thread_cpu_ns() - begin_ns
            executor.submit(stamp_and_say)
            gate.release()
            done.acquire()
            begin_ns = thread_cpu_ns()
            list(results)
            result_ns = thread_cpu_ns() - begin_ns
            return submit_ns / TASKS, (stamps_ns[-1] - stamps_ns[-2]) / (TASKS + 1), result_ns / TASKS
        gc.disable()  # collections have names of their own
        submits_ns, tasks_ns, results_ns = zip(*in_batches(one, 2 * BATCHES))
        gc.enable()
    measured('tpe.submit', submits_ns)
    measured('tpe.task', tasks_ns)
    measured('tpe.result', results_ns)

    def create():
        begin_ns = thread_cpu_ns()
        for _ in range(20):
            with ThreadPoolExecutor(max_workers=1):
                pass
        return (thread_cpu_ns() - begin_ns) / 20
    measured('tpe.create', in_batches(create))


# ---- Processes ---------------------------------------------------------------------------------------

def note_cpu(slot):
    SHARED[slot] = process_cpu_ns()


def note_cpu_twice(slot):
    """Lives until others have been started: start() looks after children that have ended."""
    SHARED[slot] = process_cpu_ns()
    time.sleep(3e-2)
    SHARED[slot + 1] = process_cpu_ns()


def note_cpu_and_sleep(slot):
    SHARED[slot] = process_cpu_ns()
    time.sleep(10)


def children_cpu_ns():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (usage.ru_utime + usage.ru_stime) * 1e9


def exits_ns(context, slots):
    """Of children that are killed in their sleep: all that is left of them is the kernel's."""
    for slot in slots:
        SHARED[slot] = 0
    earlier_ns = children_cpu_ns()
    children = [context.Process(target=note_cpu_and_sleep, args=(slot,)) for slot in slots]
    for child in children:
        child.start()
    while not all(SHARED[slot] for slot in slots):
        time.sleep(1e-3)
    time.sleep(1e-3)
    for child in children:
        child.kill()
    for child in children:
        child.join()
    return (children_cpu_ns() - earlier_ns - sum(SHARED[slot] for slot in slots)) / len(slots)


AT_ONCE = 4  # processes that are started one after the other, as programs do


def measure_process():
    """A child's CPU clock starts at 0 in fork(), its whole CPU time is known when it was waited for. Several at a time:
    while earlier children live, every page that is written to has to be copied first. What a pause costs on top, because
    what fork() goes through is then in no cache, has names of its own (cold.*)."""
    context = multiprocessing.get_context('fork')
    slots = range(64, 64 + 2 * AT_ONCE, 2)
    gc.collect()
    gc.freeze()

    def one():
        earlier_ns = children_cpu_ns()
        begin_ns = thread_cpu_ns()
        children = [context.Process(target=note_cpu_twice, args=(slot,)) for slot in slots]
        for child in children:
            child.start()
        start_ns = thread_cpu_ns() - begin_ns
        for child in children:
            try:
                os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
            except ChildProcessError:  # the start of a later one has waited for it already
                pass
        warm_up()
        begin_ns = thread_cpu_ns()
        for child in children:
            child.join()
        join_ns = thread_cpu_ns() - begin_ns
        bootstrap_ns = sum(SHARED[slot] for slot in slots)
        finish_ns = children_cpu_ns() - earlier_ns - sum(SHARED[slot + 1] for slot in slots)
        return start_ns / AT_ONCE, bootstrap_ns / AT_ONCE, finish_ns / AT_ONCE, join_ns / AT_ONCE, exits_ns(context, slots)
    starts_ns, bootstraps_ns, finishes_ns, joins_ns, kills_ns = zip(*in_batches(one))

    fork_ns = MACHINE['fork.base'] + MACHINE['fork.per_byte'] * interpreter_bytes()
    wait_ns = MACHINE['process.wait'] + MEDIANS['gil.uncontended']

    def less(events, rest_ns):
        return [value - rest_ns for value in events]
    measured('pyprocess.start', less(starts_ns, fork_ns), 'page faults after fork() included')
    measured('pyprocess.bootstrap', less(bootstraps_ns, MACHINE['fork.entry']))
    measured('pyprocess.exit', less(kills_ns, MACHINE['process.exit']))
    measured('pyprocess.finish', less(finishes_ns, MACHINE['process.exit'] + MEDIANS['pyprocess.exit']))
    measured('pyprocess.join', less(joins_ns, wait_ns))


# ---- multiprocessing.Pool ----------------------------------------------------------------------------

def measure_pool_life():
    """Pool(1) on its caller, less the CPU time inside the starts of its process and its threads."""
    context = multiprocessing.get_context('fork')
    creates_ns, entries_ns, terminates_ns = [], [], []
    inside_ns = [0]
    # terminate() joins the three threads and the process, and wakes them by two notices and a sentinel.
    rest_ns = (3 * MEDIANS['pythread.join'] + MEDIANS['pyprocess.join'] + MACHINE['process.wait'] +
               3 * (MACHINE['pipe.write'] + wake_call_ns()) + MACHINE['syscall.base'])

    def timed(start):
        def timed_start(self):
            begin_ns = thread_cpu_ns()
            start(self)
            inside_ns[0] += thread_cpu_ns() - begin_ns
        return timed_start
    process_class, thread_class = multiprocessing.process.BaseProcess, threading.Thread
    process_start, thread_start = process_class.start, thread_class.start
    process_class.start, thread_class.start = timed(process_start), timed(thread_start)
    worker = multiprocessing.pool.worker

    def noted_worker(*arguments):
        note_cpu(5)
        worker(*arguments)
    multiprocessing.pool.worker = noted_worker
    try:
        for _ in range(2 * BATCHES):
            SHARED[2] = inside_ns[0] = 0
            warm_up()
            begin_ns = thread_cpu_ns()
            pool = context.Pool(1, note_cpu, (2,))
            creates_ns.append(thread_cpu_ns() - begin_ns - inside_ns[0])
            while SHARED[2] == 0:
                time.sleep(1e-3)
            time.sleep(2e-3)
            entries_ns.append(SHARED[2] - SHARED[5])
            warm_up()
            begin_ns = thread_cpu_ns()
            pool.terminate()
            terminates_ns.append(thread_cpu_ns() - begin_ns - rest_ns)
            pool.join()
    finally:
        process_class.start, thread_class.start = process_start, thread_start
        multiprocessing.pool.worker = worker
    measured('pool.create', creates_ns)
    measured('pool.worker_entry', entries_ns)
    measured('pool.terminate', terminates_ns)


def let_parent_go(*_):
    signal.setitimer(signal.ITIMER_REAL, 0)
    os.kill(os.getppid(), signal.SIGCONT)


def pool_hold(gate_reader):
    """Waits for the gate; then stops the parent, so that no handler thread is woken while the worker works.

    On a loaded machine the parent may not have handed over all tasks yet; the timer sees to it that it
    can, half a second later."""
    signal.signal(signal.SIGALRM, let_parent_go)
    os.read(gate_reader, 1)
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    os.kill(os.getppid(), signal.SIGSTOP)


def thread_clock_ns(thread):
    return time.clock_gettime_ns(time.pthread_getcpuclockid(thread.ident))


def pool_map_ns(pool):
    """map() and get() again and again, with a queue of tasks that nobody waits at."""
    tasks, pool._taskqueue = pool._taskqueue, queue.SimpleQueue()
    begin_ns = thread_cpu_ns()
    for _ in repeat(None, TASKS):
        pool.map_async(run_task, range(1000), 1000)
    map_ns = (thread_cpu_ns() - begin_ns) / TASKS
    results = list(pool._cache.values())
    for result in results:
        result._set(0, (True, [None] * 1000))
    begin_ns = thread_cpu_ns()
    for result in results:
        result.get()
    pool._taskqueue = tasks
    return map_ns + (thread_cpu_ns() - begin_ns) / len(results)


def measure_pool_tasks():
    """The worker is held up while all chunks are written to its pipe, then works through them in one
    go beside a stopped parent, which then reads all results in one go: the CPU times of task handler, worker and
    result handler, each without any wake-ups."""
    use_empty_tasks(1000)
    gate_reader, gate_writer = os.pipe()
    with multiprocessing.get_context('fork').Pool(1) as pool:
        task_handler, result_handler = pool._task_handler, pool._result_handler

        def one(count, chunksize, chunks):
            hold = pool.apply_async(pool_hold, (gate_reader,))
            pool.apply_async(note_cpu, (3,))
            time.sleep(2e-3)
            warm_up()
            handler_ns = thread_clock_ns(task_handler)
            result = pool.map_async(run_task, range(count), chunksize)
            time.sleep(5e-3 + chunks * 3e-5)
            dispatch_ns = thread_clock_ns(task_handler) - handler_ns
            pool.apply_async(note_cpu, (4,))
            last = pool.apply_async(let_parent_go)
            time.sleep(2e-3)
            handler_ns = thread_clock_ns(result_handler)
            os.write(gate_writer, b'x')
            last.get()
            time.sleep(2e-3)
            result_ns = thread_clock_ns(result_handler) - handler_ns
            result.get()
            hold.get()
            return dispatch_ns, SHARED[4] - SHARED[3], result_ns

        def both():
            dispatch_ns, work_ns, result_ns = one(TASKS, 1, TASKS)
            task_ns = work_ns / (TASKS + 1)
            _, work_ns, _ = one(1000, 1000, 1)
            return dispatch_ns / TASKS, task_ns, result_ns / (TASKS + 4), (work_ns - 2 * task_ns) / 999
        dispatches_ns, tasks_ns, results_ns, items_ns = zip(*in_batches(both))
        maps_ns = in_batches(lambda: pool_map_ns(pool))
    os.close(gate_reader)
    os.close(gate_writer)
    gil_ns, lock_ns = MEDIANS['gil.uncontended'], MEDIANS['lock.uncontended']
    send_ns = gil_ns + MACHINE['pipe.write']
    receive_ns = 2 * (gil_ns + MACHINE['pipe.read'])
    measured('pool.map', maps_ns)
    measured('pool.dispatch', [value - send_ns for value in dispatches_ns])
    measured('pool.task', [value - send_ns - receive_ns - 2 * lock_ns for value in tasks_ns])
    measured('pool.item', items_ns)
    measured('pool.result', [value - receive_ns for value in results_ns])


def measure_pool_watch():
    """What the worker handler does for a notice, done by this thread, which never waits; what writing and reading the
    notice costs is measured on its own."""
    context = multiprocessing.get_context('fork')
    notices = context.SimpleQueue()
    rest_ns = MEDIANS['gil.uncontended'] + MACHINE['syscall.base']

    def each_ns(do):
        begin_ns = thread_cpu_ns()
        for _ in repeat(None, TASKS):
            do()
        return (thread_cpu_ns() - begin_ns) / TASKS

    def notice():
        notices.put(None)
        notices.empty()
        notices.get()

    def rounds(workers):
        with context.Pool(workers) as pool:
            def one_round():
                notices.put(None)
                pool._maintain_pool(context, context.Process, workers, pool._pool, pool._inqueue, pool._outqueue,
                                    None, (), None, True)
                watched = [*pool._get_worker_sentinels(pool._pool), pool._outqueue._reader, notices._reader]
                pool._wait_for_updates(watched, notices)
            return in_batches(lambda: each_ns(one_round) - each_ns(notice) - rest_ns)
    one_worker_ns, five_workers_ns = rounds(1), rounds(5)
    each_worker_ns = [(five - one) / 4 for one, five in zip(one_worker_ns, five_workers_ns)]
    measured('pool.watch_worker', each_worker_ns)
    measured('pool.watch', [value - MEDIANS['pool.watch_worker'] for value in one_worker_ns])


# ---- Cores -------------------------------------------------------------------------------------------

def measure_all_busy_speed():
    """The bytecode loop's speed while the same loop runs on all other allowed CPUs, against its speed
    alone, in turns."""
    if THERE is None:
        return assumed('cpu.all_busy_speed', 1, 'only one CPU is allowed')
    allowed = os.sched_getaffinity(os.getppid())
    reader, writer = os.pipe()
    children = []
    for cpu in allowed - {HERE}:
        child = os.fork()
        if child == 0:
            pin(cpu)
            while os.read(reader, 1) != b'q':
                SHARED[8 + len(children)] = 1
                while SHARED[7]:
                    spin(2000)
                SHARED[8 + len(children)] = 0
            os._exit(0)
        children.append(child)
    pin(HERE)
    pieces = int(4e6 / MEDIANS['spin.python'])
    slots = range(8, 8 + len(children))

    def one_turn():
        alone_ns = harness.mean_rate_ns(spin, pieces, 0)
        SHARED[7] = 1
        os.write(writer, b'g' * len(children))
        while not all(SHARED[slot] for slot in slots):
            pass
        busy_ns = harness.mean_rate_ns(spin, pieces, 0)
        SHARED[7] = 0
        while any(SHARED[slot] for slot in slots):
            pass
        time.sleep(1e-3)
        return alone_ns, busy_ns
    try:
        measured('cpu.all_busy_speed', [alone_ns / busy_ns for alone_ns, busy_ns in in_batches(one_turn, 2 * BATCHES)],
                 'by the bytecode loop of Python ' + sys.version.split()[0])
    finally:
        SHARED[7] = 0
        os.write(writer, b'q' * len(children))
        for child in children:
            os.waitpid(child, 0)
        os.close(reader)
        os.close(writer)
        unpin()


# ---- All of it ---------------------------------------------------------------------------------------

def alone(resident, proportional):
    """Kilobytes of a file's share in the memory of a process, were this one not there, which maps the same pages: where the mean
    page is shared by n, by n - 1."""
    return min(resident, resident * proportional / (resident - proportional)) if resident > proportional else resident


def memory_of(pid):
    """Its own memory and that of its files, in bytes: the interpreter's in full, whoever else runs it just now; its share of
    those that other programs use, such as the C library."""
    own = files = 0
    with open('/proc/%s/smaps' % pid) as stream:
        for line in stream:
            name, _, value = line.partition(':')
            if '-' in name:
                is_pythons = 'python' in line
            elif name == 'Rss':
                resident = int(value.split()[0])
            elif name == 'Pss':
                proportional = int(value.split()[0])
            elif name == 'Anonymous':
                anonymous = int(value.split()[0])
                own += anonymous
                of_file = resident - anonymous
                files += of_file if is_pythons else alone(of_file, max(proportional - anonymous, 0))
    return 1024 * own, round(1024 * files)


IDLE_RUN = {'count': 0, 'spare': 0, 'run_count': 0, 'tasks': [], 'resources': [], 'model': 'sequential', 'spawn': 'thread',
            'start': 'fork', 'coroutines': False, 'bytes': 0, 'result_bytes': 0, 'background': 0, 'warm': False,
            'switch_interval_s': 0.005}


def measure_memory():
    """The largest that a run with nothing to do ever is. As a run's, its modules are compiled in it, which leaves memory that
    the interpreter keeps."""
    folder = tempfile.mkdtemp(dir=os.path.dirname(harness.__file__))
    for path in glob.glob(os.path.join(os.path.dirname(harness.__file__), 'harness*.py')):
        shutil.copy(path, folder)
    path = os.path.join(folder, 'idle.json')
    with open(path, 'w', encoding='utf-8') as stream:
        json.dump(IDLE_RUN, stream)
    sizes = [(0, 0)]
    with subprocess.Popen([sys.executable, *subprocess._args_from_interpreter_flags(), os.path.join(folder, 'harness.py'), path],
                          stdout=subprocess.DEVNULL) as run:
        while run.poll() is None:
            try:
                sizes.append(memory_of(run.pid))
            except OSError:
                pass  # it has ended just now
            time.sleep(5e-3)
    if run.returncode != 0:
        raise RuntimeError('an idle run failed')
    own, files = max(sizes, key=sum)
    known('memory.interpreter', own, 'Anonymous of /proc/PID/smaps of a run with nothing to do')
    known('memory.code', files, 'the rest of Rss there, by its share where it is not the interpreter\'s')


def interpreter_bytes():
    """What fork() of this process has page tables to copy for: not the pages of files."""
    return memory_of('self')[0]


def measure_interval():
    known('gil.interval', round(sys.getswitchinterval() * 1e9), 'sys.getswitchinterval()')


def measure_threading():
    """The classes of threading and queue."""
    sys.modules['calibrate'] = sys.modules[__name__]  # this very one, though it runs as __main__
    import calibrate_threading
    pin(HERE)
    warm_up()
    calibrate_threading.measure()
    unpin()


def measure_asyncio():
    import calibrate_asyncio
    pin(HERE)
    warm_up()
    calibrate_asyncio.measure_asyncio()
    unpin()


# In this order: later ones subtract what earlier ones have measured.
MEASUREMENTS = (
    ('memory', measure_memory),
    ('garbage collection', measure_heap),
    ('bytecode', measure_spins),
    ('steps', measure_step),
    ('giving up the GIL', measure_uncontended),
    ('locks', measure_lock),
    ('threading and queue', measure_threading),
    ('sleeping', measure_sleep),
    ('pickling', measure_pickle),
    ('switch interval', measure_interval),
    ('handing over the GIL', measure_hand_over),
    ('starting threads', measure_thread_start),
    ('ending threads', measure_thread_finish),
    ('joining threads', measure_thread_join),
    ('thread pools', measure_executor),
    ('processes', measure_process),
    ('process pools: life', measure_pool_life),
    ('process pools: tasks', measure_pool_tasks),
    ('process pools: watching', measure_pool_watch),
    ('asyncio', measure_asyncio),
    ('all cores busy', measure_all_busy_speed),
)


# What thousands of threads leave behind makes whatever comes after it dearer: of a build without a GIL each thread has heaps of
# its own, and to fork such a process took 3.9 ms instead of 0.4.
LAST = (('many threads', measure_crowd),)
ONCE = (measure_memory, measure_interval)  # what the system says, and says again in each pass


def all_measurements():
    """Those of this file, then those of the other files, which use this one's by its name."""
    sys.modules['calibrate'] = sys.modules[__name__]
    import calibrate_processes
    import calibrate_server
    return MEASUREMENTS + calibrate_processes.MEASUREMENTS + calibrate_server.MEASUREMENTS + LAST


def main(path):
    global HERE, THERE
    warnings.simplefilter('ignore')
    with open(path, encoding='utf-8') as stream:
        known_machine = json.load(stream)
    MACHINE.update(known_machine['costs'])
    HERE, THERE = known_machine['here'], known_machine['there']
    unpin()
    if known_machine['spin_library_ns']:
        PACE.best_ns = known_machine['spin_library_ns'] * PACE.ITEMS
    for _ in range(1000):  # a tenth of a second, for a first idea of what the full pace is
        PACE.slowness()
    measurements = all_measurements()
    if not known_machine['first_pass']:
        measurements = [row for row in measurements if row[1] not in ONCE]
    for number, (what, measure) in enumerate(measurements):
        say(progress=number / len(measurements), what=what)
        measure()
        sample_spins()
    for name, samples in SPINS.items():
        share = PACE.share() if name == 'spin.library' else 1
        measured(name, [rate_ns * share for rate_ns in at_full_pace(samples)], PACE.remark())
    os._exit(0)


if __name__ == '__main__':
    main(sys.argv[1])
