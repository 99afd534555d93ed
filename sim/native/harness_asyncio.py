"""harness_asyncio.py - the part of harness.py that executes tasks as coroutines.

Their steps are bound as those of functions are (harness.py, "Steps"), but a step is a triple (how, function, argument):
what a function's step does is called, and what would wait is awaited instead, by the coroutine that stands for
it in COROUTINES. A step is the Python that sim/scenario/workload.h says it is.
"""
import asyncio
import builtins
import itertools
import weakref

import harness
import harness_bodies
import harness_control
import harness_processes
import harness_server
import harness_sockets
import harness_threading
import harness_trace
from harness import RECORD_WORDS, clock_ns
from harness_bodies import AWAIT, CALL, GENERATE, GENERATORS, IF, YIELD, bind_iterate, run_body, yields
from harness_clients import LoopServer
from harness_control import (OUTCOME_CANCELLED, OUTCOME_COMPLETED, LoopBreak, Return,
                             handler_of, outcome_of, scenario_exceptions, value_of)
from harness_processes import groups_of, value_of_result

RECORDS = harness.RECORDS
PROGRAM = None  # harness.py's

# What an `except` in a coroutine catches; the first is what `raise` raises.
CAUGHT = list(harness_control.CAUGHT)
CAUGHT[1] = (asyncio.TimeoutError,) + CAUGHT[1]
CAUGHT[2] = (asyncio.CancelledError,) + CAUGHT[2]
CAUGHT[4] = (asyncio.QueueFull,) + CAUGHT[4]
CAUGHT[5] = (asyncio.QueueEmpty,) + CAUGHT[5]
CAUGHT[10] = (getattr(builtins, 'BaseExceptionGroup', harness_control.Named),) + CAUGHT[10]
harness_bodies.EXCEPTIONS = SCENARIO_EXCEPTIONS = scenario_exceptions(CAUGHT)


# ---- Resources -----------------------------------------------------------------------------------------

class PriorityQueue(asyncio.PriorityQueue):
    """Of (priority, number, item): equal priorities leave in the order in which they were put."""

    def __init__(self, limit):
        super().__init__(limit)
        self.numbers = itertools.count()


MAKERS = {
    'lock': lambda _, __: asyncio.Lock(),
    'condition': lambda _, __: asyncio.Condition(),
    'semaphore': lambda resource, _: asyncio.Semaphore(resource['size']),
    'bounded_semaphore': lambda resource, _: asyncio.BoundedSemaphore(resource['size']),
    'event': lambda _, __: asyncio.Event(),
    'barrier': lambda resource, _: asyncio.Barrier(resource['size']),
    'queue': lambda resource, _: asyncio.Queue(resource['size']),
    'lifo_queue': lambda resource, _: asyncio.LifoQueue(resource['size']),
    'priority_queue': lambda resource, _: PriorityQueue(resource['size']),
    'variable': harness_threading.Cells,
    'array': harness_threading.Cells,
    'service': harness_threading.Service,
}


def belong_to(loop, resources):
    """They belong to the loop that there was when they were made (before 3.10) or first waited for."""
    for resource in resources:
        for part in (resource, getattr(resource, '_lock', None), getattr(resource, '_finished', None)):
            if hasattr(part, '_loop'):
                part._loop = loop


# ---- Instances ------------------------------------------------------------------------------------------

async def run_task(number, arguments=(), timeout_s=None):
    """An instance, from its first step to its outcome."""
    record = RECORD_WORDS * (number + 1)
    RECORDS[record + 1] = clock_ns()
    activation = PROGRAM.activations[number]
    if arguments:
        activation.variables[:len(arguments)] = arguments
    outcome, result = OUTCOME_COMPLETED, 0
    try:
        if timeout_s is not None:
            await asyncio.wait_for(run_body(PROGRAM.bodies[number]), timeout_s)
        else:
            for how, function, argument in PROGRAM.bodies[number]:
                if how == CALL:
                    function(argument)
                elif how == IF:
                    arm = argument[0 if function() else 1]
                    if arm:
                        await run_body(arm)
                else:
                    await function(argument)
    except Return as returned:
        result = returned.value
    except SCENARIO_EXCEPTIONS as exception:
        outcome = outcome_of(exception, CAUGHT)
        raise
    finally:
        RECORDS[record + 3] = outcome
        RECORDS[record + 2] = clock_ns()
        if harness.WHO:
            harness.note_who(number)
        if activation:
            harness.write_counts(record, activation.instance)
    return result


