"""calibrate_processes.py - what concurrent.futures' and multiprocessing's own doings cost; a part of calibrate.py.

A helper thread's work (manager, feeder) is measured by calling its methods from this thread, with nobody to be
woken; another process's by its CPU clock, read from here. What has a name of its own is subtracted.
"""
import concurrent.futures.process as process_module
import json
import multiprocessing
import multiprocessing.forkserver
import multiprocessing.managers
import multiprocessing.pool
import multiprocessing.util
import os
import pickle
import queue
import resource
import statistics
import subprocess
import sys
import threading
import time
from concurrent.futures import Future, ProcessPoolExecutor, as_completed, wait
from itertools import repeat

import calibrate
import harness
import harness_control
import harness_processes
from calibrate import (BATCHES, MACHINE, MEDIANS, MEMORY, SHARED, TASKS, assumed, in_batches, interpreter_bytes, known,
                       measured, memory_of, resident_bytes, thread_cpu_ns, use_empty_tasks,
                       wake_call_ns, warm_up)
from harness import clock_ns, run_task
from harness_control import value_of

EMPTY_WORKLOAD = {'count': 0, 'spare': 0, 'tasks': [], 'resources': [], 'model': 'processes', 'spawn': 'thread',
                  'start': 'spawn', 'coroutines': False}

FEW = 2  # of what takes a tenth of a second each
TOGETHER_LIFE_S = 0.4  # of several children from their first statement: long enough to see that the last one does nothing any more


def send_ns():
    return MEDIANS['gil.uncontended'] + MACHINE['pipe.write']


def receive_ns():
    return 2 * (MEDIANS['gil.uncontended'] + MACHINE['pipe.read'])


def each_ns(do, rounds=TASKS):
    """One call of `do`, without the loop around it."""
    begin_ns = thread_cpu_ns()
    for _ in repeat(None, rounds):
        do()
    middle_ns = thread_cpu_ns()
    for _ in repeat(None, rounds):
        pass
    return (2 * middle_ns - begin_ns - thread_cpu_ns()) / rounds


def less(values, rest_ns):
    return [value - rest_ns for value in values]


def cpu_clock_of(pid):
    """The CPU clock of another process (linux: MAKE_PROCESS_CPUCLOCK)."""
    return (~pid << 3) | 2


def cpu_ns_of(pid):
    return time.clock_gettime_ns(cpu_clock_of(pid))


def settled_cpu_ns(pid, longest_s=2):
    """Its CPU time once it does nothing any more."""
    end_s = time.monotonic() + longest_s
    before_ns = -1
    while time.monotonic() < end_s:
        now_ns = cpu_ns_of(pid)
        if now_ns == before_ns and now_ns > 0:
            break
        before_ns = now_ns
        time.sleep(0.02)
    return before_ns


def start_of_thread_ns():
    """On both its sides."""
    return (MEDIANS['pythread.start'] + MACHINE['thread.create'] + MACHINE['thread.entry'] + MEDIANS['pythread.bootstrap'])


def children_cpu_ns():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (usage.ru_utime + usage.ru_stime) * 1e9


# ---- Caches that go cold ---------------------------------------------------------------------------------

def executors_work(items, connections):
    """Library code as executors and pools run it between two waits: futures, queues, pickling, a pipe."""
    reader, writer = connections
    future = Future()
    items.put(future)
    writer.send_bytes(pickle.dumps((run_task, (1,), {})))
    pickle.loads(reader.recv_bytes())
    items.get().set_result(None)
    future.result()


def locks_work(context):
    """As much again that has little in common with it: threads' and processes' locks, other queues."""
    condition, event, barrier = threading.Condition(), threading.Event(), threading.Barrier(1)
    locks = threading.RLock(), threading.Semaphore(), context.Lock(), context.Semaphore()
    queues = queue.PriorityQueue(), queue.LifoQueue(), queue.SimpleQueue()
    value = context.Value('i', 0)

    def work():
        with condition:
            condition.notify_all()
        event.set()
        event.wait()
        event.clear()
        barrier.wait()
        for lock in locks:
            with lock:
                pass
        for each in queues:
            each.put(1)
            each.get()
        with value.get_lock():
            value.value += 1
    return work


