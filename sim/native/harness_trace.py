"""harness_trace.py - what each thread is at, step by step, and who sends what to whom; only when a trace is wanted.

Each thread keeps its notes and appends them to the file that GILSIM_TRACE names when its task ends: four 64-bit words a
note (sim/native/native_trace.c reads them). The last word is what it is of, the numbers below; the third is who, as
process << 32 | thread. The first two are a step's begin and end, or a message's time and number.

What no program is told is inferred. A thread that is kept from running finds that time has passed: between two pieces of a
bytecode loop, beyond the end of a sleep, beyond the CPU time of a call that had given up the GIL. How much of that it
stood in line for a core the kernel counts (schedstat's run_delay), and how often it began to run. What is left of it, if
it did stop running, was the wait for the GIL: none of these steps waits for anything else. While it executes bytecode, or C code
that does not give up the GIL, it holds it. Between steps nobody is said to.
"""
import os
import queue
import sys
import threading
import time
from array import array

clock_ns = time.perf_counter_ns

(PYTHON, C, NATIVE, IO, LOCK_WAIT, QUEUE_WAIT, GIL_WAIT, RUN_QUEUE, GIL_HELD, SENT, RECEIVED, RELEASING) = range(12)
WAITS = {
    'request': IO, 'acquire': LOCK_WAIT, 'with': LOCK_WAIT, 'wait': QUEUE_WAIT, 'put': QUEUE_WAIT, 'get': QUEUE_WAIT,
    'join': QUEUE_WAIT, 'join_queue': QUEUE_WAIT, 'await': QUEUE_WAIT, 'send': QUEUE_WAIT, 'recv': QUEUE_WAIT,
    # These wait for nothing; tasks that are released meanwhile are so by this thread.
    'spawn': RELEASING, 'submit': RELEASING, 'run': RELEASING,
}
HAS_GIL = getattr(sys, '_is_gil_enabled', lambda: True)()
PATH = os.environ.get('GILSIM_TRACE')
FILE = os.open(PATH, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600) if PATH else None
if PATH:
    try:
        # Of the C library, called without giving up the GIL, as os.pread() would: whoever looks must not lose it by that.
        from ctypes import PyDLL, c_size_t, c_void_p, create_string_buffer
        LIBRARY = PyDLL(None)
    except (ImportError, OSError):
        LIBRARY = None
ALL = []  # the words of each thread of this process
MOST_WORDS = 1 << 14  # that a thread keeps
# Iterations of bytecode between two looks at the clock: some 30 us.
PIECE = 1000
# What is shorter is not told from how a machine's pace varies, and how late a timer is.
LEAST_NS = 50_000
TIMER_NS = 60_000


class Notes(threading.local):
    """Of the thread that asks."""

    def __init__(self):
        self.words = array('q')
        self.thread = threading.get_native_id()
        self.who = os.getpid() << 32 | self.thread
        self.sent = 0
        self.schedstat = -1
        if LIBRARY:
            self.schedstat = LIBRARY.open(b'/proc/thread-self/schedstat', os.O_RDONLY | os.O_CLOEXEC)
            self.text = create_string_buffer(96)
        ALL.append(self.words)

    def __del__(self):
        if self.schedstat >= 0:
            os.close(self.schedstat)

    def add(self, kind, first, second):
        self.words.extend((first, second, self.who, kind))
        if len(self.words) >= MOST_WORDS:
            self.write()

    def hold(self, begin_ns, end_ns):
        if HAS_GIL:
            self.add(GIL_HELD, begin_ns, end_ns)

    def write(self):
        write(self.words)

    def new_message(self):
        self.sent += 1
        return self.thread << 32 | self.sent

    def look(self):
        """Nanoseconds in line for a core, and how often it began to run, so far; None where the kernel does not tell."""
        if self.schedstat < 0 or LIBRARY.pread(self.schedstat, self.text, 96, 0) <= 0:
            return None
        words = self.text.value.split()
        return int(words[1]), int(words[2])

    def waits_since(self, before, waited_ns, own_runs):
        """Of a stretch that was longer than it should have been by waited_ns: the part before it got the GIL, and that
        for a core. `own_runs`: how often it would have begun to run anyway."""
        after = self.look()
        if not after or after[1] <= before[1]:
            return 0, 0  # it never stopped running: the core itself was slow, or taken away
        ready_ns = min(after[0] - before[0], waited_ns)
        gil_ns = waited_ns - ready_ns
        is_alone = len(ALL) == 1
        if not HAS_GIL or is_alone or gil_ns < LEAST_NS or after[1] <= before[1] + own_runs:
            gil_ns = 0
        return gil_ns, ready_ns if ready_ns >= LEAST_NS else 0

    def add_with_waits(self, kind, begin_ns, end_ns, gil_ns, ready_ns):
        """A step at whose end its thread has waited."""
        got_ns = end_ns - gil_ns
        woken_ns = got_ns - ready_ns
        self.add(kind, begin_ns, woken_ns)
        if ready_ns:
            self.add(RUN_QUEUE, woken_ns, got_ns)
        if gil_ns:
            self.add(GIL_WAIT, got_ns, end_ns)