def started(argument):
    """The coroutines of those that a step starts, each released when it is made."""
    activation, start, count, arguments = argument
    for index in range(count()):
        if start['index'] is not None:
            activation.variables[start['index']] = index
        number = PROGRAM.next_child(activation.instance, start['task'], True)
        RECORDS[RECORD_WORDS * (number + 1)] = clock_ns()
        yield run_task(number, tuple([value() for value in arguments]))


def started_alike(argument):
    """The same of a task whose instances share their steps."""
    task, count, arguments = argument
    body = PROGRAM.shared_body(task, True, [value() for value in arguments])
    for number in PROGRAM.new_numbers(count(), body):
        RECORDS[RECORD_WORDS * (number + 1)] = clock_ns()
        yield run_task(number)


# ---- Steps that wait: instead of the functions of the same names ------------------------------------------

async def do_sleep_drawn(argument):
    draws, site = argument
    await asyncio.sleep(draws.next(site))


async def do_ask_drawn(argument):
    draws, site = argument
    await harness_sockets.ask_and_await(draws.next(site))


def bind_io(_, step, activation):
    _, source, value = step
    if source == 'drawn':
        return (AWAIT, do_sleep_drawn, (activation.instance.draws, value))
    return (AWAIT, asyncio.sleep, activation.instance.items[value] if source == 'item' else value)


def bind_socket_io(_, step, activation):
    _, source, value = step
    if source == 'drawn':
        return (AWAIT, do_ask_drawn, (activation.instance.draws, value))
    return (AWAIT, harness_sockets.ask_and_await, activation.instance.items[value] if source == 'item' else value)


async def do_while(argument):
    condition, body = argument
    try:
        while condition():
            await run_body(body)
    except LoopBreak:
        pass


async def do_repeat(argument):
    count, body = argument
    try:
        for _ in range(count()):
            await run_body(body)
    except LoopBreak:
        pass


async def do_counting_repeat(argument):
    count, body, variables, slot = argument
    try:
        for variables[slot] in range(count()):
            await run_body(body)
    except LoopBreak:
        pass


async def do_loop(body):
    try:
        while True:
            await run_body(body)
    except LoopBreak:
        pass


async def do_call(site):
    callee = site.callee()
    result = 0
    try:
        await run_body(callee[1])
    except Return as returned:
        result = returned.value
    finally:
        site.end(callee)
    if site.slot is not None:
        site.caller.variables[site.slot] = result


async def do_try(argument):
    body, handlers = argument
    try:
        await run_body(body)
    except SCENARIO_EXCEPTIONS as exception:
        handler = handler_of(handlers, exception)
        if handler is None:
            raise
        await run_body(handler)


async def do_try_finally(argument):
    attempt, final = argument
    try:
        await do_try(attempt)
    finally:
        await run_body(final)


async def do_retry(argument):
    retrying, body = argument
    tries = 0
    while True:
        try:
            return await run_body(body)
        except SCENARIO_EXCEPTIONS as exception:
            tries += 1
            wait_s = retrying.wait_s(tries, exception)
            if wait_s is None:
                raise
        await asyncio.sleep(wait_s)


async def in_time(awaitable, timeout_s):
    return await (awaitable if timeout_s is None else asyncio.wait_for(awaitable, timeout_s))


async def do_with(argument):
    lock, body = argument
    async with lock:
        await run_body(body)


async def do_with_executor(argument):
    executor, body = argument
    with executor:
        await run_body(body)


