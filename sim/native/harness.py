"""harness.py - executes one compiled workload for real, on the interpreter that runs this file.

Usage: python3 -I -S -B harness.py WORKLOAD.json (or - for standard input); prints one JSON object.

The workload is data: nested steps with whole loop iterations and seconds, made by sim/native/workload_json.c.
Nothing of it is ever executed as code, nothing is drawn here, nothing outside the process is touched.
CPU steps do fixed amounts of work, not of time; the rates of the three loops are measured right
before and right after the run, and by each thread's CPU clock during it, so that a prediction can be made for the
speed that the machine had.

Works on CPython 3.8 and later, free-threaded builds included. Each model below is the program that
the simulator mirrors statement by statement: change neither without the other.
"""
import gc
import json
import mmap
import os
import resource
import signal
import sys
import threading
import time
import warnings
from concurrent.futures.thread import ThreadPoolExecutor
from hashlib import pbkdf2_hmac
from itertools import repeat

# Loaded before the clock starts: multiprocessing imports these only when they are first used.
import multiprocessing
import multiprocessing.connection
import multiprocessing.pool
import multiprocessing.popen_fork
import multiprocessing.queues
import multiprocessing.synchronize
import multiprocessing.util
import random
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness_control
import harness_processes
import harness_server
import harness_sockets
import harness_threading
import harness_trace
import harness_users
from harness_control import (OUTCOME_COMPLETED, OUTCOME_REJECTED, SCENARIO_EXCEPTIONS, Activation, Instance, Return,
                             outcome_of, value_of)

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


# (kind of step, loop, iterations of one piece): half a millisecond to two.
SPIN_PIECES = (('python', spin, 40000), ('c', hold, 3000), ('native', release, 2500))
# So long each loop that a workload uses is watched before a run and after it: the pace of a virtual machine changes
# by the millisecond, and a run meets its mean.
WATCH_NS = 40_000_000
# So long a process spins before anything is measured: a core that was idle, above all a virtual one, is slow at first.
WARM_UP_NS = 200_000_000


def spin_piece_ns(loop, iterations):
    """Nanoseconds an iteration, over one piece."""
    begin_ns = clock_ns()
    loop(iterations)
    return (clock_ns() - begin_ns) / iterations


def mean_rate_ns(loop, iterations, watch_ns):
    """Nanoseconds an iteration over at least `watch_ns`."""
    begin_ns = clock_ns()
    pieces = 0
    while True:
        loop(iterations)
        pieces += 1
        elapsed_ns = clock_ns() - begin_ns
        if elapsed_ns >= watch_ns:
            return elapsed_ns / (pieces * iterations)


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


def spin_rates_ns(workload):
    """The mean rate of each loop: [python, c, native]; a loop that the workload does not use is only glanced at, but
    bytecode is always used."""
    used = kinds_used_by(workload) | {'python'}
    return [mean_rate_ns(loop, iterations, WATCH_NS if kind in used else 0)
            for kind, loop, iterations in SPIN_PIECES]


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


def measure_pace(workload):
    """How fast the machine is now: the rates alone, and what is left of them while all CPUs are busy."""
    return [spin_rates_ns(workload), all_busy_speed(workload.get('cpus') or [])]


# ---- Steps -----------------------------------------------------------------------------------------
# A step is a pair (function, argument), a body is a tuple of steps, and executing one is this loop,
# written out wherever a body is executed because a call would cost as much as the rest of it:
#     for function, argument in body: function(argument)

def run_drawn(argument):
    """Each execution of such a step takes the instance's next drawn duration."""
    function, draws, site = argument
    function(draws.next(site))


def run_spawn(argument):
    activation, group, start, count, index_slot, arguments = argument
    daemon = start['daemon'] or PROGRAM.workload['tasks'][start['task']]['daemon']
    for index in range(count()):
        if index_slot is not None:
            activation.variables[index_slot] = index
        number = PROGRAM.next_child(activation.instance, start['task'])
        child = PROGRAM.start_child(target=run_task, args=(number, [value() for value in arguments]), daemon=daemon)
        RECORDS[RECORD_WORDS * (number + 1)] = clock_ns()
        child.start()
        group.append(child)