def write(words):
    if words and LIBRARY:
        address, count = words.buffer_info()
        LIBRARY.write(FILE, c_void_p(address), c_size_t(count * words.itemsize))
    elif words:
        os.write(FILE, words.tobytes())
    del words[:]


def forget():
    """A forked child's notes are its own."""
    global NOTES
    ALL.clear()
    NOTES = Notes()


def end_of_task():
    NOTES.write()


def finish(begin_ns, end_ns, releases):
    """At the end of a run: what is left, also of threads that have no task or none that ended. `releases`: this thread
    has released the tasks that no step did."""
    if releases:
        NOTES.add(RELEASING, begin_ns, end_ns)
    for words in ALL:
        write(words)


# ---- Steps that compute, and that sleep ------------------------------------------------------------------

def watched_bytecode(loop):
    begin_ns = clock_ns()
    loop(PIECE)
    usual_ns = clock_ns() - begin_ns
    for _ in range(9):
        begin_ns = clock_ns()
        loop(PIECE)
        usual_ns = min(usual_ns, clock_ns() - begin_ns)

    def run(iterations):
        notes = NOTES
        held_ns = begin_ns = last_ns = clock_ns()
        before = notes.look()
        while iterations > 0:
            loop(iterations if iterations < PIECE else PIECE)
            iterations -= PIECE
            now_ns = clock_ns()
            if now_ns - last_ns > 3 * usual_ns and before:
                gil_ns, ready_ns = notes.waits_since(before, now_ns - last_ns - usual_ns, 0)
                before = notes.look()
                if gil_ns or ready_ns:
                    # The piece's own time lies around the wait.
                    stopped_ns, again_ns = last_ns + usual_ns // 2, now_ns - usual_ns // 2
                    notes.add(PYTHON, begin_ns, stopped_ns)
                    begin_ns = again_ns
                    if gil_ns:
                        notes.hold(held_ns, stopped_ns)
                        notes.add(GIL_WAIT, stopped_ns, again_ns - ready_ns)
                        held_ns = again_ns
                    if ready_ns:
                        notes.add(RUN_QUEUE, again_ns - ready_ns, again_ns)
            last_ns = now_ns
        notes.add(PYTHON, begin_ns, last_ns)
        notes.hold(held_ns, last_ns)
    return run


def watched_c(loop):
    """It may be without a core for a while; where in it that is, nobody tells."""
    def run(iterations):
        begin_ns = clock_ns()
        loop(iterations)
        end_ns = clock_ns()
        NOTES.add(C, begin_ns, end_ns)
        NOTES.hold(begin_ns, end_ns)
    return run


def watched_native(loop):
    """Beyond its CPU time it waits, at its end for the GIL."""
    def run(iterations):
        notes = NOTES
        before = notes.look()
        begin_ns, cpu_ns = clock_ns(), time.thread_time_ns()
        loop(iterations)
        cpu_ns, end_ns = time.thread_time_ns() - cpu_ns, clock_ns()
        gil_ns = 0
        if before and end_ns - begin_ns - cpu_ns > LEAST_NS:
            gil_ns, _ = notes.waits_since(before, end_ns - begin_ns - cpu_ns, 0)
        notes.add_with_waits(NATIVE, begin_ns, end_ns, gil_ns, 0)
    return run