def futures_work():
    """The same once more: what becomes of futures."""
    done, failed, cancelled = Future(), Future(), Future()
    done.add_done_callback(id)
    done.set_running_or_notify_cancel()
    done.set_result(1)
    wait([done])
    list(as_completed([done]))
    cancelled.cancel()
    cancelled.set_running_or_notify_cancel()
    failed.set_exception(ValueError('x'))
    try:
        failed.result()
    except ValueError as error:
        pickle.loads(pickle.dumps(error))


def measure_cold_caches():
    """The same work at once again, after the core has idled, after a loop of bytecode that has nothing in common with it, and
    in turns with another process that does it, too; less work and more after the core has idled."""
    context = multiprocessing.get_context('fork')
    everything = queue.Queue(), context.Pipe(duplex=False)
    mine, others = context.Pipe()
    use_locks = locks_work(context)

    def work():
        executors_work(*everything)

    def less_work():
        everything[0].put(None)
        everything[0].get()

    def more_work():
        work()
        use_locks()
        futures_work()

    def cpu_ns(work=work):
        begin_ns = thread_cpu_ns()
        work()
        return thread_cpu_ns() - begin_ns

    def hot_ns(work=work):
        return statistics.median(cpu_ns(work) for _ in range(20))

    def lost_ns(wait, seconds, work=work):
        hot = hot_ns(work)
        wait(seconds)
        return cpu_ns(work) - hot

    def be_busy(seconds):
        end_ns = clock_ns() + seconds * 1e9
        while clock_ns() < end_ns:
            harness.spin(200)

    def take_turns():
        while others.recv_bytes() != b'end':
            work()
            others.send_bytes(b'x')

    def lost_by_switching_ns():
        hot = hot_ns()
        turns_ns = []
        for _ in range(10):
            mine.send_bytes(b'x')
            mine.recv_bytes()
            turns_ns.append(cpu_ns())
        return statistics.median(turns_ns) - hot
    calibrate.pin(calibrate.HERE)
    works_ns, shorts_ns, longs_ns, busies_ns = [], [], [], []
    others_ns = {'cold.small': (less_work, [], []), 'cold.large': (more_work, [], [])}
    for _ in range(BATCHES):
        warm_up()
        works_ns.append(hot_ns())
        shorts_ns.append(statistics.median(lost_ns(time.sleep, 2e-5) for _ in range(5)))
        busies_ns.append(statistics.median(lost_ns(be_busy, 2e-4) for _ in range(5)))
        longs_ns.append(lost_ns(time.sleep, 3e-2))
        for other_work, hots_ns, losses_ns in others_ns.values():
            hots_ns.append(hot_ns(other_work))
            losses_ns.append(lost_ns(time.sleep, 3e-2, other_work))
    other = context.Process(target=take_turns)
    other.start()
    switches_ns = in_batches(lost_by_switching_ns)
    mine.send_bytes(b'end')
    other.join()
    calibrate.unpin()
    measured('cold.work', works_ns)
    measured('cold.short', shorts_ns, 'after 0.1 ms')
    measured('cold.long', longs_ns, 'after 30 ms')
    measured('cold.busy', busies_ns, 'after 0.2 ms')
    measured('cold.switch', switches_ns)
    for name, (_, hots_ns, losses_ns) in others_ns.items():
        measured(name + '_work', hots_ns)
        measured(name, losses_ns, 'after 30 ms')


# ---- Futures -----------------------------------------------------------------------------------------

def measure_future_watch():
    def one():
        futures = [Future() for _ in range(TASKS)]
        begin_ns = thread_cpu_ns()
        wait(futures, timeout=0)
        return (thread_cpu_ns() - begin_ns) / TASKS
    measured('future.watch', in_batches(one))


# ---- First times in a forked child -------------------------------------------------------------------

def note_first_tasks(count):
    for number in range(count):
        begin_ns = time.process_time_ns()
        run_task(number)
        SHARED[number] = time.process_time_ns() - begin_ns