async def acquire(lock, timeout_s):
    """Timeout 0 asks first: wait_for() would give up before it has tried."""
    if timeout_s == 0 and lock.locked():
        raise asyncio.TimeoutError
    await in_time(lock.acquire(), timeout_s or None)


async def do_with_timeout(argument):
    lock, timeout_s, body = argument
    await acquire(lock, timeout_s)
    try:
        await run_body(body)
    finally:
        lock.release()


async def do_acquire(argument):
    await acquire(*argument)


async def do_wait(argument):
    waited_for, timeout_s = argument
    if timeout_s == 0 and isinstance(waited_for, asyncio.Event):
        if not waited_for.is_set():
            raise asyncio.TimeoutError
        return
    await in_time(waited_for.wait(), timeout_s)


async def do_put(argument):
    put, value, timeout_s = argument
    if timeout_s == 0:
        return put.__self__.put_nowait(value())
    try:
        await in_time(put(value()), timeout_s)
    except asyncio.TimeoutError:
        raise asyncio.QueueFull from None


async def get_item(get, timeout_s):
    if timeout_s == 0:
        return get.__self__.get_nowait()
    try:
        return await in_time(get(), timeout_s)
    except asyncio.TimeoutError:
        raise asyncio.QueueEmpty from None


async def do_get(argument):
    get, timeout_s, variables, slot = argument
    item = await get_item(get, timeout_s)
    if slot is not None:
        variables[slot] = item


async def do_get_urgent(argument):
    get, timeout_s, variables, slot = argument
    item = (await get_item(get, timeout_s))[2]
    if slot is not None:
        variables[slot] = item


async def do_join_queue(a_queue):
    await a_queue.join()


async def do_request(argument):
    service, time_s, timeout_s = argument
    wait_s = service.answer_in_s(time_s())
    if timeout_s is not None and wait_s > timeout_s:
        await asyncio.sleep(timeout_s)
        raise asyncio.TimeoutError
    await asyncio.sleep(wait_s)


# ---- Steps: tasks --------------------------------------------------------------------------------------

def handles_of(groups):
    return [handle for group in groups for handle in group]


def forget(groups):
    for group in groups:
        group.clear()


async def do_join(argument):
    groups, timeout_s = argument
    for handle in handles_of(groups):
        if handle not in DAEMONS:
            await in_time(handle, timeout_s)
    forget(groups)


async def do_await(argument):
    groups, timeout_s, variables, slot = argument
    for handle in handles_of(groups):
        result = await in_time(handle, timeout_s)
        if slot is not None:
            variables[slot] = value_of_result(result)
    forget(groups)


async def do_wait_handles(argument):
    groups, timeout_s, return_when = argument
    handles = handles_of(groups)
    if handles:
        await asyncio.wait(handles, timeout=timeout_s, return_when=return_when)


async def do_as_completed(argument):
    groups, timeout_s, variables, slot, body = argument
    try:
        for future in asyncio.as_completed(handles_of(groups), timeout=timeout_s):
            result = await future
            if slot is not None:
                variables[slot] = value_of_result(result)
            await run_body(body)
    except LoopBreak:
        return
    forget(groups)


async def do_shield(groups):
    for handle in handles_of(groups):
        await asyncio.shield(handle)


DAEMONS = weakref.WeakSet()  # which `join` does not wait for


def do_cancel(groups):
    for handle in handles_of(groups):
        handle.cancel()


def do_create_task(argument):
    group, those = argument
    activation, start = those[:2]
    create = (activation.instance.task_group or asyncio).create_task
    daemon = start['daemon'] or PROGRAM.workload['tasks'][start['task']]['daemon']
    for coroutine in started(those):
        group.append(create(coroutine))
        if daemon:
            DAEMONS.add(group[-1])


async def do_plain_gather(argument):
    """Whose results nobody keeps, of tasks that share their steps."""
    those, return_exceptions = argument
    await asyncio.gather(*started_alike(those), return_exceptions=return_exceptions)