def watched_sleep(sleep):
    """It ends later than asked for: the core, then the GIL. Waking up is to begin to run once, the GIL makes it more."""
    def run(seconds):
        notes = NOTES
        before = notes.look()
        begin_ns = clock_ns()
        sleep(seconds)
        end_ns = clock_ns()
        late_ns = end_ns - begin_ns - int(seconds * 1e9) - TIMER_NS
        waits_ns = notes.waits_since(before, late_ns, 1) if before and late_ns > LEAST_NS else (0, 0)
        notes.add_with_waits(IO, begin_ns, end_ns, *waits_ns)
    return run


def watched_request(ask):
    """Whether the answer was late, or its reader, cannot be told from here."""
    def run(seconds):
        begin_ns = clock_ns()
        ask(seconds)
        NOTES.add(IO, begin_ns, clock_ns())
    return run


WATCHED = {'python': watched_bytecode, 'c': watched_c, 'native': watched_native, 'io': watched_sleep, 'block': watched_sleep,
           'socket_io': watched_request}


def watched(kind, function):
    """What executes a step of that kind, or does so and notes what its thread was at."""
    return function if FILE is None else WATCHED[kind](function)


# ---- Steps that wait -------------------------------------------------------------------------------------

def traced(name, step):
    """The step (function, argument) of that name, or one that notes how long it waited."""
    kind = WAITS.get(name)
    if FILE is None or kind is None:
        return step
    if name == 'with':
        function, (lock, *rest) = step
        return (function, (WatchedLock(lock), *rest)) if hasattr(lock, 'acquire') else step
    return (run_traced, (kind, *step))


def run_traced(argument):
    kind, function, step_argument = argument
    begin_ns = clock_ns()
    try:
        function(step_argument)
    finally:
        NOTES.add(kind, begin_ns, clock_ns())


class WatchedLock:
    """A lock as the statement `with` sees it."""

    def __init__(self, lock):
        self.lock = lock
        self.release = lock.release

    def acquire(self, *arguments, **named):
        begin_ns = clock_ns()
        try:
            return self.lock.acquire(*arguments, **named)
        finally:
            NOTES.add(LOCK_WAIT, begin_ns, clock_ns())

    def __enter__(self):
        return self.acquire()

    def __exit__(self, *_):
        self.release()


def watch_loop(loop):
    """An event loop, while it waits until something happens."""
    selector = getattr(loop, '_selector', None)
    if FILE is None or selector is None:
        return
    select = selector.select

    def watched_select(timeout=None):
        begin_ns = clock_ns()
        events = select(timeout)
        if timeout is None or timeout > 0:
            NOTES.add(IO, begin_ns, clock_ns())
        return events
    selector.select = watched_select


# ---- Messages ----------------------------------------------------------------------------------------------
# While they travel they carry a number. Where a queue calls a method of its own for each item, as those of queue and
# asyncio do, it is known when that is in it; of others, when the call began that put it there.

class SimpleQueue(queue.SimpleQueue):
    """Has attributes, as the one in C has not."""


def watch_messages(number, resource):
    """Resource `number` of the program, or one that notes who puts something in and who gets it."""
    if FILE is None:
        return resource
    if isinstance(resource, queue.SimpleQueue):
        resource = SimpleQueue()
    if isinstance(resource, tuple):  # the ends of a pipe
        reader, writer = resource
        number_messages(number, writer, 'send', reader, 'recv')
    elif hasattr(resource, '_put'):
        number_messages(number, resource, '_put', resource, '_get')
    elif hasattr(resource, 'put'):
        number_messages(number, resource, 'put', resource, 'get')
    return resource


def number_messages(number, target, put_name, source, get_name):
    put, get = getattr(target, put_name), getattr(source, get_name)

    def put_numbered(item, *arguments):
        notes, now_ns = NOTES, clock_ns()
        message = notes.new_message()
        put((item, message), *arguments)
        notes.add(SENT | number << 8, now_ns, message)

    def get_numbered(*arguments):
        item, message = get(*arguments)
        NOTES.add(RECEIVED | number << 8, clock_ns(), message)
        return item

    setattr(target, put_name, put_numbered)
    setattr(source, get_name, get_numbered)


NOTES = Notes() if PATH else None
if PATH:
    os.register_at_fork(after_in_child=forget)
