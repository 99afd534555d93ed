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
import sys
import threading
import time
import warnings
from concurrent.futures.thread import ThreadPoolExecutor
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
sys.dont_write_bytecode = False  # a process that starts afresh finds these compiled, as a program's own modules are
import harness_bodies
import harness_import
import harness_clients
import harness_control
import harness_processes
import harness_server
import harness_sockets
import harness_threading
import harness_trace
from harness_pace import (SPIN_PIECES, WARM_UP_NS, clock_ns, end_children, host_state, kinds_used_by,
                          mean_rate_ns, measure_pace_alone, measure_pace_before, start_background, stolen_between_s)
from harness_pace import hold, spin  # calibrate.py takes them from here
from harness_control import (OUTCOME_COMPLETED, OUTCOME_REJECTED, SCENARIO_EXCEPTIONS, Activation, Instance, Return,
                             outcome_of, value_of)
sys.dont_write_bytecode = True


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


def join_child(child, timeout_s=None):
    """A process that failed met a defect (end_of_thread())."""
    child.join(timeout_s)
    if getattr(child, 'exitcode', 0):
        os._exit(1)


def run_join(argument):
    """What was submitted is no child; whom a join with a timeout gave up waiting for can be joined again."""
    groups, timeout_s = argument
    for group in groups:
        for child in group:
            if hasattr(child, 'join') and not child.daemon:
                join_child(child, timeout_s)
        group[:] = [child for child in group if not hasattr(child, 'join') or child.daemon or
                    (timeout_s is not None and child.is_alive())]


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


LEAVES = {kind: harness_trace.watched(kind, function)
          for kind, function in (('io', time.sleep), ('block', time.sleep), ('socket_io', harness_sockets.ask))}
TIMED_LEAVES = {}
for number, (kind, loop, piece) in enumerate(SPIN_PIECES):
    LEAVES[kind] = loop = harness_trace.watched(kind, loop)
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
        self.payloads = self.results = None
        self.caught = harness_control.CAUGHT
        self.makers = dict(MAKERS)
        if workload['coroutines']:
            import harness_asyncio
            self.makers['coroutines'] = harness_asyncio.MAKERS
            self.coroutines = harness_asyncio.Coroutines(self)
        self.resources = [harness_trace.watch_messages(number, self.make(resource))
                          for number, resource in enumerate(workload['resources'])]
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
        """Its steps bound to it; those of a task whose instances do not differ are bound once. What its arguments will be is
        not known here, so that one that has some is bound on its own."""
        written = self.workload['tasks'][task]
        if written['bound'] == 'instance' or written['variables'] > 0:
            bind = self.coroutines.bind if in_coroutine else self.bind
            self.activations.append(Activation(instance, written))
            self.bodies.append(bind(written['steps'], self.activations[-1]))
            return
        self.activations.append(None)
        self.bodies.append(self.shared_body(task, in_coroutine))

    def shared_body(self, task, in_coroutine, arguments=()):
        """The steps of all the task's instances that have these arguments."""
        key = (task, in_coroutine, *arguments)
        if key not in self.shared:
            written = self.workload['tasks'][task]
            bind = self.coroutines.bind if in_coroutine else self.bind
            activation = Activation(Instance(first_child=-1), written)
            activation.variables[:len(arguments)] = arguments
            self.shared[key] = bind(written['steps'], activation)
        return self.shared[key]

    def new_numbers(self, count, body):
        """Those of so many further instances that share their steps."""
        with ADDING:
            first = len(self.bodies)
            if first + count > self.workload['count'] + self.workload['spare']:
                raise MemoryError('more than %d tasks are started' % first)
            self.activations.extend(repeat(None, count))
            self.bodies.extend(repeat(body, count))
        return range(first, first + count)

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
    return (run_join, (harness_processes.groups_of(step[1], activation), step[1]['timeout_s']))


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
BINDERS.update(harness_bodies.BINDERS)
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
        join_child(child)


def warm_thread_pool(workload):
    executor = ThreadPoolExecutor(max_workers=workload['workers'])
    barrier = threading.Barrier(workload['workers'] + 1)
    for _ in range(workload['workers']):
        executor.submit(barrier.wait)
    barrier.wait()
    time.sleep(0.01)  # until all of them wait for work
    return executor