async def do_gather(argument):
    those, return_exceptions, variables, slot = argument
    results = await asyncio.gather(*started(those), return_exceptions=return_exceptions)
    if slot is not None:
        variables[slot] = sum(result for result in results if isinstance(result, int))


def those_started(fields, activation):
    """The argument of started()."""
    start = fields['start']
    return (activation, start, value_of(start['count'], activation.variables),
            [value_of(argument, activation.variables) for argument in start['args']])


def bind_create_task(_, step, activation):
    fields = step[1]
    return (CALL, do_create_task, (activation.groups[fields['group']], those_started(fields, activation)))


def bind_gather(program, step, activation):
    fields = step[1]
    those, slot = those_started(fields, activation), fields['variable']
    _, start, count, arguments = those
    if slot is None and start['index'] is None and activation.instance.next_child < 0 and \
            program.workload['tasks'][start['task']]['bound'] != 'instance':
        return (AWAIT, do_plain_gather, ((start['task'], count, arguments), start['return_exceptions']))
    return (AWAIT, do_gather, (those, start['return_exceptions'], activation.variables, slot))


async def do_timeout(argument):
    timeout_s, body = argument
    if not hasattr(asyncio, 'timeout'):
        return await asyncio.wait_for(run_body(body), timeout_s)
    async with asyncio.timeout(timeout_s):
        await run_body(body)


def bind_timeout(program, step, activation):
    return (AWAIT, do_timeout, (step[1]['timeout_s'], program.bind(step[2], activation)))


async def do_task_group(argument):
    instance, body = argument
    outer = instance.task_group
    async with asyncio.TaskGroup() as instance.task_group:
        try:
            await run_body(body)
        finally:
            instance.task_group = outer


def bind_task_group(program, step, activation):
    return (AWAIT, do_task_group, (activation.instance, program.bind(step[2], activation)))


class LoopExecutor:
    """run_in_executor() in the form of an executor; None is the loop's own."""

    def __init__(self, executor):
        self.executor = executor

    def submit(self, function, *arguments):
        return asyncio.get_running_loop().run_in_executor(self.executor, function, *arguments)


# ---- One binder a kind of step ---------------------------------------------------------------------------

# What stands for a function of the other parts in coroutines: likewise by its argument.
COROUTINES = {
    harness.run_join: do_join,
    harness_control.run_while: do_while,
    harness_control.run_repeat: do_repeat,
    harness_control.run_counting_repeat: do_counting_repeat,
    harness_control.run_loop: do_loop,
    harness_control.run_call: do_call,
    harness_control.run_try: do_try,
    harness_control.run_try_finally: do_try_finally,
    harness_control.run_retry: do_retry,
    harness_threading.run_with: do_with,
    harness_threading.run_with_timeout: do_with_timeout,
    harness_threading.run_acquire: do_acquire,
    harness_threading.run_wait: do_wait,
    harness_threading.run_put: do_put,
    harness_threading.run_get: do_get,
    harness_threading.run_get_urgent: do_get_urgent,
    harness_threading.run_join_queue: do_join_queue,
    harness_threading.run_request: do_request,
    harness_processes.run_await: do_await,
    harness_processes.run_wait_futures: do_wait_handles,
    harness_processes.run_as_completed: do_as_completed,
}
# Those that functions do not have, or that are another thing there; of triples.
BINDERS = {
    'io': bind_io,
    'socket_io': bind_socket_io,
    'spawn': bind_create_task,
    'create_task': bind_create_task,
    'gather': bind_gather,
    'cancel': lambda _, step, activation: (CALL, do_cancel, groups_of(step[1], activation)),
    'shield': lambda _, step, activation: (AWAIT, do_shield, groups_of(step[1], activation)),
    'timeout': bind_timeout,
    'task_group': bind_task_group,
    'yield': lambda _, step, activation: (YIELD, value_of(step[1]['value'], activation.variables), None),
    'iterate': bind_iterate,
}