def run_join(groups):
    for group in groups:
        waiting = [child for child in group if not child.daemon]
        group[:] = [child for child in group if child.daemon]
        for child in waiting:
            child.join()


def mark_stage(name):
    STAGES.append((name, clock_ns()))


class Here(threading.local):
    """The record of the task that this thread executes; 0: the run's own."""
    record = 0


HERE = Here()


def timed(loop, word, piece):
    """`loop` with its CPU time written down: what the machine's pace is during the run. The CPU clock stands still
    while the thread waits, so waiting for the GIL or for a core is not in it. Reading it twice costs two microseconds: of
    steps below a quarter of a millisecond every fourth is timed, of those below a tenth none."""
    turn = 3

    def run(iterations):
        nonlocal turn
        if iterations < piece // 8:
            turn += 1
            if iterations < piece // 20 or turn & 3:
                return loop(iterations)
        record = HERE.record + word
        before_ns = time.thread_time_ns()
        loop(iterations)
        RECORDS[record] += time.thread_time_ns() - before_ns
        RECORDS[record + 1] += iterations
    return run


LEAVES = {'io': time.sleep, 'block': time.sleep, 'socket_io': harness_sockets.ask}
TIMED_LEAVES = {}
for number, (kind, loop, piece) in enumerate(SPIN_PIECES):
    LEAVES[kind] = loop
    TIMED_LEAVES[kind] = (timed(loop, 4 + 2 * number, piece), piece // 20)
STAGES = []


def leaf(kind, amount=None):
    """The function of a step without a body; `amount` where it is the same each time."""
    if kind not in TIMED_LEAVES:
        return LEAVES[kind]
    function, least = TIMED_LEAVES[kind]
    return LEAVES[kind] if amount is not None and amount < least else function


class Program:
    """The compiled workload, with each instance's steps bound to it before the clock starts."""

    def __init__(self, workload):
        self.workload = workload
        self.context = multiprocessing.get_context(workload['start'])
        by_process = workload['model'] in ('processes', 'pool') or workload['spawn'] == 'process'
        self.start_child = self.context.Process if by_process else threading.Thread
        self.coroutines = None
        self.payloads = None
        self.caught = harness_control.CAUGHT
        self.makers = dict(MAKERS)
        if workload['coroutines']:
            import harness_asyncio
            self.makers['coroutines'] = harness_asyncio.MAKERS
            self.coroutines = harness_asyncio.Coroutines(self)
        self.resources = [self.make(resource) for resource in workload['resources']]
        self.shared = {}
        self.activations = []
        self.bodies = []
        has_items = any(workload.get('items', ()))
        for number in range(workload['count']):
            self.add_instance(workload['instance_tasks'][number],
                              Instance(workload['draws'][number],
                                       has_items and [column and column[number] for column in workload['items']],
                                       workload['first_children'][number]),
                              workload['in_coroutines'][number])

    def make(self, resource):
        """What a resource is in Python; None for one that the variant does not use."""
        maker = (harness_processes.EXECUTOR_MAKERS.get(resource['kind']) or
                 self.makers.get(resource['scope'], {}).get(resource['kind']))
        return maker and maker(resource, self.context)

    def add_instance(self, task, instance, in_coroutine=False):
        """Its steps bound to it; a task whose instances do not differ is bound once."""
        written = self.workload['tasks'][task]
        bind = self.coroutines.bind if in_coroutine else self.bind
        if written['bound']:
            self.activations.append(Activation(instance, written))
            self.bodies.append(bind(written['steps'], self.activations[-1]))
            return
        if (task, in_coroutine) not in self.shared:
            self.shared[task, in_coroutine] = bind(written['steps'], Activation(Instance(), written))
        self.activations.append(None)
        self.bodies.append(self.shared[task, in_coroutine])

    def next_child(self, instance, task, in_coroutine=False):
        """The number of the next that an instance starts: known beforehand, or added now."""
        if instance.next_child < 0:
            with ADDING:
                if len(self.bodies) == self.workload['count'] + self.workload['spare']:
                    raise MemoryError('more than %d tasks are started' % len(self.bodies))
                self.add_instance(task, Instance(first_child=-1), in_coroutine)
                return len(self.bodies) - 1
        instance.next_child += 1
        return instance.next_child - 1

    def executor(self, resource):
        """What tasks are submitted to."""
        return self.resources[resource]

    def bind_main(self):
        main = self.workload['main']
        task = self.workload['tasks'][main['task']]
        activation = Activation(Instance(main['draws'] or (), (), main['first_child']), task)
        bind = self.coroutines.bind if self.workload['spawn'] == 'coroutine' else self.bind
        return activation, bind(task['steps'], activation)

    def bind(self, steps, activation):
        return tuple(harness_trace.traced(step[0], BINDERS[step[0]](self, step, activation)) for step in steps)


# ---- One binder a kind of step -----------------------------------------------------------------------
# A binder makes the pair (function, argument) of [NAME, ...] for one activation; workload_json_steps.c writes it.

def bind_leaf(_, step, activation):
    kind, source, value = step
    if source == 'constant':
        return (leaf(kind, value), value)
    if source == 'item':
        item = activation.instance.items[value]
        return (leaf(kind, item), item)
    return (run_drawn, (leaf(kind), activation.instance.draws, value))


def bind_spawn(_, step, activation):
    fields = step[1]
    start = fields['start']
    return (run_spawn, (activation, activation.groups[fields['group']], start,
                        value_of(start['count'], activation.variables), start['index'],
                        [value_of(argument, activation.variables) for argument in start['args']]))


def bind_join(_, step, activation):
    group = step[1]['group']
    return (run_join, activation.groups if group == 'all' else [activation.groups[group]])


# Of a resource and the context of multiprocessing; by scope and kind.
MAKERS = {
    'threads': harness_threading.MAKERS,
    'processes': harness_processes.MAKERS,
}
BINDERS = {
    'python': bind_leaf,
    'c': bind_leaf,
    'native': bind_leaf,
    'io': bind_leaf,
    'socket_io': bind_leaf,
    'block': bind_leaf,
    'spawn': bind_spawn,
    'join': bind_join,
    'stage': lambda program, step, activation: (mark_stage, step[1]['name']),
}
BINDERS.update(harness_control.BINDERS)
BINDERS.update(harness_threading.BINDERS)
harness_processes.extend(BINDERS)
ADDING = threading.Lock()


# ---- Records ---------------------------------------------------------------------------------------
# Shared memory of 64-bit words, twelve to a record. The first record is the run's own: start of the
# clock, end of the clock, the moment at which map() released all tasks at once, the moment from which
# arrivals count. Then one for each task instance: release, start, end, outcome. A word that is 0 has not
# happened. From the fifth on, in each: the CPU time of python steps and their iterations, the same of c
# and of native ones; retries and lost updates. gilsim makes the memory, so it can read what had ended even when a run was killed.
# Behind the records stands one word for each task instance: who executed it, its process and its
# thread, written only when a trace is wanted (GILSIM_TRACE).

RECORD_WORDS = 12
RECORDS = None
WHO = 0  # where those words start; 0: nobody wants them
PROGRAM = None


def open_records(workload):
    path = os.environ.get('GILSIM_RECORDS')
    instances = workload['count'] + workload['spare']
    size = 8 * (RECORD_WORDS * (instances + 1) + instances)
    if path:
        descriptor = os.open(path, os.O_RDWR)
    else:
        descriptor = os.memfd_create('gilsim-records')
        os.truncate(descriptor, size)
    # Children that are not forked open the same memory by this name.
    os.environ['GILSIM_RECORDS'] = '/proc/%d/fd/%d' % (os.getpid(), descriptor)
    return memoryview(mmap.mmap(descriptor, size)).cast('q')


def run_task(number, arguments=()):
    start_ns = clock_ns()
    HERE.record = record = RECORD_WORDS * (number + 1)
    RECORDS[record + 1] = start_ns
    activation = PROGRAM.activations[number]
    if arguments:
        activation.variables[:len(arguments)] = arguments
    RECORDS[record + 3] = execute_steps(PROGRAM.bodies[number])
    RECORDS[record + 2] = clock_ns()
    if WHO:
        note_who(number)
    if activation:
        write_counts(record, activation.instance)


def note_who(number):
    """Of a task that has ended, for the trace."""
    RECORDS[WHO + number] = os.getpid() << 32 | threading.get_native_id()
    harness_trace.end_of_task()


def execute_steps(body):
    """Returns the outcome."""
    try:
        for function, argument in body:
            function(argument)
    except Return:
        pass
    except SCENARIO_EXCEPTIONS as exception:
        return outcome_of(exception)
    return OUTCOME_COMPLETED


def reject(number):
    """Turns a task away that has not begun."""
    record = RECORD_WORDS * (number + 1)
    RECORDS[record + 3] = OUTCOME_REJECTED
    RECORDS[record + 2] = clock_ns()


def write_counts(record, instance):
    RECORDS[record + 10] = instance.retries
    RECORDS[record + 11] = instance.lost_updates
    instance.memory = None


# ---- Models: what the simulator mirrors (models/simulate/drivers.c) --------------------------------

def run_sequential(workload):
    for index in range(workload['count']):
        run_task(index)


def run_one_each(workload):
    """`threads` and `processes`: one for each task, all started, then all joined."""
    start_child = PROGRAM.start_child
    children = [start_child(target=run_task, args=(index,)) for index in range(workload['count'])]
    for index, child in enumerate(children):
        RECORDS[RECORD_WORDS * (index + 1)] = clock_ns()
        child.start()
    for child in children:
        child.join()


def released_one_by_one(count):
    """The argument of map(): Executor.map() submits each task as soon as it has its index."""
    for index in range(count):
        RECORDS[RECORD_WORDS * (index + 1)] = clock_ns()
        yield index


def run_thread_pool(workload, executor=None):
    with executor or ThreadPoolExecutor(max_workers=workload['workers']) as executor:
        list(executor.map(run_task, released_one_by_one(workload['count'])))


def warm_thread_pool(workload):
    executor = ThreadPoolExecutor(max_workers=workload['workers'])
    barrier = threading.Barrier(workload['workers'] + 1)
    for _ in range(workload['workers']):
        executor.submit(barrier.wait)
    barrier.wait()
    time.sleep(0.01)  # until all of them wait for work
    return executor


def run_pool(workload, pool=None):
    harness_processes.run_model(workload['how'], range(workload['count']), pool)


def run_processes(workload):
    if workload['how']['each']:
        harness_processes.run_model(workload['how'], range(workload['count']))
    else:
        run_one_each(workload)


def warm_pool(workload):
    pool = PROGRAM.context.Pool(workload['workers'])
    pool.map(abs, range(4 * workload['workers']), 1)
    time.sleep(0.05)  # until all of them wait for work, those too that have got none so far
    return pool


def generate_arrivals(workload, start_reader, writer):
    """The load generator, a process of its own: one byte for each arrival, at its time after the start."""
    os.sched_setaffinity(0, workload['generator_cpus'])
    os.read(start_reader, 1)
    begin_ns = RECORDS[3]
    for index, offset_ns in enumerate(workload['arrivals_ns']):
        wait_ns = begin_ns + offset_ns - clock_ns()
        if wait_ns > 0:
            time.sleep(wait_ns / 1e9)
        RECORDS[RECORD_WORDS * (index + 1)] = clock_ns()
        os.write(writer, b'x')


# How often the records of requests are looked at for their ends: users think longer than that.
LOOK_S = 0.0005


def generate_users(workload, start_reader, writer):
    """The same for users, who wait for each request's end: it is in its record, so that nobody has to tell them."""
    os.sched_setaffinity(0, workload['generator_cpus'])
    os.read(start_reader, 1)
    users = harness_users.Users(workload, RECORDS[3])
    waiting = {}
    while users.ask_on() or (waiting and users.made < users.limit):
        for number in [number for number in waiting if RECORDS[RECORD_WORDS * (number + 1) + 2]]:
            users.ended(waiting.pop(number), RECORDS[RECORD_WORDS * (number + 1) + 2])
        while users.ask_on() and users.wait_ns(clock_ns()) <= 0:
            number, user = users.ask()
            waiting[number] = user
            RECORDS[RECORD_WORDS * (number + 1)] = clock_ns()
            os.write(writer, b'x')
        wait_s = users.wait_ns(clock_ns()) / 1e9 if users.ask_on() else LOOK_S
        time.sleep(max(0, min(wait_s, LOOK_S) if waiting else wait_s))


def start_generator(workload):
    """Started before the clock; returns its process number and the ends of pipes that the program keeps."""
    start_reader, start_writer = os.pipe()
    reader, writer = os.pipe()
    generator = os.fork()
    if generator == 0:
        os.close(start_writer)
        os.close(reader)
        generate = generate_users if 'users' in workload else generate_arrivals
        generate(workload, start_reader, writer)
        os._exit(0)
    os.close(start_reader)
    os.close(writer)
    return generator, start_writer, reader


def run_arrivals(workload, generator):
    if workload['model'] == 'asyncio':
        PROGRAM.coroutines.serve_arrivals(workload, generator)
        return
    _, start_writer, reader = generator
    with ThreadPoolExecutor(max_workers=workload['workers']) as executor:
        RECORDS[3] = clock_ns()
        os.write(start_writer, b's')
        index = 0
        limit, waiting = workload['queue_limit'], executor._work_queue.qsize
        while os.read(reader, 1):
            if limit and waiting() >= limit:
                reject(index)
            else:
                executor.submit(run_task, index)
            index += 1


def run_program(workload, main):
    activation, body = main
    if workload['spawn'] == 'coroutine':
        PROGRAM.coroutines.run_main(body)
    else:
        execute_steps(body)
    write_counts(0, activation.instance)


def run_asyncio(workload):
    PROGRAM.coroutines.run(workload['how'], range(workload['run_count']))


MODELS = {
    'sequential': (run_sequential, None),
    'threads': (run_one_each, None),
    'processes': (run_processes, None),
    'thread_pool': (run_thread_pool, warm_thread_pool),
    'pool': (run_pool, warm_pool),
    'process_pool': (harness_processes.run_process_pool, harness_processes.warm_process_pool),
    'program': (run_program, lambda workload: PROGRAM.bind_main()),
    'arrivals': (run_arrivals, start_generator),
    'asyncio': (run_asyncio, None),
    'server': (harness_server.run_server, harness_server.Server),
}
ALWAYS_PREPARED = ('program', 'arrivals', 'server')  # the others only if they shall be warm


# ---- One run ---------------------------------------------------------------------------------------

def usage():
    """CPU seconds and context switches of this process and of its children that were waited for."""
    parts = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return (sum(part.ru_utime + part.ru_stime for part in parts),
            sum(part.ru_nvcsw + part.ru_nivcsw for part in parts))


# CPU time of everybody on this machine (of this container, where it shows no more): a file, and its unit in seconds.
EVERYBODY = (('/sys/fs/cgroup/cpuacct/cpuacct.usage', 1e-9), ('/sys/fs/cgroup/cpu.stat', 1e-6))


def everybodys_cpu_s():
    """None where the kernel does not tell, or not by less than a tick."""
    for path, unit_s in EVERYBODY:
        try:
            with open(path, encoding='ascii') as stream:
                return int(stream.read().split('\n')[0].split()[-1]) * unit_s
        except (OSError, ValueError, IndexError):
            continue
    return None


def measure_pace_alone(workload):
    """The same while daemon threads may still be spinning: a forked child has none of them, and stops
    its parent for as long as it measures."""
    if threading.active_count() == 1:
        return measure_pace(workload)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        parent = os.getppid()
        os.kill(parent, signal.SIGSTOP)
        try:
            os.write(writer, json.dumps(measure_pace(workload)).encode())
        finally:
            os.kill(parent, signal.SIGCONT)
            os._exit(0)
    os.close(writer)
    with open(reader, 'rb') as stream:
        pace = json.loads(stream.read())
    os.waitpid(child, 0)
    return pace


def change_group(variable):
    """Enters or leaves the cgroup that limits the run's CPU time, where there is one."""
    path = os.environ.get(variable)
    if path:
        with open(path, 'w', encoding='ascii') as stream:
            stream.write('0')


def execute(workload):
    if workload.get('cpus'):
        os.sched_setaffinity(0, workload['cpus'])
    mean_rate_ns(*SPIN_PIECES[0][1:], WARM_UP_NS)
    pace_before = measure_pace(workload)
    PROGRAM.payloads = harness_processes.payloads_of(workload)
    server = None
    if 'socket_io' in kinds_used_by(workload):
        server = harness_sockets.Server(workload['generator_cpus'])
    sys.setswitchinterval(workload['switch_interval_s'])
    is_asked = 'arrivals_ns' in workload or 'users' in workload
    model = 'arrivals' if is_asked and workload['model'] != 'server' else workload['model']
    run, prepare = MODELS[model]
    arguments = [workload]
    if prepare and (workload['warm'] or model in ALWAYS_PREPARED):
        change_group('GILSIM_QUOTA')  # so that workers that are forked now are in it
        arguments.append(prepare(workload))
    background = start_background(workload['background'])
    gc.collect()
    gc.freeze()
    cpu_before_s, switches_before = usage()
    everybody_before_s = everybodys_cpu_s()
    change_group('GILSIM_QUOTA')
    RECORDS[0] = clock_ns()
    run(*arguments)
    RECORDS[1] = clock_ns()
    change_group('GILSIM_NO_QUOTA')
    everybody_after_s = everybodys_cpu_s()
    cpu_after_s, switches_after = usage()
    end_children(background)
    if PROGRAM.coroutines:
        PROGRAM.coroutines.note_never_begun()
    for child in multiprocessing.active_children():
        child.kill()
        child.join()
    generator_cpu_s = None
    generator = arguments[1].generator if model == 'server' else arguments[1][0] if model == 'arrivals' else None
    if generator:
        _, status, generator_usage = os.wait4(generator, 0)
        if status != 0:
            raise RuntimeError('the load generator failed')
        generator_cpu_s = generator_usage.ru_utime + generator_usage.ru_stime
    server_report = server and server.stop()
    pace_after = measure_pace_alone(workload)
    return {
        'makespan_ns': RECORDS[1] - RECORDS[0],
        'spin_before_ns': pace_before[0],
        'spin_after_ns': pace_after[0],
        'all_busy_speed': [pace_before[1], pace_after[1]],
        'cpu_s': cpu_after_s - cpu_before_s,
        'everybodys_cpu_s': (None if everybody_before_s is None or generator or background or server
                             else everybody_after_s - everybody_before_s),
        'generator_cpu_s': generator_cpu_s,
        'server': server_report,
        'context_switches': switches_after - switches_before,
        'gil': getattr(sys, '_is_gil_enabled', lambda: True)(),
        'stages': [[name, time_ns - RECORDS[0]] for name, time_ns in STAGES],
    }


def load(path):
    """Makes the workload ready in this process; also in a child that was not forked."""
    global PROGRAM, RECORDS, WHO
    if path == '-':
        workload = json.load(sys.stdin)
    else:
        with open(path, encoding='utf-8') as stream:
            workload = json.load(stream)
    RECORDS = open_records(workload)
    if os.environ.get('GILSIM_TRACE'):
        WHO = RECORD_WORDS * (workload['count'] + workload['spare'] + 1)
        harness_trace.begin()
    PROGRAM = Program(workload)
    return workload


def end_of_thread(failure):
    """A step that raises is a defect, not a result: say so and end the run."""
    sys.__excepthook__(failure.exc_type, failure.exc_value, failure.exc_traceback)
    sys.stderr.flush()
    os._exit(1)


def main(path):
    warnings.simplefilter('ignore')  # fork() beside threads is what some workloads are about
    threading.excepthook = end_of_thread
    own_records = 'GILSIM_RECORDS' not in os.environ
    os.environ['GILSIM_WORKLOAD'] = os.path.abspath(path)
    workload = load(path)
    answer = execute(workload)
    if own_records:
        words = RECORDS.tolist()
        end = RECORD_WORDS * (workload['count'] + 1)
        answer['records'] = [words[at:at + 3] for at in range(RECORD_WORDS, end, RECORD_WORDS)]
    json.dump(answer, sys.stdout)
    print(flush=True)
    os._exit(0)  # daemon threads may still be running


sys.modules['harness'] = sys.modules[__name__]  # as harness_asyncio.py imports it, whatever it runs as
if __name__ == '__main__':
    main(sys.argv[1])
elif __name__ == '__mp_main__':
    load(os.environ['GILSIM_WORKLOAD'])
