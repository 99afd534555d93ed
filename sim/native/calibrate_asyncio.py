"""calibrate_asyncio.py - what asyncio's own doings cost; the part of calibrate.py that knows asyncio.

Each figure is what one more of a thing adds to a loop that does little else, less what of it has a name of
its own already: a turn of the loop, a callback, a step of a task. Nothing waits while it is measured.
"""
import asyncio
import gc
import multiprocessing
import os
import select
import socket
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat

import calibrate
import harness
from calibrate import (AT_ONCE, BATCHES, MACHINE, MEDIANS, SHARED, assumed, in_batches, known, measured, resident_bytes,
                       thread_cpu_ns)

MANY = 500  # callbacks, tasks or rounds in one batch
FAR_TASKS = 10000, 30000  # so many that the caches hold a part of them, and a small part only
BRANCHES = 6  # of a small gather()
FEW_TASKS = 2
LOOP = asyncio.new_event_loop()


def nothing(*_):
    pass


async def nothing_async():
    pass


def cost(**counts):
    """So many of each named cost: callback=2 is two of aio.callback; a turn is one of the loop, select included."""
    turns = counts.pop('turn', 0)
    sum_ns = sum(count * MEDIANS['aio.' + name] for name, count in counts.items())
    if turns:
        sum_ns += turns * (MEDIANS['aio.iteration'] + MEDIANS['aio.select'] + MEDIANS['gil.uncontended'])
    return sum_ns


def report(name, measure, **known_parts):
    """`measure` gives the time of one thing; what is left without its known parts is the parameter."""
    known_ns = cost(**known_parts)
    gc.collect()
    measured(name, [value - known_ns for value in in_batches(measure)])


def timed(coroutine_function, *arguments):
    """The CPU time in ns that the coroutine says that it measured."""
    return LOOP.run_until_complete(coroutine_function(*arguments))


def each_ns(do, rounds=MANY):
    """One call of `do`, without the loop around it."""
    begin_ns = thread_cpu_ns()
    for _ in repeat(None, rounds):
        do()
    middle_ns = thread_cpu_ns()
    for _ in repeat(None, rounds):
        pass
    return (2 * middle_ns - begin_ns - thread_cpu_ns()) / rounds


def each_await_ns(make, rounds=MANY):
    """One `await make()`."""
    async def measure():
        begin_ns = thread_cpu_ns()
        for _ in repeat(None, rounds):
            await make()
        middle_ns = thread_cpu_ns()
        for _ in repeat(None, rounds):
            pass
        return (2 * middle_ns - begin_ns - thread_cpu_ns()) / rounds
    return timed(measure)


# ---- The loop ----------------------------------------------------------------------------------------

def measure_select():
    ours, theirs = socket.socketpair()
    poll = select.epoll()
    poll.register(ours, select.EPOLLIN)

    def look():
        poll.poll(0, 1)
    gil_ns = MEDIANS['gil.uncontended']
    measured('aio.select', in_batches(lambda: each_ns(look) - each_ns(nothing) - gil_ns))
    poll.close()
    ours.close()
    theirs.close()


def measure_callback():
    """Scheduled together, they run in one turn."""
    async def measure(count):
        begin_ns = thread_cpu_ns()
        for _ in repeat(None, count):
            LOOP.call_soon(nothing)
        await asyncio.sleep(0)
        return thread_cpu_ns() - begin_ns
    report('aio.callback', lambda: timed(measure, MANY) / MANY)


def measure_iteration():
    """A callback that schedules itself runs once a turn."""
    def one():
        left = [MANY]
        done = LOOP.create_future()

        def again():
            left[0] -= 1
            if left[0]:
                LOOP.call_soon(again)
            else:
                done.set_result(None)
        begin_ns = thread_cpu_ns()
        LOOP.call_soon(again)
        LOOP.run_until_complete(done)
        return (thread_cpu_ns() - begin_ns) / MANY - cost(select=1, callback=1) - MEDIANS['gil.uncontended']
    measured('aio.iteration', in_batches(one))


# ---- Futures and tasks ---------------------------------------------------------------------------------