class Coroutines:
    """The program as the binders of coroutines' steps see it, and what runs such steps."""

    def __init__(self, program):
        global PROGRAM
        PROGRAM = self.program = program
        self.workload = program.workload
        self.caught = CAUGHT
        self.exceptions = SCENARIO_EXCEPTIONS

    @property
    def resources(self):
        return self.program.resources

    def bind(self, steps, activation):
        return tuple(self.bind_step(step, activation) for step in steps)

    def bind_step(self, step, activation):
        if step[0] in BINDERS:
            return BINDERS[step[0]](self, step, activation)
        function, argument = harness.BINDERS[step[0]](self, step, activation)
        if function in GENERATORS and yields(step):
            return (GENERATE, GENERATORS[function], argument)
        if function is harness_control.run_if:
            return (IF, argument[0], argument[1:])
        if function is harness_threading.run_with and isinstance(argument[0], harness_processes.Executor):
            return (AWAIT, do_with_executor, argument)
        if function in COROUTINES:
            return (AWAIT, COROUTINES[function], argument)
        return (CALL, *harness_trace.traced(step[0], (function, argument)))

    def executor(self, resource):
        return LoopExecutor(None if resource is None else self.resources[resource])

    def next_child(self, instance, task):
        """Of what an executor runs: a function."""
        return self.program.next_child(instance, task)

    # asyncio.run(main()): what the simulator mirrors (models/simulate/model_run_asyncio.c, drivers_asyncio.c)

    def run(self, model, numbers):
        run_loop(self.gather(model, numbers))

    async def gather(self, model, numbers):
        loop = self.enter_loop(model)
        coroutines = []
        for number in numbers:
            RECORDS[RECORD_WORDS * (number + 1)] = clock_ns()
            coroutines.append(run_task(number, (), model['timeout_s']))
        if model['return_when'] == asyncio.ALL_COMPLETED:
            await asyncio.gather(*coroutines, return_exceptions=model['return_exceptions'])
        else:
            await asyncio.wait([loop.create_task(coroutine) for coroutine in coroutines],
                               return_when=model['return_when'])

    def serve_requests(self, generator):
        """A task for each of those that come from outside, or that main() makes."""
        run_loop(self.serve_all(self.workload['how'], generator))

    async def serve_all(self, model, generator):
        server = LoopServer(self.workload, generator, self.enter_loop(model),
                            lambda number: run_task(number, (), model['timeout_s']))
        if self.workload['from_inside']:
            await server.serve_inside(asyncio.sleep)
        else:
            await server.serve_outside()

    def run_main(self, body):
        async def main():
            self.enter_loop(self.workload['how'])
            await run_body(body)
        run_loop(main())

    def serve(self, worker):
        """As a worker of a server."""
        run_loop(self.accept_and_serve(worker))

    async def accept_and_serve(self, worker):
        model = worker.how['each']
        await harness_server.LoopWorker(worker, self.enter_loop(model),
                                        lambda number: run_task(number, (), model['timeout_s'])).serve()

    def enter_loop(self, model):
        """The running loop, made ready for the program."""
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda *_: None)  # what nobody awaits is counted all the same
        if model['eager']:
            loop.set_task_factory(asyncio.eager_task_factory)
        belong_to(loop, self.resources)
        harness_sockets.enter_loop(asyncio)
        harness_trace.watch_loop(loop)
        return loop

    def note_never_begun(self):
        """Those that were cancelled before their first step."""
        for record in range(RECORD_WORDS, RECORD_WORDS * (len(self.program.bodies) + 1), RECORD_WORDS):
            if RECORDS[record] and not RECORDS[record + 1] and not RECORDS[record + 2]:
                RECORDS[record + 2] = RECORDS[1]
                RECORDS[record + 3] = OUTCOME_CANCELLED


def run_loop(coroutine):
    try:
        asyncio.run(coroutine)
    except SCENARIO_EXCEPTIONS + (Return,):
        pass  # what main() lets through is counted where it was raised
