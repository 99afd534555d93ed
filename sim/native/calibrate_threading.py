"""calibrate_threading.py - what the classes of threading and queue cost; the part of calibrate.py that knows them.

All of them are Python around locks. The locks' own cost has a name already and is subtracted, as often as the models
charge it; nobody else wants anything of what is measured, so nothing waits.
"""
import gc
import os
import queue
import statistics
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import repeat
from types import SimpleNamespace

import harness_threading
from harness_control import Activation, Instance, run_repeat

import calibrate
from calibrate import MEDIANS, SHARED, in_batches, known, measured, resident_bytes, thread_cpu_ns

ROUNDS = 2000  # in one batch


def each_ns(do, rounds=ROUNDS):
    """One call of `do`, without the loop around it."""
    begin_ns = thread_cpu_ns()
    for _ in repeat(None, rounds):
        do()
    middle_ns = thread_cpu_ns()
    for _ in repeat(None, rounds):
        pass
    return (2 * middle_ns - begin_ns - thread_cpu_ns()) / rounds


def report(name, measure, locks=1.0):
    """What is left of a call without its locks: so many acquired and released."""
    locks_ns = locks * MEDIANS['lock.uncontended']
    measured(name, [value - locks_ns for value in in_batches(measure)])


def measure_rlock():
    rlock = threading.RLock()

    def one():
        begin_ns = thread_cpu_ns()
        for _ in repeat(None, ROUNDS):
            with rlock:
                pass
        middle_ns = thread_cpu_ns()
        for _ in repeat(None, ROUNDS):
            pass
        return (2 * middle_ns - begin_ns - thread_cpu_ns()) / ROUNDS
    measured('rlock.uncontended', in_batches(one))


def measure_condition():
    """wait(0) does what wait() does but wait; instead of having been taken out of the queue, it takes itself out. Who
    notifies meets locks that nobody waits for."""
    condition = threading.Condition(threading.Lock())
    waiters = 100

    def wait():
        with condition:
            return each_ns(partial(condition.wait, 0))

    def notify():
        for _ in range(waiters):
            lock = threading.Lock()
            lock.acquire()
            condition._waiters.append(lock)
        with condition:
            begin_ns = thread_cpu_ns()
            condition.notify(waiters)
            return (thread_cpu_ns() - begin_ns) / waiters
    report('condition.wait', wait, locks=2)
    report('condition.notify', notify, locks=0.5)


def measure_semaphore():
    semaphore = threading.Semaphore(ROUNDS)
    report('semaphore.op', lambda: (each_ns(semaphore.acquire) + each_ns(semaphore.release)) / 2)


def measure_event():
    event = threading.Event()
    report('event.op', lambda: (each_ns(event.set) + each_ns(event.wait)) / 2)


def measure_barrier():
    report('barrier.wait', lambda: each_ns(threading.Barrier(1).wait))


def measure_queue():
    a_queue = queue.Queue()
    report('queue.put', lambda: each_ns(partial(a_queue.put, 7)))
    report('queue.get', lambda: each_ns(a_queue.get))
    report('queue.task_done', lambda: each_ns(a_queue.task_done))


def measure_futures():
    """What a task that waits in an executor consists of; in a child, whose later ones find no memory to use again."""
    def sizes():
        gate = threading.Lock()
        gate.acquire()
        with ThreadPoolExecutor(max_workers=1) as executor:
            executor.submit(gate.acquire)
            before = len(gc.get_objects())
            futures = [executor.submit(abs, number) for number in range(ROUNDS)]
            objects, resident = len(gc.get_objects()) - before, resident_bytes()
            futures += [executor.submit(abs, number) for number in range(2 * ROUNDS)]
            resident = resident_bytes() - resident
            gate.release()
        return objects / ROUNDS, resident / (2 * ROUNDS)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        gc.disable()
        os.write(writer, '{} {}'.format(*sizes()).encode())
        os._exit(0)
    os.waitpid(child, 0)
    objects, resident = map(float, os.read(reader, 100).split())
    os.close(reader)
    os.close(writer)
    measured('future.objects', [objects])
    measured('memory.future', [resident])


def measure_steps():
    """What the harness's own steps on shared variables and services add to a step."""
    activation = Activation(Instance(), {'variables': 1, 'groups': 1})
    program = SimpleNamespace(resources=[harness_threading.Cells({'kind': 'variable', 'initial': 7}, None),
                                         harness_threading.Service({'size': 1}, None)])
    fields = {'resource': 0, 'extra': 0, 'variable': 0, 'value': ['+', ['var', 0], 1]}
    pair = tuple(harness_threading.BINDERS[kind](program, [kind, fields, []], activation)
                 for kind in ('read', 'write'))
    body = pair * 500

    def access():
        begin_ns = thread_cpu_ns()
        run_repeat((lambda: 3, body))
        return (thread_cpu_ns() - begin_ns) / 3 / len(body) - MEDIANS['interpreter.step']
    measured('variable.access', in_batches(access))
    answer_in_s = program.resources[1].answer_in_s
    report('service.request', lambda: each_ns(partial(answer_in_s, 0.0)))


def accesses(cells):
    """Reads and writes of a task of its own."""
    activation = Activation(Instance(), {'variables': 1, 'groups': 1})
    fields = {'resource': 0, 'extra': 0, 'variable': 0, 'value': ['+', ['var', 0], 1]}
    program = SimpleNamespace(resources=[cells])
    return tuple(harness_threading.BINDERS[kind](program, [kind, fields, []], activation) for kind in ('read', 'write')) * 50


def measure_across():
    """Two threads on two cores that use one variable, against each its own: all count references to the list, to what it holds
    and to the numbers. Often and in turns, because where a virtual machine's cores are, and so how far apart, changes by the
    second."""
    if not calibrate.FREE_THREADED or calibrate.THERE is None:
        return known('variable.across', 0, 'one core' if calibrate.FREE_THREADED else 'a build with a GIL')

    def use(body, cpu, slot):
        os.sched_setaffinity(0, [cpu])
        SHARED[slot] = 1
        while not (SHARED[0] and SHARED[8]):
            pass
        begin_ns = thread_cpu_ns()
        run_repeat((lambda: 5, body))
        SHARED[slot + 1] = thread_cpu_ns() - begin_ns
        while not (SHARED[1] and SHARED[9]):  # whoever ends first is not to leave the other alone
            run_repeat((lambda: 1, body))

    def took_ns(cells):
        for slot in range(16):
            SHARED[slot] = 0
        # The first of them, which waits for the other, is not to keep the caller from its core.
        threads = [threading.Thread(target=use, args=(accesses(one), cpu, slot))
                   for one, cpu, slot in zip(cells, (calibrate.THERE, calibrate.HERE), (0, 8))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return (SHARED[1] + SHARED[9]) / 2 / 500

    def one():
        cells = [harness_threading.Cells({'kind': 'variable', 'initial': 7}, None) for _ in range(2)]
        return statistics.median(took_ns([cells[0]] * 2) - took_ns(cells) for _ in range(9))
    gc.disable()
    measured('variable.across', in_batches(one))
    gc.enable()


def measure():
    measure_rlock()
    measure_condition()
    measure_semaphore()
    measure_event()
    measure_barrier()
    measure_queue()
    measure_futures()
    measure_steps()
    measure_across()