def measure_first_task():
    """After fork() every page is shared, and who writes to it first copies it: reference counts are enough."""
    def one():
        child = multiprocessing.get_context('fork').Process(target=note_first_tasks, args=(4,))
        child.start()
        child.join()
        return SHARED[0] - SHARED[3]
    use_empty_tasks(4, ((harness.spin, 10),))
    measured('pyprocess.first_task', in_batches(one))


def measure_first_calls():
    """A worker's CPU clock, read from here, after its start, its first call and some more."""
    context = multiprocessing.get_context('fork')

    def cpu_after(do, pid):
        do()
        time.sleep(5e-3)
        return cpu_ns_of(pid)

    def one_of_pool():
        with context.Pool(1) as pool:
            pid = pool._pool[0].pid
            time.sleep(1e-2)
            begin_ns = cpu_ns_of(pid)
            clocks_ns = [cpu_after(lambda: pool.map(abs, [7], 1), pid) for _ in range(4)]
            return (clocks_ns[0] - begin_ns) - (clocks_ns[3] - clocks_ns[2])

    def one_of_executor():
        with ProcessPoolExecutor(1, mp_context=context) as executor:
            executor.submit(abs, 7).result()
            pid = next(iter(executor._processes))
            clocks_ns = [cpu_after(lambda: executor.submit(abs, 7).result(), pid) for _ in range(4)]
            first_ns = clocks_ns[0] - (clocks_ns[2] - clocks_ns[1])
            return first_ns - (clocks_ns[3] - clocks_ns[2]) - MEDIANS['pyprocess.bootstrap'] - MACHINE['fork.entry']

    def one_of_parent():
        """Of all its threads: the caller, the manager and the feeder. A later call's pause is as long."""
        inside_ns = [0]

        def timed_start(process):
            begin_ns = time.process_time_ns()
            start(process)
            inside_ns[0] += time.process_time_ns() - begin_ns

        def call_ns():
            inside_ns[0], begin_ns = 0, time.process_time_ns()
            executor.submit(abs, 7).result()
            time.sleep(5e-3)
            return time.process_time_ns() - begin_ns - inside_ns[0]
        process_class = multiprocessing.process.BaseProcess
        start, process_class.start = process_class.start, timed_start
        try:
            with ProcessPoolExecutor(FEW, mp_context=context) as executor:
                first_ns = call_ns()
                return first_ns - statistics.median(call_ns() for _ in range(3)) - 2 * start_of_thread_ns()
        finally:
            process_class.start = start
    measured('pool.first_task', in_batches(one_of_pool))
    measured('ppe.first_call', in_batches(one_of_executor))
    measured('ppe.first_round', in_batches(one_of_parent))


# ---- Locks, queues and connections that processes share ----------------------------------------------

def measure_mp_lock():
    lock = multiprocessing.get_context('fork').Lock()

    def one():
        def use():
            with lock:
                pass
        return each_ns(use, 2000) - each_ns(lambda: None, 2000)
    measured('mplock.uncontended', in_batches(one))


def measure_shared_value():
    """The steps read and write of the harness on a ctypes object in shared memory, without what every step costs."""
    shared = harness_processes.SharedValue(multiprocessing.get_context('fork').Value('q', 0, lock=False))
    variables = [0]
    zero, plus_one = value_of(0, variables), value_of(['+', ['var', 0], 1], variables)
    body = ((harness_processes.run_shared_read, (shared, zero, variables, 0)),
            (harness_processes.run_shared_write, (shared, zero, plus_one)))

    def one():
        begin_ns = clock_ns()
        harness_control.run_repeat((lambda: 2500, body))
        return (clock_ns() - begin_ns) / 5000 - MEDIANS['interpreter.step']
    measured('mpvalue.access', in_batches(one))


