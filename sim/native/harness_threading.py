"""harness_threading.py - what threads share, and the steps on it: the part of harness.py that knows threading and queue.

Each maker makes the Python object that a resource is; each binder the pair (function, argument) of a step
(harness.py, "Steps"). A step is the statement that its name says, as a program would write it.
"""
import heapq
import itertools
import queue
import threading
import time

from harness_control import drawn_or_constant, value_of

clock_s = time.perf_counter


# ---- Resources -----------------------------------------------------------------------------------------

class Cells:
    """A shared variable or array. What a cell holds is a list of its own for each write, so that whoever read it can
    tell whether it is still there; and between telling and writing nothing makes the GIL change hands."""

    def __init__(self, resource, _):
        count = resource['size'] if resource['kind'] == 'array' else 1
        self.cells = [[resource['initial']] for _ in range(count)]


class Service:
    """A server outside: so many slots, first come first served. When a request comes, it is known when its answer
    will; the simulator does the same sum (models/simulate/service.c)."""

    def __init__(self, resource, _):
        self.free_at_s = [0.0] * resource['size']
        self.lock = threading.Lock()

    def answer_in_s(self, time_s):
        now_s = clock_s()
        if not self.free_at_s:
            return time_s
        with self.lock:
            begin_s = self.free_at_s[0]
            if begin_s < now_s:
                begin_s = now_s
            heapq.heapreplace(self.free_at_s, begin_s + time_s)
        return begin_s + time_s - now_s


class PriorityQueue(queue.PriorityQueue):
    """Of (priority, number, item): equal priorities leave in the order in which they were put."""

    def __init__(self, limit):
        super().__init__(limit)
        self.numbers = itertools.count()


MAKERS = {
    'lock': lambda _, __: threading.Lock(),
    'rlock': lambda _, __: threading.RLock(),
    'condition': lambda _, __: threading.Condition(),
    'semaphore': lambda resource, _: threading.Semaphore(resource['size']),
    'bounded_semaphore': lambda resource, _: threading.BoundedSemaphore(resource['size']),
    'limiter': lambda resource, _: threading.BoundedSemaphore(resource['size']),
    'event': lambda _, __: threading.Event(),
    'barrier': lambda resource, _: threading.Barrier(resource['size']),
    'queue': lambda resource, _: queue.Queue(resource['size']),
    'lifo_queue': lambda resource, _: queue.LifoQueue(resource['size']),
    'priority_queue': lambda resource, _: PriorityQueue(resource['size']),
    'simple_queue': lambda _, __: queue.SimpleQueue(),
    'variable': Cells,
    'array': Cells,
    'service': Service,
}


# ---- with, acquire, release ------------------------------------------------------------------------------

def run_with(argument):
    lock, body = argument
    with lock:
        for function, step_argument in body:
            function(step_argument)


def acquire(lock, timeout_s):
    """timeout 0 is blocking=False, which multiprocessing calls block; None: for ever."""
    if timeout_s is None:
        lock.acquire()
    elif not (lock.acquire(True, timeout_s) if timeout_s > 0 else lock.acquire(False)):
        raise TimeoutError


def run_with_timeout(argument):
    lock, timeout_s, body = argument
    acquire(lock, timeout_s)
    try:
        for function, step_argument in body:
            function(step_argument)
    finally:
        lock.release()


def bind_with(program, step, activation):
    _, fields, body = step
    lock, timeout_s = program.resources[fields['resource']], fields['timeout_s']
    if timeout_s is None:
        return (run_with, (lock, program.bind(body, activation)))
    return (run_with_timeout, (lock, timeout_s, program.bind(body, activation)))


def run_acquire(argument):
    acquire(*argument)


def bind_acquire(program, step, _):
    return (run_acquire, (program.resources[step[1]['resource']], step[1]['timeout_s']))


def run_release(lock):
    lock.release()


def run_release_many(argument):
    semaphore, count = argument
    for _ in range(count()):  # release(n) is there since 3.9
        semaphore.release()


def bind_release(program, step, activation):
    lock, count = program.resources[step[1]['resource']], step[1]['count']
    if count in (0, 1):
        return (run_release, lock)
    return (run_release_many, (lock, value_of(count, activation.variables)))


# ---- Events, conditions, barriers ------------------------------------------------------------------------

def run_wait(argument):
    waited_for, timeout_s = argument
    if not waited_for.wait(timeout_s):
        raise TimeoutError