def run_executor(workload, executor=None):
    harness_processes.run_model(workload['how'], range(workload['count']), executor)


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
    'thread_pool': (run_executor, warm_thread_pool),
    'pool': (run_executor, warm_pool),
    'process_pool': (run_executor, harness_processes.warm_process_pool),
    'program': (run_program, lambda workload: PROGRAM.bind_main()),
    'arrivals': (harness_clients.run_arrivals, harness_clients.Generator),
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


def change_group(variable):
    """Enters or leaves the cgroup that limits the run's CPU time, where there is one."""
    path = os.environ.get(variable)
    if path:
        with open(path, 'w', encoding='ascii') as stream:
            stream.write('0')


def touch_records():
    """What the first write to a page takes (tens of us in a virtual machine) is not the program's."""
    for word in range(0, len(RECORDS), mmap.PAGESIZE // RECORDS.itemsize):
        RECORDS[word] = RECORDS[word]


def make_functions_immortal():
    """A build without a GIL does that to functions, classes and modules when the first thread starts, but 3.13 passes over those
    that are frozen by then (Python/gc_free_threading.c: immortalize_visitor()). Threads would count references to each of them
    in turns, as those of no program do that freezes nothing: two took 1.6 times as long for the same calls as one."""
    if not getattr(sys, '_is_gil_enabled', lambda: True)():
        thread = threading.Thread(target=int)
        thread.start()
        thread.join()


def execute(workload):
    if workload.get('cpus'):
        os.sched_setaffinity(0, workload['cpus'])
    touch_records()
    mean_rate_ns(*SPIN_PIECES[0][1:], WARM_UP_NS)
    pace_before = measure_pace_before(workload)
    harness_processes.prepare_payloads(PROGRAM)
    server = None
    if 'socket_io' in kinds_used_by(workload):
        server = harness_sockets.Server(workload['generator_cpus'])
    sys.setswitchinterval(workload['switch_interval_s'])
    has_clients = 'arrivals_ns' in workload or 'users' in workload
    model = 'arrivals' if has_clients and workload['model'] != 'server' else workload['model']
    run, prepare = MODELS[model]
    arguments = [workload]
    if prepare and (workload['warm'] or model in ALWAYS_PREPARED):
        change_group('GILSIM_QUOTA')  # so that workers that are forked now are in it
        arguments.append(prepare(workload))
    background = start_background(workload['background'])
    make_functions_immortal()
    gc.collect()
    gc.freeze()
    gc.collect()  # full collections come when the old objects have grown by a quarter: of those that are not frozen
    cpu_before_s, switches_before = usage()
    before = host_state()
    change_group('GILSIM_QUOTA')
    RECORDS[0] = clock_ns()
    run(*arguments)
    RECORDS[1] = clock_ns()
    if WHO:
        harness_trace.finish(RECORDS[0], RECORDS[1], not has_clients and not workload['how']['each'])
    change_group('GILSIM_NO_QUOTA')
    after = host_state()
    cpu_after_s, switches_after = usage()
    end_children(background)
    if PROGRAM.coroutines:
        PROGRAM.coroutines.note_never_begun()
    for child in multiprocessing.active_children():
        child.kill()
        child.join()
    generator_cpu_s = None
    generator = arguments[1].generator if model in ('server', 'arrivals') else None
    if generator:
        _, status, generator_usage = os.wait4(generator, 0)
        if status != 0:
            raise RuntimeError('the load generator failed')
        generator_cpu_s = generator_usage.ru_utime + generator_usage.ru_stime
    server_report = server and server.stop()
    pace_after = measure_pace_alone(workload)
    return {
        'makespan_ns': RECORDS[1] - RECORDS[0],
        'spin_before_ns': pace_before[0][:3],
        'spin_after_ns': pace_after[0][:3],
        'library_ns': (pace_before[0][3] + pace_after[0][3]) / 2,
        'all_busy_speed': [pace_before[1], pace_after[1]],
        'cpu_s': cpu_after_s - cpu_before_s,
        'everybodys_cpu_s': None if before[1] is None or generator or background or server else after[1] - before[1],
        'stolen_s': stolen_between_s(before, after),
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