def measure_mp_queue():
    """The feeder is held up at the write lock while TASKS items are put, so that nobody waits for them; then it
    sends all in one go, and they are read in one go."""
    context = multiprocessing.get_context('fork')
    lock_ns = MEDIANS['mplock.uncontended']

    def one():
        queue = context.Queue()
        queue.put(0)
        queue.get()
        time.sleep(1e-3)
        queue._wlock.acquire()
        queue.put(0)
        time.sleep(2e-3)
        warm_up()
        put_ns = each_ns(lambda: queue.put(7))
        clock = time.pthread_getcpuclockid(queue._thread.ident)
        begin_ns = time.clock_gettime_ns(clock)
        queue._wlock.release()
        time.sleep(2e-2)
        feed_ns = (time.clock_gettime_ns(clock) - begin_ns) / (TASKS + 1)
        warm_up()
        queue.get()
        get_ns = each_ns(queue.get)
        begin_ns = thread_cpu_ns()
        queue.close()
        middle_ns = thread_cpu_ns()
        time.sleep(2e-3)
        warm_up()
        again_ns = thread_cpu_ns()
        queue.join_thread()
        return put_ns, feed_ns, get_ns, thread_cpu_ns() - again_ns + middle_ns - begin_ns
    puts_ns, feeds_ns, gets_ns, closes_ns = zip(*in_batches(one))
    measured('mpqueue.put', less(puts_ns, lock_ns / 2))
    measured('mpqueue.feeder', less(feeds_ns, send_ns() + lock_ns))
    measured('mpqueue.get', less(gets_ns, receive_ns() + 1.5 * lock_ns))
    measured('mpqueue.close', less(closes_ns, wake_call_ns() + MEDIANS['pythread.join']))


def measure_mp_joinable_queue():
    """With items that nobody has put: as many as the semaphore says."""
    queue = multiprocessing.get_context('fork').JoinableQueue()
    dones_ns = []
    for _ in range(BATCHES):
        for _ in range(TASKS + 1):
            queue._unfinished_tasks.release()
        dones_ns.append(each_ns(queue.task_done, TASKS))
    measured('mpqueue.task_done', less(dones_ns, 1.5 * MEDIANS['mplock.uncontended']))


def measure_mp_simple_queue():
    queue = multiprocessing.get_context('fork').SimpleQueue()
    puts_ns, gets_ns = zip(*in_batches(lambda: (each_ns(lambda: queue.put(7)), each_ns(queue.get))))
    lock_ns = MEDIANS['mplock.uncontended']
    measured('mpsimplequeue.put', less(puts_ns, send_ns() + lock_ns))
    measured('mpsimplequeue.get', less(gets_ns, receive_ns() + lock_ns))


def measure_connection():
    reader, writer = multiprocessing.Pipe(duplex=False)
    text = b'x' * 64
    polls_ns, sends_ns, receives_ns = zip(*in_batches(lambda: (
        each_ns(reader.poll), each_ns(lambda: writer.send_bytes(text)), each_ns(reader.recv_bytes))))
    measured('connection.poll', less(polls_ns, MEDIANS['gil.uncontended'] + MACHINE['syscall.base']))
    measured('connection.send', less(sends_ns, send_ns()))
    measured('connection.receive', less(receives_ns, receive_ns()))


# ---- ProcessPoolExecutor -----------------------------------------------------------------------------

class FakeProcess:
    """A worker as far as wait() looks at it: a sentinel that never gets ready."""

    def __init__(self):
        self.sentinel, self.writer = os.pipe()

    def close(self):
        os.close(self.sentinel)
        os.close(self.writer)


PPE_NAMES = ('ppe.create', 'ppe.submit', 'ppe.dispatch', 'ppe.feeder', 'ppe.manager', 'ppe.manager_worker', 'ppe.result',
             'ppe.worker', 'ppe.shutdown')  # as measure_process_pool() returns them


def idle_executor():
    """An executor whose submit() starts neither workers nor a manager; and the manager, not started."""
    executor = ProcessPoolExecutor(TASKS, mp_context=multiprocessing.get_context('fork'))
    executor._start_executor_manager_thread = executor._adjust_process_count = lambda: None
    return executor, process_module._ExecutorManagerThread(executor)