def run_barrier(argument):
    barrier, timeout_s = argument
    barrier.wait(timeout_s)


def bind_wait(program, step, _):
    waited_for = program.resources[step[1]['resource']]
    run = run_barrier if isinstance(waited_for, threading.Barrier) else run_wait
    return (run, (waited_for, step[1]['timeout_s']))


def run_set(event):
    event.set()


def run_clear(event):
    event.clear()


def run_notify(argument):
    condition, count = argument
    condition.notify(count())


def run_notify_all(condition):
    condition.notify_all()


def bind_notify(program, step, activation):
    condition, count = program.resources[step[1]['resource']], step[1]['count']
    if count == 0:
        return (run_notify_all, condition)
    return (run_notify, (condition, value_of(count, activation.variables)))


# ---- Queues ----------------------------------------------------------------------------------------------

def run_put(argument):
    put, value, timeout_s = argument
    put(value(), timeout_s != 0, timeout_s)


def is_priority_queue(program, fields):
    return program.workload['resources'][fields['resource']]['kind'] == 'priority_queue'


def bind_put(program, step, activation):
    fields = step[1]
    a_queue = program.resources[fields['resource']]
    value = value_of(fields['value'], activation.variables)
    if is_priority_queue(program, fields):
        priority, item = value_of(fields['extra'], activation.variables), value

        def value():
            return priority(), next(a_queue.numbers), item()
    return (run_put, (a_queue.put, value, fields['timeout_s']))


def run_get(argument):
    get, timeout_s, variables, slot = argument
    item = get(timeout_s != 0, timeout_s)
    if slot is not None:
        variables[slot] = item


def run_get_urgent(argument):
    get, timeout_s, variables, slot = argument
    item = get(timeout_s != 0, timeout_s)[2]
    if slot is not None:
        variables[slot] = item


def bind_get(program, step, activation):
    fields = step[1]
    a_queue = program.resources[fields['resource']]
    run = run_get_urgent if is_priority_queue(program, fields) else run_get
    return (run, (a_queue.get, fields['timeout_s'], activation.variables, fields['variable']))


def run_task_done(a_queue):
    a_queue.task_done()


def run_join_queue(a_queue):
    a_queue.join()


# ---- Shared variables ------------------------------------------------------------------------------------

def run_read(argument):
    cells, index, variables, slot, seen = argument
    at = index()
    cell = seen[at] = cells[at]
    if slot is not None:
        variables[slot] = cell[0]


def run_write(argument):
    cells, index, value, seen, instance = argument
    new, at = [value()], index()
    known = seen.get(at)
    is_lost = known is not cells[at]
    cells[at] = new
    if is_lost and known is not None:
        instance.lost_updates += 1
    seen[at] = new


def bind_read(program, step, activation):
    fields = step[1]
    return (run_read, (program.resources[fields['resource']].cells, value_of(fields['extra'], activation.variables),
                       activation.variables, fields['variable'], activation.instance.seen_of(fields['resource'])))


def bind_write(program, step, activation):
    fields = step[1]
    return (run_write, (program.resources[fields['resource']].cells, value_of(fields['extra'], activation.variables),
                        value_of(fields['value'], activation.variables),
                        activation.instance.seen_of(fields['resource']), activation.instance))


# ---- Services --------------------------------------------------------------------------------------------

def run_request(argument):
    service, time_s, timeout_s = argument
    wait_s = service.answer_in_s(time_s())
    if timeout_s is not None and wait_s > timeout_s:
        time.sleep(timeout_s)
        raise TimeoutError
    time.sleep(wait_s)


def bind_request(program, step, activation):
    fields = step[1]
    return (run_request, (program.resources[fields['resource']], drawn_or_constant(fields['time_s'], activation),
                          fields['timeout_s']))


def on_resource(run):
    """A binder of a step that is but a call on its resource."""
    return lambda program, step, _: (run, program.resources[step[1]['resource']])


BINDERS = {
    'with': bind_with,
    'acquire': bind_acquire,
    'release': bind_release,
    'wait': bind_wait,
    'set': on_resource(run_set),
    'clear': on_resource(run_clear),
    'notify': bind_notify,
    'put': bind_put,
    'get': bind_get,
    'task_done': on_resource(run_task_done),
    'join_queue': on_resource(run_join_queue),
    'read': bind_read,
    'write': bind_write,
    'request': bind_request,
}
