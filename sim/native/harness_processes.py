"""harness_processes.py - the part of harness.py that knows concurrent.futures and multiprocessing.

What processes share, executors, the steps on them, and the models that use them. As in harness.py each is the program
that the simulator mirrors (models/simulate/model_run.c, steps_executor.c, steps_process.c).
"""
import concurrent.futures
import concurrent.futures.process
import functools
import heapq
import multiprocessing
import multiprocessing.connection
import multiprocessing.managers
import multiprocessing.pool
import multiprocessing.queues
import multiprocessing.sharedctypes
import multiprocessing.synchronize
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

from harness_control import (OUTCOME_CANCELLED, OUTCOME_COMPLETED, SCENARIO_EXCEPTIONS, LoopBreak, Return, outcome_of,
                             value_of)
from harness_threading import clock_s


def main_module():
    """harness.py itself, which runs as __main__ (or as __mp_main__, where it goes by the same name)."""
    return sys.modules['__main__']


# ---- Memory ------------------------------------------------------------------------------------------

PAGE_BYTES = 4096


def touched(size):
    """So many bytes, of which each page has been written to."""
    block = bytearray(size)
    block[::PAGE_BYTES] = b'x' * len(range(0, size, PAGE_BYTES))
    return block


def run_allocate(argument):
    instance, size = argument
    instance.keep(touched(size))


def bind_allocate(_, step, activation):
    return (run_allocate, (activation.instance, step[1]['bytes']))


# ---- What processes share ----------------------------------------------------------------------------

class SharedCells:
    """A Value or an Array in shared memory, or a part of a block of it."""

    def __init__(self, cells):
        self.cells = cells

    def read(self, index):
        return self.cells[index]

    def write(self, index, value):
        self.cells[index] = value


class SharedValue:
    def __init__(self, value):
        self.value = value

    def read(self, _):
        return self.value.value

    def write(self, _, value):
        self.value.value = value


def new_variable(resource, context):
    return SharedValue(context.Value('q', resource['initial'], lock=False))


def new_array(resource, context):
    return SharedCells(context.Array('q', [resource['initial']] * resource['size'], lock=False))


def new_shared_memory(resource, _):
    from multiprocessing import shared_memory
    block = shared_memory.SharedMemory(create=True, size=resource['bytes'])
    cells = SharedCells(block.buf.cast('q'))
    cells.block = block
    block.unlink()
    return cells


MANAGERS = []


class SharedService:
    """harness_threading.Service, whose slots processes share."""

    def __init__(self, resource, context):
        self.slots = context.RawArray('d', resource['size'])
        self.lock = context.Lock()

    def answer_in_s(self, time_s):
        now_s = clock_s()
        if not len(self.slots):
            return time_s
        with self.lock:
            free_at_s = self.slots[:]
            begin_s = max(free_at_s[0], now_s)
            heapq.heapreplace(free_at_s, begin_s + time_s)
            self.slots[:] = free_at_s
        return begin_s + time_s - now_s


def new_managed(resource, context):
    """In a manager's server, started here: before the clock."""
    manager = context.Manager()
    MANAGERS.append(manager)
    if resource['size']:
        return SharedCells(manager.list([resource['initial']] * resource['size']))
    return SharedValue(manager.Value('q', resource['initial']))


MAKERS = {
    'lock': lambda _, context: context.Lock(),
    'rlock': lambda _, context: context.RLock(),
    'condition': lambda _, context: context.Condition(),
    'semaphore': lambda resource, context: context.Semaphore(resource['size']),
    'bounded_semaphore': lambda resource, context: context.BoundedSemaphore(resource['size']),
    'event': lambda _, context: context.Event(),
    'barrier': lambda resource, context: context.Barrier(resource['size']),
    'queue': lambda resource, context: (context.JoinableQueue if resource['joinable'] else context.Queue)(resource['size']),
    'simple_queue': lambda _, context: context.SimpleQueue(),
    'pipe': lambda _, context: context.Pipe(duplex=False),
    'variable': new_variable,
    'array': new_array,
    'shared_memory': new_shared_memory,
    'manager': new_managed,
    'service': SharedService,
}