def measure_process_pool():
    if not hasattr(process_module, '_ExecutorManagerThread'):
        for name, guess_ns in zip(PPE_NAMES, (400e3, 15e3, 8e3, 4e3, 15e3, 2e3, 8e3, 8e3, 50e3)):
            assumed(name, guess_ns, 'before 3.9 the manager is one function that cannot be taken apart')
        return
    use_empty_tasks(TASKS)
    lock_ns, gil_ns = MEDIANS['mplock.uncontended'], MEDIANS['gil.uncontended']
    put_ns = MEDIANS['mpqueue.put'] + lock_ns / 2
    get_ns = MEDIANS['mpqueue.get'] + receive_ns() + 1.5 * lock_ns
    result_put_ns = MEDIANS['mpsimplequeue.put'] + send_ns() + lock_ns
    result_get_ns = MEDIANS['mpsimplequeue.get'] + receive_ns() + lock_ns
    poll_ns = MEDIANS['connection.poll'] + gil_ns + MACHINE['syscall.base']
    wake_ns = MEDIANS['connection.send'] + send_ns()
    sentinel_feed_ns = MEDIANS['mpqueue.feeder'] + send_ns() + lock_ns

    def one():
        begin_ns = thread_cpu_ns()
        executor, manager = idle_executor()
        create_ns = thread_cpu_ns() - begin_ns
        calls = executor._call_queue
        number = iter(range(TASKS))
        submit_ns = each_ns(lambda: executor.submit(run_task, next(number))) - wake_ns
        executor._executor_manager_thread_wakeup.clear()
        calls._wlock.acquire()
        calls.put(None)
        time.sleep(1e-3)  # the feeder waits at the write lock
        warm_up()
        begin_ns = thread_cpu_ns()
        manager.add_call_item_to_queue()
        dispatch_ns = (thread_cpu_ns() - begin_ns) / TASKS - put_ns
        clock = time.pthread_getcpuclockid(calls._thread.ident)
        begin_ns = time.clock_gettime_ns(clock)
        calls._wlock.release()
        time.sleep(2e-2)
        feed_ns = (time.clock_gettime_ns(clock) - begin_ns - sentinel_feed_ns) / TASKS - sentinel_feed_ns
        calls.get()
        calls.put(None)
        time.sleep(1e-3)
        warm_up()
        begin_ns = thread_cpu_ns()
        process_module._process_worker(calls, executor._result_queue, None, ())
        worker_ns = (thread_cpu_ns() - begin_ns - get_ns - result_put_ns) / TASKS - get_ns - result_put_ns
        items = []

        def round_ns(count):
            fakes = {number: FakeProcess() for number in range(count)}
            manager.processes = fakes

            def one_round():
                items.append(manager.wait_result_broken_or_wakeup()[0])
            round_ns = each_ns(one_round, TASKS // 2)
            for fake in fakes.values():
                fake.close()
            return round_ns
        one_ns, five_ns = round_ns(1), round_ns(5)
        more_ns = (five_ns - one_ns) / 4
        wait_ns = one_ns - more_ns - result_get_ns - poll_ns - gil_ns - MACHINE['syscall.base']
        results = iter(items)

        def one_result():
            manager.process_result_item(next(results))
            executor._idle_worker_semaphore.release()
            manager.is_shutting_down()
        result_ns = each_ns(one_result)
        begin_ns = thread_cpu_ns()
        executor.shutdown()
        shutdown_ns = thread_cpu_ns() - begin_ns - wake_ns
        calls.close()
        return create_ns, submit_ns, dispatch_ns, feed_ns, wait_ns, more_ns, result_ns, worker_ns, shutdown_ns
    for name, batches in zip(PPE_NAMES, zip(*in_batches(one))):
        measured(name, batches)


def measure_pool_next():
    with multiprocessing.get_context('fork').Pool(1) as pool:
        def one():
            results = pool.imap(abs, range(TASKS))
            time.sleep(2e-2)
            warm_up()
            return each_ns(results.__next__)
        measured('pool.next', in_batches(one))


# ---- Starting processes by spawn and by a fork server ------------------------------------------------

def main_module_is_harness():
    """A process that starts afresh imports the main module again: that shall be the harness's, as in a run."""
    main = sys.modules['__main__']
    main.__file__ = harness.__file__
    workload = os.path.join(os.path.dirname(harness.__file__), 'nothing.json')
    with open(workload, 'w', encoding='utf-8') as stream:
        json.dump(EMPTY_WORKLOAD, stream)
    os.environ['GILSIM_WORKLOAD'] = workload


def measure_spawn():
    """Children that sleep in their target have come as far as a target: their CPU clocks say what that took. By how much
    their ends add, the sum over them when they were waited for. Several at a time, as programs start them: an interpreter
    that starts goes through far more memory than a core's caches hold, and loses them to those it shares the core with."""
    main_module_is_harness()
    context = multiprocessing.get_context('spawn')
    helper_ns = []
    inside_ns, calls, sizes = [0, 0], [], []
    spawn_process = multiprocessing.util.spawnv_passfds

    def timed_spawn(*arguments):
        cpu_ns, begin_ns = thread_cpu_ns(), clock_ns()
        pid = spawn_process(*arguments)
        calls.append(clock_ns() - begin_ns)
        inside_ns[0] += thread_cpu_ns() - cpu_ns
        return pid
    multiprocessing.util.spawnv_passfds = timed_spawn
    try:
        tracker = multiprocessing.resource_tracker
        begin_ns = thread_cpu_ns()
        tracker.ensure_running()
        helper_ns.append(thread_cpu_ns() - begin_ns - inside_ns[0])
        tracker_ns = settled_cpu_ns(tracker._resource_tracker._pid)
        known('memory.tracker', memory_of(tracker._resource_tracker._pid)[0], 'Anonymous of its /proc/PID/smaps')
        calls.clear()

        def one():
            children = [context.Process(target=time.sleep, args=(TOGETHER_LIFE_S,)) for _ in range(calibrate.AT_ONCE)]
            inside_ns[0] = 0
            warm_up()
            begin_ns = thread_cpu_ns()
            for child in children:
                child.start()
            start_ns = thread_cpu_ns() - begin_ns - inside_ns[0]
            time.sleep(0.3)
            children_ns = sum(settled_cpu_ns(child.pid) for child in children)
            sizes.extend(memory_of(child.pid)[0] for child in children)
            earlier_ns = children_cpu_ns()
            for child in children:
                child.join()
                assert child.exitcode == 0
            finish_ns = children_cpu_ns() - earlier_ns - children_ns
            return start_ns / calibrate.AT_ONCE, children_ns / calibrate.AT_ONCE, finish_ns / calibrate.AT_ONCE
        starts_ns, children_ns, finishes_ns = zip(*in_batches(one, FEW))
    finally:
        multiprocessing.util.spawnv_passfds = spawn_process
    execs_ns = calls[::calibrate.AT_ONCE]  # the first ones: nobody else wants a core yet
    exec_ns = statistics.median(execs_ns)
    measured('spawn.exec', execs_ns)
    measured('spawn.start', starts_ns)
    measured('spawn.child', less(children_ns, exec_ns))
    measured('spawn.finish', less(finishes_ns, MACHINE['process.exit']))
    measured('memory.spawned', sizes)
    measured('spawn.helper', helper_ns)
    measured('spawn.tracker', [tracker_ns - exec_ns])


def measure_forkserver():
    """The server is another process, whose CPU clock shows what it does for a request and for a child's end. Several children
    at a time, as with spawn."""
    main_module_is_harness()
    context = multiprocessing.get_context('forkserver')
    server = multiprocessing.forkserver._forkserver
    multiprocessing.forkserver.ensure_running()
    server_ns = settled_cpu_ns(server._forkserver_pid)
    measured('forkserver.first', [server_ns - MEDIANS['spawn.exec']])
    fork_ns = MACHINE['fork.base'] + MACHINE['fork.per_byte'] * memory_of(server._forkserver_pid)[0]

    def one():
        children = [context.Process(target=time.sleep, args=(TOGETHER_LIFE_S,)) for _ in range(calibrate.AT_ONCE)]
        before_ns = cpu_ns_of(server._forkserver_pid)
        warm_up()
        begin_ns = thread_cpu_ns()
        for child in children:
            child.start()
        start_ns = thread_cpu_ns() - begin_ns
        time.sleep(0.3)
        children_ns = sum(settled_cpu_ns(child.pid) for child in children)
        for child in children:
            child.join()
            assert child.exitcode == 0
        time.sleep(0.01)
        serve_ns = cpu_ns_of(server._forkserver_pid) - before_ns
        return start_ns / calibrate.AT_ONCE, serve_ns / calibrate.AT_ONCE, children_ns / calibrate.AT_ONCE
    starts_ns, serves_ns, children_ns = zip(*in_batches(one, FEW))
    measured('forkserver.start', less(starts_ns, MACHINE['pipe.write'] + MACHINE['wake.call']))
    measured('forkserver.serve', [(serve_ns - fork_ns - MACHINE['process.wait']) / 2 - MACHINE['pipe.write'] - MACHINE['wake.call']
                                  for serve_ns in serves_ns])  # for the request, and for the child's end
    measured('forkserver.next', less(children_ns, MACHINE['fork.entry']))
    server._stop()


# ---- Managers ----------------------------------------------------------------------------------------

def measure_manager():
    """One call of a proxy's method, on the caller and on the server's thread for it, without what both wait. All on one
    core, which then is never idle: between two calls there is a switch to the other process, whose cost has a name."""
    calibrate.pin(calibrate.HERE)
    context = multiprocessing.get_context('fork')
    manager = multiprocessing.managers.SyncManager(ctx=context)
    begin_ns = thread_cpu_ns()
    manager.start()
    start_ns = thread_cpu_ns() - begin_ns
    value = manager.Value('q', 0)
    value.value
    pid = manager._process.pid
    rest_ns = (send_ns() + receive_ns() + MACHINE['sched.switch'] + MACHINE['sched.switch_process'] + MACHINE['wake.call'] +
               MEDIANS['cold.switch'])
    start_ns_of_thread = MEDIANS['pythread.start'] + MACHINE['thread.create'] + MACHINE['thread.entry']

    def calls():
        before_ns = cpu_ns_of(pid)
        call_ns = each_ns(lambda: value.value)
        return call_ns, (cpu_ns_of(pid) - before_ns) / TASKS

    def connections():
        before_ns, begin_ns = cpu_ns_of(pid), thread_cpu_ns()
        for _ in range(FEW):
            value._connect()
        connect_ns = thread_cpu_ns() - begin_ns
        time.sleep(2e-3)
        return connect_ns / FEW, (cpu_ns_of(pid) - before_ns) / FEW - start_ns_of_thread
    calls_ns, serves_ns = zip(*in_batches(calls))
    connects_ns, accepts_ns = zip(*in_batches(connections))
    measured('manager.call', less(calls_ns, rest_ns))
    measured('manager.serve', less(serves_ns, rest_ns))
    # Three messages of the handshake and the request there, and as many back.
    measured('manager.connect', less(connects_ns, 4 * rest_ns))
    measured('manager.accept', less(accepts_ns, 4 * rest_ns))
    measured('manager.start', [start_ns - MEDIANS['pyprocess.start'] - MACHINE['fork.base'] -
                               MACHINE['fork.per_byte'] * interpreter_bytes()])
    manager.shutdown()
    calibrate.unpin()


# ---- Interpreters ------------------------------------------------------------------------------------

def measure_interpreters():
    """Created, entered for an empty statement, and destroyed, on one thread."""
    try:
        if sys.version_info >= (3, 13):
            import _interpreters as interpreters
        else:
            import _xxsubinterpreters as interpreters
        run = getattr(interpreters, 'exec', None) or interpreters.run_string
        if sys.version_info < (3, 12):
            raise ImportError
    except ImportError:
        for name, guess_ns in (('interp.create', 12e6), ('interp.call', 40e3), ('interp.destroy', 3e6)):
            assumed(name, guess_ns, 'before 3.12 interpreters share one GIL')
        assumed('memory.subinterpreter', 8 << 20, 'before 3.12 interpreters share one GIL')
        return
    creates_ns, calls_ns, destroys_ns, sizes = [], [], [], []
    for _ in range(FEW):
        before = resident_bytes()
        begin_ns = thread_cpu_ns()
        number = interpreters.create()
        creates_ns.append(thread_cpu_ns() - begin_ns)
        sizes.append(resident_bytes() - before)
        calls_ns.append(each_ns(lambda: run(number, 'pass')) - 2 * MEDIANS['gil.uncontended'])
        begin_ns = thread_cpu_ns()
        interpreters.destroy(number)
        destroys_ns.append(thread_cpu_ns() - begin_ns)
    measured('interp.create', creates_ns)
    measured('interp.call', calls_ns)
    measured('interp.destroy', destroys_ns)
    measured('memory.subinterpreter', [max(sizes)], 'the first; later ones use what earlier ones gave back')


# ---- Memory ------------------------------------------------------------------------------------------

def note_private_bytes(_):
    """What this forked child has copied so far."""
    with open('/proc/self/smaps_rollup') as stream:
        SHARED[0] = 1024 * sum(int(line.split()[1]) for line in stream if line.startswith('Private_Dirty'))


# Prints the resident bytes of a Thread object and of a thread that has ended. In a fresh interpreter: here is memory free that
# others have left.
ENDED_THREADS = """
import sys
sys.path.insert(0, %r)
import threading
import time
from calibrate import resident_bytes

COUNT = 500
filling = [threading.Thread(target=int) for _ in range(2 * COUNT)]  # what importing has freed
before = resident_bytes()
threads = [threading.Thread(target=int) for _ in range(COUNT)]
made = resident_bytes()
for thread in threads:
    thread.start()
while threading.active_count() > 1:
    time.sleep(1e-3)
time.sleep(10e-3)  # the last one's OS thread ends after that
print((made - before) / COUNT, (resident_bytes() - made) / COUNT)
""" % os.path.dirname(os.path.abspath(__file__))


def measure_ended_threads():
    run = subprocess.run([sys.executable, '-I', '-S', '-B', '-c', ENDED_THREADS], stdout=subprocess.PIPE, check=True)
    thread_object, ended = run.stdout.split()
    measured('memory.thread_object', [float(thread_object)])
    measured('memory.thread_ended', [float(ended)])


def measure_memory():
    context = multiprocessing.get_context('fork')
    forks, threads = [], []
    for _ in range(FEW):
        child = context.Process(target=note_private_bytes, args=(0,))
        child.start()
        child.join()
        forks.append(SHARED[0])
        gate = threading.Event()
        waiting = [threading.Thread(target=gate.wait) for _ in range(20)]
        before = resident_bytes()
        for thread in waiting:
            thread.start()
        threads.append((resident_bytes() - before) / 20)
        gate.set()
        for thread in waiting:
            thread.join()
    measured('memory.fork', forks)
    measured('memory.thread', threads)
    measure_ended_threads()

    blocks = []  # kept, so that each is of fresh pages

    def touch_ns():
        begin_ns = thread_cpu_ns()
        blocks.append(harness_processes.touched(1 << 22))
        return (thread_cpu_ns() - begin_ns) / (1 << 22)
    measured('memory.touch', in_batches(touch_ns, exponent=MEMORY))

    def fill_ns():
        begin_ns = thread_cpu_ns()
        harness_processes.touched(1 << 24)
        return (thread_cpu_ns() - begin_ns) / (1 << 24)
    for _ in range(3):  # of the third on malloc() has what it needs (models/machine/allocator.h)
        fill_ns()
    measured('memory.fill', in_batches(fill_ns, exponent=MEMORY))


MEASUREMENTS = (
    ('memory of processes and threads', measure_memory),
    ('interpreters', measure_interpreters),
    ('cold caches', measure_cold_caches),
    ('first tasks', measure_first_task),
    ('first calls', measure_first_calls),
    ('futures', measure_future_watch),
    ('locks of processes', measure_mp_lock),
    ('shared values', measure_shared_value),
    ('connections', measure_connection),
    ('queues of processes', measure_mp_queue),
    ('joinable queues of processes', measure_mp_joinable_queue),
    ('simple queues of processes', measure_mp_simple_queue),
    ('ProcessPoolExecutor', measure_process_pool),
    ('imap', measure_pool_next),
    ('spawn', measure_spawn),
    ('fork server', measure_forkserver),
    ('managers', measure_manager),
)