def measure_future():
    def one():
        future = LOOP.create_future()
        future.set_result(None)
    report('aio.future', lambda: each_ns(one))


def measure_await():
    report('aio.await', lambda: each_await_ns(nothing_async))


def measure_step():
    """Many tasks await futures that one callback a turn sets."""
    rounds = 10

    async def waits(futures):
        for _ in repeat(None, rounds):
            future = LOOP.create_future()
            futures.append(future)
            await future

    async def measure():
        futures = []
        tasks = [LOOP.create_task(waits(futures)) for _ in repeat(None, MANY // rounds)]
        await asyncio.sleep(0)
        begin_ns = thread_cpu_ns()
        for _ in repeat(None, rounds):
            now, futures[:] = futures[:], ()
            for future in now:
                future.set_result(None)
            await asyncio.sleep(0)
        elapsed_ns = thread_cpu_ns() - begin_ns
        await asyncio.gather(*tasks)
        return elapsed_ns / MANY
    report('aio.step', lambda: timed(measure), future=1, callback=1)


def measure_yield():
    """Many tasks sleep(0), a turn each time."""
    rounds = 10

    async def yields():
        for _ in repeat(None, rounds):
            await asyncio.sleep(0)

    async def measure():
        tasks = [LOOP.create_task(yields()) for _ in repeat(None, MANY // rounds)]
        begin_ns = thread_cpu_ns()
        for _ in repeat(None, rounds - 1):
            await asyncio.sleep(0)
        elapsed_ns = thread_cpu_ns() - begin_ns
        await asyncio.gather(*tasks)
        return elapsed_ns / (MANY // rounds + 1) / (rounds - 1)
    report('aio.yield', lambda: timed(measure), callback=1, step=1)


def measure_task():
    """Created together, they begin and end in the same turn."""
    async def measure(count):
        begin_ns = thread_cpu_ns()
        for _ in repeat(None, count):
            LOOP.create_task(nothing_async())
        await asyncio.sleep(0)
        return thread_cpu_ns() - begin_ns
    report('aio.task', lambda: timed(measure, MANY) / MANY, callback=1, step=1)


def instances(count, body=()):
    """The harness's coroutines of so many instances of a task, as a step starts them."""
    import harness_asyncio
    calibrate.use_empty_tasks(count)
    harness.PROGRAM.bodies[:] = [body] * count
    harness.PROGRAM.next_child = harness.Program.next_child.__get__(harness.PROGRAM)
    harness_asyncio.RECORDS, harness_asyncio.PROGRAM = harness.RECORDS, harness.PROGRAM
    caller = harness.Activation(harness.Instance(), {'variables': 0, 'groups': 1})
    return harness_asyncio.started((caller, {'task': 0, 'index': None}, lambda: count, []))


def measure_instance():
    """What the harness adds to such a task, which does nothing but start and end."""
    async def measure(count):
        started = instances(count)
        begin_ns = thread_cpu_ns()
        for coroutine in started:
            LOOP.create_task(coroutine)
        await asyncio.sleep(0)
        return thread_cpu_ns() - begin_ns
    report('aio.instance', lambda: timed(measure, MANY) / MANY, callback=1, step=1, task=1)


def measure_objects():
    """What garbage collection has to look at."""
    import harness_asyncio

    def objects():
        return len(gc.get_objects())

    async def made_by(body):
        """Objects an instance before it begins, and when it waits."""
        those = instances(MANY, body)
        before = objects()
        tasks = [LOOP.create_task(coroutine) for coroutine in those]
        made = objects()
        await asyncio.sleep(0)
        begun = objects()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return (made - before) / MANY, (begun - before) / MANY

    async def gather(_):
        await asyncio.gather(*[nothing_async() for _ in range(BRANCHES)])

    async def branches():
        before = objects()
        tasks = [LOOP.create_task(nothing_async()) for _ in range(MANY)]
        made = objects()
        await asyncio.gather(*tasks)
        return (made - before) / MANY * BRANCHES
    sleeping = [timed(made_by, ((harness_asyncio.AWAIT, asyncio.sleep, 1000),)) for _ in range(2)]
    measured('aio.instance_objects', [made for made, _ in sleeping])
    measured('aio.wait_objects', [begun - made for made, begun in sleeping])
    rest = MEDIANS['aio.instance_objects'] + MEDIANS['aio.wait_objects'] + timed(branches)
    measured('aio.gather_objects', [timed(made_by, ((harness_asyncio.AWAIT, gather, None),))[1] - rest for _ in range(2)])


def measure_collections():
    """What looking at them takes: the time of a collection of all, over their number, is a line while the caches hold them,
    and a steeper one beyond that. What was there before is frozen, or it would be most of what there is to look at."""
    import harness_asyncio

    def one_by_one(rounds):
        return in_batches(lambda: each_ns(gc.collect, 1), rounds)

    async def collections(count, rounds):
        """Of so many sleeping instances: how many objects they are, and what each collection takes."""
        sleeping = instances(count, ((harness_asyncio.AWAIT, asyncio.sleep, 1000),))
        gc.collect()
        gc.freeze()
        before, nothing_ns = len(gc.get_objects()), statistics.median(one_by_one(BATCHES))
        tasks = [LOOP.create_task(coroutine) for coroutine in sleeping]
        await asyncio.sleep(0)
        objects = len(gc.get_objects()) - before
        took_ns = [collection_ns - nothing_ns for collection_ns in one_by_one(rounds)]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        gc.unfreeze()
        return objects, took_ns
    # Without a GIL the way past what was there before would hide the difference that few make.
    few, few_ns = timed(collections, 8 * MANY if calibrate.FREE_THREADED else MANY, 10)
    measured('gc.per_object', [took_ns / few for took_ns in few_ns])
    (more, more_ns), (most, most_ns) = [timed(collections, count, 2) for count in FAR_TASKS]
    measured('gc.per_far_object', [(later - earlier) / (most - more) for earlier, later in zip(sorted(more_ns), sorted(most_ns))])
    near_ns, far_ns = MEDIANS['gc.per_object'], MEDIANS['gc.per_far_object']
    measured('gc.near_objects', [max(0, far_ns * most - took_ns) / max(1, far_ns - near_ns) for took_ns in most_ns])
    known('gc.threshold', gc.get_threshold()[0], 'gc.get_threshold()')


# Prints the resident bytes that asyncio adds in a fresh interpreter that has all that programs without coroutines import.
IMPORT = """
import sys
sys.path.insert(0, %r)
import harness
def resident_bytes():
    with open('/proc/self/statm') as stream:
        return int(stream.read().split()[1]) * harness.mmap.PAGESIZE
before = resident_bytes()
import harness_asyncio
print(resident_bytes() - before)
""" % os.path.dirname(os.path.abspath(__file__))


def import_bytes():
    return int(subprocess.run([sys.executable, '-I', '-S', '-B', '-c', IMPORT], stdout=subprocess.PIPE, check=True).stdout)


def measure_memory():
    """What more sleeping instances add to the resident memory, and what asyncio takes before there are any."""
    import harness_asyncio

    measured('memory.asyncio', [import_bytes()])

    async def resident(count):
        body = ((harness_asyncio.AWAIT, asyncio.sleep, 1000),)
        tasks = [LOOP.create_task(coroutine) for coroutine in instances(count, body)]
        await asyncio.sleep(0)
        size = resident_bytes()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return size
    sizes = [timed(resident, 4 * number * MANY) for number in (1, 3)]
    measured('memory.coroutine', [(sizes[1] - sizes[0]) / (8 * MANY)])


def measure_gather():
    """The call itself by ready-made tasks; the rest of a child's cost is its callback's."""
    async def call():
        tasks = [LOOP.create_task(nothing_async()) for _ in repeat(None, MANY)]
        begin_ns = thread_cpu_ns()
        gathering = asyncio.gather(*tasks)
        elapsed_ns = thread_cpu_ns() - begin_ns
        await gathering
        return elapsed_ns / MANY

    async def whole(count):
        begin_ns = thread_cpu_ns()
        await asyncio.gather(*[nothing_async() for _ in repeat(None, count)])
        return thread_cpu_ns() - begin_ns
    report('aio.gather', lambda: timed(call))
    report('aio.gather_done', lambda: timed(whole, MANY) / MANY, gather=1, task=1, step=1,
           callback=2)

    async def small():
        await asyncio.gather(*[nothing_async() for _ in range(BRANCHES)])
    report('aio.gather_call', lambda: each_await_ns(small, MANY // BRANCHES), turn=3, callback=2 * BRANCHES + 1,
           step=BRANCHES + 1, task=BRANCHES, gather=BRANCHES, gather_done=BRANCHES)


# ---- Timers ---------------------------------------------------------------------------------------------

def measure_sleep():
    """Of times so short that they are over in the next turn: the timer's turn, and the task's."""
    report('aio.sleep', lambda: each_await_ns(lambda: asyncio.sleep(1e-9)), turn=2, callback=2, step=1)


def measure_timer_compare():
    timers = [LOOP.call_later(1000 + number, nothing) for number in range(MANY)]

    def one():
        begin_ns = thread_cpu_ns()
        min(timers)
        return (thread_cpu_ns() - begin_ns) / MANY
    measured('aio.timer_compare', in_batches(one))
    for timer in timers:
        timer.cancel()
    known('aio.timer_round', 1e6, 'Lib/selectors.py: EpollSelector.select')


def measure_timeout():
    if hasattr(asyncio, 'timeout'):
        async def block():
            async with asyncio.timeout(1000):
                pass
        report('aio.timeout', lambda: each_await_ns(block))
    else:
        known('aio.timeout', 0, 'there is no timeout() before 3.11')

    def bounded():
        return asyncio.wait_for(nothing_async(), 1000)
    if sys.version_info >= (3, 12):
        report('aio.wait_for', lambda: each_await_ns(bounded), timeout=1)
    else:  # a task, its end, its callback, and the waiter's wake-up
        report('aio.wait_for', lambda: each_await_ns(bounded), turn=3, callback=3, step=2, task=1, gather=1,
               gather_done=1, future=1)


def measure_group():
    if not hasattr(asyncio, 'TaskGroup'):
        known('aio.group', 0, 'there is no TaskGroup before 3.11')
        return

    async def block():
        async with asyncio.TaskGroup():
            pass
    report('aio.group', lambda: each_await_ns(block))


# ---- Locks, queues, generators ---------------------------------------------------------------------------

def measure_locks():
    async def make():
        return asyncio.Lock(), asyncio.Semaphore(1), asyncio.Queue()
    lock, semaphore, queue = LOOP.run_until_complete(make())

    async def hold_lock():
        async with lock:
            pass

    async def hold_semaphore():
        async with semaphore:
            pass
    report('aio.lock', lambda: each_await_ns(hold_lock), **{'await': 1})
    report('aio.semaphore', lambda: each_await_ns(hold_semaphore), **{'await': 1})
    if hasattr(asyncio, 'Barrier'):
        async def make_barrier():
            return asyncio.Barrier(1)
        barrier = LOOP.run_until_complete(make_barrier())
        report('aio.barrier', lambda: each_await_ns(barrier.wait), lock=1)
    else:
        known('aio.barrier', 0, 'there is no Barrier before 3.11')
    puts_ns, gets_ns = [], []
    for _ in repeat(None, 25):
        puts_ns.append(each_await_ns(lambda: queue.put(7)))
        gets_ns.append(each_await_ns(queue.get))
    measured('aio.queue_put', puts_ns)
    measured('aio.queue_get', gets_ns)


def measure_generator():
    async def numbers():
        for number in range(MANY):
            yield number

    async def measure():
        begin_ns = thread_cpu_ns()
        async for _ in numbers():
            pass
        middle_ns = thread_cpu_ns()
        for _ in range(MANY):
            pass
        return (2 * middle_ns - begin_ns - thread_cpu_ns()) / MANY
    report('aio.generator', lambda: timed(measure))


# ---- Other threads -----------------------------------------------------------------------------------------

def measure_threadsafe():
    """From the loop's own thread, which writes to the pipe all the same; then what reading it adds to a turn."""
    def call():
        LOOP.call_soon_threadsafe(nothing)
    rest_ns = MEDIANS['gil.uncontended'] + MACHINE['pipe.write']

    def one():
        value = each_ns(call, 50)
        timed(asyncio.sleep, 0)
        return value - rest_ns
    measured('aio.threadsafe', in_batches(one))

    async def with_pipe():
        begin_ns = thread_cpu_ns()
        for _ in repeat(None, MANY):
            LOOP.call_soon_threadsafe(nothing)
            await asyncio.sleep(0)
        return (thread_cpu_ns() - begin_ns) / MANY

    async def without():
        begin_ns = thread_cpu_ns()
        for _ in repeat(None, MANY):
            LOOP.call_soon(nothing)
            await asyncio.sleep(0)
        return (thread_cpu_ns() - begin_ns) / MANY
    # The read's handle; what call_soon_threadsafe() takes on top of call_soon(), part of aio.callback, stays in.
    rest_ns += 2 * (MEDIANS['gil.uncontended'] + MACHINE['pipe.read'])
    report('aio.self_pipe', lambda: timed(with_pipe) - timed(without) - rest_ns, callback=1, threadsafe=1)


def measure_run_in_executor():
    """The loop's thread waits for the worker in between; its CPU time stands still meanwhile, but for two switches."""
    with ThreadPoolExecutor(max_workers=1) as executor:
        rest_ns = (MEDIANS['tpe.submit'] + MACHINE['wake.call'] + 2 * (MEDIANS['gil.uncontended'] +
                   MACHINE['pipe.read']) + MACHINE['sched.switch'])

        def one():
            return each_await_ns(lambda: LOOP.run_in_executor(executor, nothing), 50) - rest_ns
        timed(asyncio.sleep, 0)
        report('aio.executor', one, turn=2, callback=3, step=1, future=1, self_pipe=1)


def measure_run():
    """Each time a loop is made and closed; in between its coroutine's task takes two turns."""
    def one():
        asyncio.run(nothing_async())
    report('aio.run', lambda: each_ns(one, 5), turn=2, callback=2, step=1, task=1)


def note_first_run(slot):
    import harness_asyncio

    async def run_all():
        await asyncio.gather(*[harness_asyncio.run_task(number) for number in range(FEW_TASKS)])

    def run_ns():
        begin_ns = time.process_time_ns()
        asyncio.run(run_all())
        return time.process_time_ns() - begin_ns
    first_ns = run_ns()
    SHARED[slot] = first_ns - statistics.median(run_ns() for _ in range(3))


def measure_first_run():
    """Of the harness's tasks, which sleep, in forked children that share the pages of what they execute; of a parent that has
    run nothing of it, as a program's has not; several at a time, as programs start them."""
    import harness_asyncio
    context = multiprocessing.get_context('fork')
    instances(FEW_TASKS, ((harness_asyncio.AWAIT, asyncio.sleep, 1e-6),))
    slots = range(64, 64 + AT_ONCE)

    def one():
        children = [context.Process(target=note_first_run, args=(slot,)) for slot in slots]
        for child in children:
            child.start()
        for child in children:
            child.join()
        return sum(SHARED[slot] for slot in slots) / AT_ONCE
    calibrate.unpin()
    measured('aio.first_run', in_batches(one))
    calibrate.pin(calibrate.HERE)


def measure_asyncio():
    """Garbage collection has costs of its own, so none comes in between."""
    import calibrate_sockets
    measure_first_run()
    asyncio.set_event_loop(LOOP)
    gc.disable()
    measure_select()
    measure_callback()
    measure_iteration()
    measure_future()
    measure_await()
    measure_step()
    measure_yield()
    measure_task()
    measure_instance()
    measure_memory()  # first: what many objects leave behind would be used again
    measure_objects()
    measure_collections()
    measure_gather()
    measure_sleep()
    measure_timer_compare()
    measure_timeout()
    measure_group()
    measure_locks()
    measure_generator()
    measure_threadsafe()
    measure_run_in_executor()
    calibrate_sockets.measure_sockets()
    LOOP.close()
    measure_run()
    assumed('aio.uvloop', 0.42, 'not measured: 29,700 against 70,900 requests/s of an echo server (gist jsheedy)')
    gc.enable()