def run_shared_read(argument):
    shared, index, variables, slot = argument
    value = shared.read(index())
    if slot is not None:
        variables[slot] = value


def run_shared_write(argument):
    shared, index, value = argument
    shared.write(index(), value())


def bind_read(program, step, activation):
    fields = step[1]
    return (run_shared_read, (program.resources[fields['resource']], value_of(fields['extra'], activation.variables),
                              activation.variables, fields['variable']))


def bind_write(program, step, activation):
    fields = step[1]
    return (run_shared_write, (program.resources[fields['resource']], value_of(fields['extra'], activation.variables),
                               value_of(fields['value'], activation.variables)))


# ---- Queues and pipes --------------------------------------------------------------------------------

SMALL_OBJECT_BYTES = 3  # what pickling adds to a small object of bytes


def new_payload(size, objects=1):
    """What travels with the item: one buffer of so many bytes, or so many small objects that take as many together."""
    if not size:
        return None
    if objects <= 1:
        return b'x' * size
    length = max(size // objects - SMALL_OBJECT_BYTES, 0)
    return [bytes([index & 255]) * length for index in range(objects)]


payload_of = functools.lru_cache(maxsize=None)(new_payload)  # made once, before the clock starts


def run_put(argument):
    put, value, payload, timeout_s = argument
    item = value() if payload is None else (value(), payload)
    if timeout_s is None:
        put(item)
    else:
        put(item, timeout_s != 0, timeout_s)


def bind_put(program, step, activation):
    fields = step[1]
    return (run_put, (program.resources[fields['resource']].put, value_of(fields['value'], activation.variables),
                      payload_of(fields['bytes'], fields['objects']), fields['timeout_s']))


def run_get(argument):
    get, timeout_s, variables, slot = argument
    item = get() if timeout_s is None else get(timeout_s != 0, timeout_s)
    if slot is not None:
        variables[slot] = item[0] if isinstance(item, tuple) else item


def bind_get(program, step, activation):
    fields = step[1]
    return (run_get, (program.resources[fields['resource']].get, fields['timeout_s'], activation.variables,
                      fields['variable']))


def run_send(argument):
    writer, value, payload = argument
    writer.send(value() if payload is None else (value(), payload))


def bind_send(program, step, activation):
    fields = step[1]
    return (run_send, (program.resources[fields['resource']][1], value_of(fields['value'], activation.variables),
                       payload_of(fields['bytes'], fields['objects'])))


def run_recv(argument):
    reader, timeout_s, variables, slot = argument
    if timeout_s is not None and not reader.poll(timeout_s):
        raise multiprocessing.queues.Empty
    item = reader.recv()
    if slot is not None:
        variables[slot] = item[0] if isinstance(item, tuple) else item


def bind_recv(program, step, activation):
    fields = step[1]
    return (run_recv, (program.resources[fields['resource']][0], fields['timeout_s'], activation.variables,
                       fields['variable']))


# ---- Tasks as calls: they return what `return` says, and raise what the task raises --------------------

def call_task(number, arguments=()):
    main = main_module()
    start_ns = main.clock_ns()
    main.HERE.record = record = main.RECORD_WORDS * (number + 1)
    main.RECORDS[record + 1] = start_ns
    activation = main.PROGRAM.activations[number]
    if arguments:
        activation.variables[:len(arguments)] = arguments
    outcome, result = OUTCOME_COMPLETED, 0
    try:
        for function, argument in main.PROGRAM.bodies[number]:
            function(argument)
    except Return as returned:
        result = returned.value
    except SCENARIO_EXCEPTIONS as exception:
        outcome = outcome_of(exception)
        raise
    finally:
        main.RECORDS[record + 3] = outcome
        main.RECORDS[record + 2] = main.clock_ns()
        if main.WHO:
            main.note_who(number)
        if activation:
            main.write_counts(record, activation.instance)
    return result


def call_task_with(number, payload, result_size, arguments=()):
    """The same with arguments and a result of some size."""
    result = call_task(number, arguments)
    return (result, payload_of(*result_size)) if result_size[0] else result


def note_cancelled(number):
    main = main_module()
    record = main.RECORD_WORDS * (number + 1)
    main.RECORDS[record + 3] = OUTCOME_CANCELLED
    main.RECORDS[record + 2] = main.clock_ns()


# ---- Executors ---------------------------------------------------------------------------------------

def new_executor(model, context):
    if model['model'] == 'thread_pool':
        return ThreadPoolExecutor(max_workers=model['workers'])
    if model['model'] == 'pool':
        return context.Pool(model['workers'], maxtasksperchild=model['max_tasks_per_child'] or None)
    if sys.version_info < (3, 11) or not model['max_tasks_per_child']:
        return ProcessPoolExecutor(max_workers=model['workers'], mp_context=context)
    return ProcessPoolExecutor(max_workers=model['workers'], mp_context=context,
                               max_tasks_per_child=model['max_tasks_per_child'])


class PoolResult:
    """What apply_async() returns, by the names that a future has."""

    def __init__(self, result):
        self.ready = result
        self.done, self.cancel = result.ready, lambda: False

    def result(self, timeout=None):
        try:
            return self.ready.get(timeout)
        except multiprocessing.TimeoutError:
            raise concurrent.futures.TimeoutError from None


class Executor:
    """An executor among the resources: created by `with`, or at the first submit()."""

    def __init__(self, resource, context):
        self.model, self.context = resource['model'], context
        self.executor = None

    def __enter__(self):
        self.executor = new_executor(self.model, self.context)
        return self

    def __exit__(self, *_):
        executor, self.executor = self.executor, None
        if self.model['model'] == 'pool':
            executor.close()
            executor.join()
        else:
            executor.shutdown(wait=True)

    def submit(self, function, *arguments):
        if not self.executor:
            self.__enter__()
        if self.model['model'] == 'pool':
            return PoolResult(self.executor.apply_async(function, arguments))
        return self.executor.submit(function, *arguments)


EXECUTOR_MAKERS = {'thread_pool': Executor, 'process_pool': Executor, 'pool': Executor}


def run_submit(argument):
    program, activation, group, start, count, arguments, executor = argument
    main = main_module()
    payload = payload_of(start['bytes'], start['objects'])
    result_size = (start['result_bytes'], start['result_objects'])
    for index in range(count()):
        if start['index'] is not None:
            activation.variables[start['index']] = index
        number = program.next_child(activation.instance, start['task'])
        values = [value() for value in arguments]
        main.RECORDS[main.RECORD_WORDS * (number + 1)] = main.clock_ns()
        if payload or start['result_bytes']:
            future = executor.submit(call_task_with, number, payload, result_size, values)
        else:
            future = executor.submit(call_task, number, values)
        future.number = number
        group.append(future)


def bind_submit(program, step, activation):
    fields = step[1]
    start = fields['start']
    payload_of(start['result_bytes'], start['result_objects'])  # made before the clock starts
    return (run_submit, (program, activation, activation.groups[fields['group']], start,
                         value_of(start['count'], activation.variables),
                         [value_of(argument, activation.variables) for argument in start['args']],
                         program.executor(fields['resource'])))


def groups_of(fields, activation):
    return activation.groups if fields['group'] == 'all' else [activation.groups[fields['group']]]


def value_of_result(result):
    return result[0] if isinstance(result, tuple) else result


def run_await(argument):
    groups, timeout_s, variables, slot = argument
    for group in groups:
        for future in group:
            result = future.result(timeout_s)
            if slot is not None:
                variables[slot] = value_of_result(result)


def bind_await(_, step, activation):
    fields = step[1]
    return (run_await, (groups_of(fields, activation), fields['timeout_s'], activation.variables, fields['variable']))


def run_wait_futures(argument):
    groups, timeout_s, return_when = argument
    concurrent.futures.wait([future for group in groups for future in group], timeout_s, return_when)


def run_as_completed(argument):
    groups, timeout_s, variables, slot, body = argument
    try:
        for future in concurrent.futures.as_completed([future for group in groups for future in group], timeout_s):
            result = future.result()
            if slot is not None:
                variables[slot] = value_of_result(result)
            for function, step_argument in body:
                function(step_argument)
    except LoopBreak:
        pass


def bind_as_completed(program, step, activation):
    _, fields, body = step
    return (run_as_completed, (groups_of(fields, activation), fields['timeout_s'], activation.variables,
                               fields['variable'], program.bind(body, activation)))


def run_cancel(groups):
    for group in groups:
        for future in group:
            if not future.done() and future.cancel():
                note_cancelled(future.number)


def bind_cancel(_, step, activation):
    return (run_cancel, groups_of(step[1], activation))


# ---- Models ------------------------------------------------------------------------------------------

def releasing(numbers):
    """The argument of map(): Executor.map() submits each task as soon as it has its number."""
    main = main_module()
    for number in numbers:
        main.RECORDS[main.RECORD_WORDS * (number + 1)] = main.clock_ns()
        yield number


def prepare_payloads(program):
    """Tasks' arguments or results of some size, where there are any: as many objects as are handed over at a time, because one
    that comes twice in a message is pickled once."""
    workload = program.workload
    count = workload.get('chunksize') or 1
    if workload['bytes'] or workload['result_bytes']:
        program.payloads = [new_payload(workload['bytes']) for _ in range(count)]
        program.results = [new_payload(workload['result_bytes']) for _ in range(count)]


def run_task_with(item):
    main = main_module()
    main.run_task(item[0])
    return main.PROGRAM.results[item[0] % len(main.PROGRAM.results)]


def releasing_with(numbers):
    payloads = main_module().PROGRAM.payloads
    for number in releasing(numbers):
        yield number, payloads[number % len(payloads)]


def what_maps():
    """The function that map() calls, and what makes its arguments of numbers."""
    main = main_module()
    if main.PROGRAM.payloads is None:  # a process that was not forked
        prepare_payloads(main.PROGRAM)
    return (run_task_with, releasing_with) if main.PROGRAM.payloads else (main.run_task, releasing)


def release_all(numbers):
    main = main_module()
    now_ns = main.clock_ns()
    for number in numbers:
        main.RECORDS[main.RECORD_WORDS * (number + 1)] = now_ns


def run_sequential(_, numbers, __):
    for number in releasing(numbers):
        main_module().run_task(number)


def run_one_each(_, numbers, start_child):
    run_task = main_module().run_task
    children = [start_child(target=run_task, args=(number,)) for number in numbers]
    for child, _ in zip(children, releasing(numbers)):
        child.start()
    for child in children:
        main_module().join_child(child)


class Failed(Exception):
    """What a future has of a task that has failed."""


def run_or_raise(run_task, item):
    """For wait(return_when=FIRST_EXCEPTION)."""
    result = run_task(item)
    main = main_module()
    number = item[0] if isinstance(item, tuple) else item
    if main.RECORDS[main.RECORD_WORDS * (number + 1) + 3] != OUTCOME_COMPLETED:
        raise Failed
    return result


def run_executor(model, numbers, _, executor=None):
    run_task, released = what_maps()
    with executor or new_executor(model, main_module().PROGRAM.context) as executor:
        if model['return_when'] == 'ALL_COMPLETED':
            more = {'chunksize': model['chunksize'] or 1} if model['model'] == 'process_pool' else {}
            list(executor.map(run_task, released(numbers), **more))
            return
        futures = [executor.submit(run_or_raise, run_task, item) for item in released(numbers)]
        concurrent.futures.wait(futures, return_when=model['return_when'])
        for future, number in zip(futures, numbers):
            if not future.done() and future.cancel():
                note_cancelled(number)


def run_pool(model, numbers, _, pool=None):
    run_task, released = what_maps()
    with pool or new_executor(model, main_module().PROGRAM.context) as pool:
        if model['map'] == 'apply_async':
            results = [pool.apply_async(run_task, (item,)) for item in released(numbers)]
            for result in results:
                result.get()
            return
        items = list(released(numbers)) if main_module().PROGRAM.payloads else numbers
        release_all(numbers)
        chunksize = {'chunksize': model['chunksize']} if model['chunksize'] else {}
        if model['map'] == 'map':
            pool.map(run_task, items, **chunksize)
        else:
            for _ in getattr(pool, model['map'])(run_task, items, **chunksize):
                pass


def run_share(model, numbers):
    run_model(model, numbers)


def run_shares(model, numbers, _):
    """Process k of w runs every w-th task from the k-th on, by the inner model."""
    processes = [main_module().PROGRAM.context.Process(target=run_share, args=(model['each'], numbers[k::model['workers']]))
                 for k in range(model['workers'])]
    for process in processes:
        process.start()
    for process in processes:
        main_module().join_child(process)


RUNS = {
    'sequential': run_sequential,
    'threads': lambda model, numbers, _: run_one_each(model, numbers, threading.Thread),
    'processes': lambda model, numbers, _: run_one_each(model, numbers, main_module().PROGRAM.context.Process),
    'thread_pool': run_executor,
    'process_pool': run_executor,
    'pool': run_pool,
    'asyncio': lambda model, numbers, _: main_module().PROGRAM.coroutines.run(model, numbers),
}


def is_of_coroutines(model):
    return model['model'] == 'asyncio' or (model['each'] is not None and is_of_coroutines(model['each']))


def run_model(model, numbers, prepared=None):
    """So many tasks under a model; numbers is a range."""
    if model['model'] == 'processes' and model['each']:
        run_shares(model, numbers, None)
    elif prepared is not None:
        RUNS[model['model']](model, numbers, None, prepared)
    else:
        RUNS[model['model']](model, numbers, None)


def warm_process_pool(workload):
    """All workers started, and waiting for work."""
    executor = new_executor(workload['how'], main_module().PROGRAM.context)
    list(executor.map(time.sleep, [0.05] * workload['workers']))
    time.sleep(0.05)
    return executor


def run_run(argument):
    program, activation, start, count, model = argument
    count = count()
    numbers = [program.next_child(activation.instance, start['task'], is_of_coroutines(model)) for _ in range(count)]
    run_model(model, range(numbers[0], numbers[0] + count) if count else range(0))


def bind_run(program, step, activation):
    fields = step[1]
    start = fields['start']
    return (run_run, (program, activation, start, value_of(start['count'], activation.variables), fields['model']))


def by_scope(shared, otherwise):
    """A binder that picks by the scope of the step's resource."""
    def bind(program, step, activation):
        resource = step[1].get('resource')
        across = resource is not None and program.workload['resources'][resource]['scope'] == 'processes'
        return (shared if across else otherwise)(program, step, activation)
    return bind


def bind_wait(threads_bind):
    """`wait` for tasks that were started has no resource."""
    def bind(program, step, activation):
        fields = step[1]
        if 'return_when' in fields:
            return (run_wait_futures, (groups_of(fields, activation), fields['timeout_s'], fields['return_when']))
        return threads_bind(program, step, activation)
    return bind


def extend(binders):
    """Adds the steps of this file to those that there are."""
    binders.update({
        'read': by_scope(bind_read, binders['read']),
        'write': by_scope(bind_write, binders['write']),
        'put': by_scope(bind_put, binders['put']),
        'get': by_scope(bind_get, binders['get']),
        'wait': bind_wait(binders['wait']),
        'allocate': bind_allocate,
        'send': bind_send,
        'recv': bind_recv,
        'submit': bind_submit,
        'await': bind_await,
        'as_completed': bind_as_completed,
        'cancel': bind_cancel,
        'run': bind_run,
    })
