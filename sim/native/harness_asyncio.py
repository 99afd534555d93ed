"""harness_asyncio.py - the part of harness.py that executes tasks as coroutines.

How many are started depends on the run, so nothing is bound to an instance beforehand: a step is a triple
(how, function, argument), and a function that needs it is handed the activation, which holds one
execution's variables and what it has started. Each step is the Python that sim/scenario/workload.h says it is.
"""
import asyncio
import builtins
import operator

import harness
from harness import (CANCELLED, FAILED, OPERATORS, RECORD_WORDS, REJECTED, TIMED_OUT, clock_ns, leaf, mark_stage)

RECORDS = harness.RECORDS
PROGRAM = harness.PROGRAM


# ---- Exceptions ----------------------------------------------------------------------------------------

class Break(BaseException):
    """break, through the coroutines that the bodies of loops are."""


class Return(BaseException):
    """return, with its value."""


class Rejected(Exception):
    pass


class Broken(Exception):
    pass


# By the numbers of enum exception_kind (sim/scenario/workload.h); the scenario's own are made as they are met.
EXCEPTIONS = {0: Exception, 1: asyncio.TimeoutError, 2: asyncio.CancelledError, 3: Rejected, 4: asyncio.QueueFull,
              5: asyncio.QueueEmpty, 6: Broken, 7: (RuntimeError, ValueError), 8: RecursionError, 9: ArithmeticError,
              10: getattr(builtins, 'BaseExceptionGroup', Broken)}


def exception_class(number):
    if number not in EXCEPTIONS:
        EXCEPTIONS[number] = type('Exception%d' % number, (Exception,), {})
    return EXCEPTIONS[number]


def outcome_of(error):
    if isinstance(error, asyncio.CancelledError):
        return CANCELLED
    if isinstance(error, asyncio.TimeoutError):
        return TIMED_OUT
    return REJECTED if isinstance(error, Rejected) else FAILED


# ---- Integers --------------------------------------------------------------------------------------------

def compiled(expression):
    """A function of the variables that gives the integer which harness.evaluate() would."""
    if isinstance(expression, int):
        return lambda variables: expression
    name = expression[0]
    if name == 'var':
        return operator.itemgetter(expression[1])
    left = compiled(expression[1])
    if name == 'neg':
        return lambda variables: -left(variables)
    if name == 'not':
        return lambda variables: int(left(variables) == 0)
    right = compiled(expression[2])
    if name == 'and':
        return lambda variables: int(left(variables) != 0 and right(variables) != 0)
    if name == 'or':
        return lambda variables: int(left(variables) != 0 or right(variables) != 0)
    apply = OPERATORS[name]
    if isinstance(expression[2], int):
        constant = expression[2]
        return lambda variables: int(apply(left(variables), constant))
    return lambda variables: int(apply(left(variables), right(variables)))


# ---- Instances and activations -------------------------------------------------------------------------

class Instance:
    """One execution of a task, its calls included."""
    __slots__ = ('record', 'amounts', 'item_ns', 'item_amounts', 'task_group')

    def __init__(self, record, item_ns=None, amounts=(), item_amounts=None):
        self.record = record
        self.item_ns = item_ns
        self.amounts = iter(amounts)
        self.item_amounts = item_amounts
        self.task_group = None


class Activation:
    """One execution of a task's steps: a call has its own."""
    __slots__ = ('instance', 'variables', 'groups', 'handled')

    def __init__(self, instance, task, arguments=()):
        self.instance = instance
        self.variables = variables = [0] * task.variable_count
        variables[:len(arguments)] = arguments
        self.groups = {}
        self.handled = None

    def handles(self, group):
        if group != 'all':
            return list(self.groups.get(group, ()))
        return [handle for number in sorted(self.groups) for handle in self.groups[number]]

    def forget(self, group):
        if group == 'all':
            self.groups.clear()
        else:
            self.groups.pop(group, None)


class Task:
    """A task of the workload; its body is made when all are known."""
    __slots__ = ('variable_count', 'steps', 'body')

    def __init__(self, task):
        self.variable_count = task['variables']
        self.steps = task['steps']
        self.body = ()


TASKS = []
RESOURCES = []
NEXT_RECORD = [0]
CAPACITY = 0


def new_record():
    """A place for what becomes of one more instance, which is released now."""
    NEXT_RECORD[0] += 1
    if NEXT_RECORD[0] > CAPACITY:
        raise MemoryError('more than %d tasks' % CAPACITY)
    record = RECORD_WORDS * NEXT_RECORD[0]
    RECORDS[record] = clock_ns()
    return record


# How a step's function is called: with its argument, or with the activation too; awaited or not; to choose between two
# bodies; in a generator, with a value for the consumer, or with values that another generator gives.
CALL, AWAIT, STEP, STEP_AWAIT, IF, YIELD, GENERATE = range(7)


async def run_body(activation, body):
    for how, function, argument in body:
        if how == CALL:
            function(argument)
        elif how == AWAIT:
            await function(argument)
        elif how == STEP:
            function(activation, argument)
        elif how == IF:
            arm = argument[0 if function(activation.variables) else 1]
            if arm:
                await run_body(activation, arm)
        else:
            await function(activation, argument)


async def run_task(activation, body, timeout_s=None):
    """An instance, from its first step to its outcome."""
    record = activation.instance.record
    RECORDS[record + 1] = clock_ns()
    result = 0
    try:
        if timeout_s is not None:
            await asyncio.wait_for(run_body(activation, body), timeout_s)
        else:
            for how, function, argument in body:
                if how == CALL:
                    function(argument)
                elif how == AWAIT:
                    await function(argument)
                elif how == STEP:
                    function(activation, argument)
                elif how == IF:
                    arm = argument[0 if function(activation.variables) else 1]
                    if arm:
                        await run_body(activation, arm)
                else:
                    await function(activation, argument)
    except Return as end:
        result = end.args[0]
    except BaseException as error:
        RECORDS[record + 3] = outcome_of(error)
        RECORDS[record + 2] = clock_ns()
        raise
    RECORDS[record + 2] = clock_ns()
    return result


def run_function(record, body):
    """An instance in a thread of an executor."""
    RECORDS[record + 1] = clock_ns()
    for function, argument in body:
        function(argument)
    RECORDS[record + 2] = clock_ns()
    return 0


class Start:
    """What a step starts, and how often."""

    def __init__(self, start):
        self.number = start['task']
        self.task = TASKS[self.number]
        self.count = compiled(start['count'])
        self.arguments = [compiled(argument) for argument in start['args']]
        self.items_ns = start['items_ns']
        self.index = start['index']
        self.return_exceptions = start['return_exceptions']

    def indexes(self, activation):
        return range(self.count(activation.variables))

    def values(self, activation, index):
        """The arguments of one instance."""
        variables = activation.variables
        if self.index is not None:
            variables[self.index] = index
        return [argument(variables) for argument in self.arguments]

    def coroutine(self, activation, index):
        item_ns = self.items_ns[index] if self.items_ns else activation.instance.item_ns
        instance = Instance(new_record(), item_ns)
        return run_task(Activation(instance, self.task, self.values(activation, index)), self.task.body)

    def function_body(self, activation, index):
        """For a thread: the steps as harness.py binds them."""
        instance = harness.Instance(variable_count=self.task.variable_count)
        instance.variables[:len(self.arguments)] = self.values(activation, index)
        return PROGRAM.bind(self.task.steps, instance)


# ---- Steps: durations and control flow -----------------------------------------------------------------

def do_item(activation, argument):
    """A CPU step or a blocking one that takes the instance's item."""
    kind, function = argument
    function(item_amount(activation.instance, kind))


async def do_item_io(activation, _):
    await asyncio.sleep(item_amount(activation.instance, 'io'))


KINDS = ('python', 'c', 'native', 'io', 'block')
SPIN_NS = {}


def item_amount(instance, kind):
    if instance.item_amounts is not None:
        return instance.item_amounts[KINDS.index(kind)]
    if kind in SPIN_NS:
        return round(instance.item_ns / SPIN_NS[kind])
    return instance.item_ns / 1e9


def do_drawn(activation, function):
    function(next(activation.instance.amounts))


async def do_drawn_io(activation, _):
    await asyncio.sleep(next(activation.instance.amounts))


def bind_leaf(step):
    kind, source, value = step
    if source == 'constant':
        return (AWAIT, asyncio.sleep, value) if kind == 'io' else (CALL, leaf(kind, value), value)
    if source == 'item':
        return (STEP_AWAIT, do_item_io, None) if kind == 'io' else (STEP, do_item, (kind, leaf(kind)))
    return (STEP_AWAIT, do_drawn_io, None) if kind == 'io' else (STEP, do_drawn, leaf(kind))


async def do_repeat(activation, argument):
    count, variable, body = argument
    variables = activation.variables
    try:
        for number in range(count(variables)):
            if variable is not None:
                variables[variable] = number
            await run_body(activation, body)
    except Break:
        pass


async def do_while(activation, argument):
    test, body = argument
    try:
        while test(activation.variables):
            await run_body(activation, body)
    except Break:
        pass


def do_break(_, __):
    raise Break


def do_let(activation, argument):
    variable, value = argument
    activation.variables[variable] = value(activation.variables)


def do_return(activation, value):
    raise Return(value(activation.variables))


async def do_call(activation, argument):
    start, variable = argument
    callee = Activation(activation.instance, start.task, start.values(activation, 0))
    result = 0
    try:
        await run_body(callee, start.task.body)
    except Return as end:
        result = end.args[0]
    if variable is not None:
        activation.variables[variable] = result


def do_raise(activation, number):
    if number == 0:
        raise activation.handled
    kind = exception_class(number)
    raise kind[0] if isinstance(kind, tuple) else kind


async def do_try(activation, argument):
    body, handlers, final = argument
    try:
        try:
            await run_body(activation, body)
        except BaseException as error:
            for kind, handler in handlers:
                if isinstance(error, kind):
                    activation.handled = error
                    await run_body(activation, handler)
                    break
            else:
                raise
    finally:
        await run_body(activation, final)


async def do_retry(activation, argument):
    retry, kind, body = argument
    backoff_s = retry['backoff_s']
    for left in reversed(range(retry['times'])):
        try:
            return await run_body(activation, body)
        except kind:
            if left == 0:
                raise
        RECORDS[activation.instance.record + 10] += 1
        await asyncio.sleep(min(backoff_s, retry['limit_s'] or backoff_s))
        backoff_s *= retry['factor']


# ---- Steps: tasks --------------------------------------------------------------------------------------

def do_create_task(activation, argument):
    start, group = argument
    create = (activation.instance.task_group or asyncio).create_task
    handles = activation.groups.setdefault(group, [])
    for index in start.indexes(activation):
        handles.append(create(start.coroutine(activation, index)))


async def do_gather(activation, argument):
    start, variable = argument
    results = await asyncio.gather(*[start.coroutine(activation, index) for index in start.indexes(activation)],
                                   return_exceptions=start.return_exceptions)
    if variable is not None:
        activation.variables[variable] = sum(result for result in results if isinstance(result, int))


async def do_await(activation, argument):
    group, timeout_s, variable = argument
    for handle in activation.handles(group):
        result = await (handle if timeout_s is None else asyncio.wait_for(handle, timeout_s))
        if variable is not None:
            activation.variables[variable] = result
    activation.forget(group)


async def do_wait(activation, argument):
    group, timeout_s, return_when = argument
    handles = activation.handles(group)
    if handles:
        await asyncio.wait(handles, timeout=timeout_s, return_when=return_when)


async def do_as_completed(activation, argument):
    group, timeout_s, variable, body = argument
    try:
        for future in asyncio.as_completed(activation.handles(group), timeout=timeout_s):
            result = await future
            if variable is not None:
                activation.variables[variable] = result
            await run_body(activation, body)
    except Break:
        return
    activation.forget(group)


async def do_timeout(activation, argument):
    timeout_s, body = argument
    if not hasattr(asyncio, 'timeout'):
        return await asyncio.wait_for(run_body(activation, body), timeout_s)
    async with asyncio.timeout(timeout_s):
        await run_body(activation, body)


def do_cancel(activation, group):
    for handle in activation.handles(group):
        handle.cancel()


async def do_shield(activation, group):
    for handle in activation.handles(group):
        await asyncio.shield(handle)


async def do_task_group(activation, body):
    instance = activation.instance
    outer = instance.task_group
    async with asyncio.TaskGroup() as instance.task_group:
        try:
            await run_body(activation, body)
        finally:
            instance.task_group = outer


def do_submit(activation, argument):
    start, group = argument
    loop = asyncio.get_running_loop()
    handles = activation.groups.setdefault(group, [])
    for index in start.indexes(activation):
        body = start.function_body(activation, index)
        handles.append(loop.run_in_executor(None, run_function, new_record(), body))


# ---- Steps: generators -----------------------------------------------------------------------------------

async def generate(activation, body):
    """The code of a generator, or of a block in it that yields."""
    for how, function, argument in body:
        if how == CALL:
            function(argument)
        elif how == AWAIT:
            await function(argument)
        elif how == STEP:
            function(activation, argument)
        elif how == STEP_AWAIT:
            await function(activation, argument)
        elif how == IF:
            await run_body(activation, argument[0 if function(activation.variables) else 1])
        elif how == YIELD:
            yield argument(activation.variables)
        else:
            async for value in function(activation, argument):
                yield value


async def generate_repeat(activation, argument):
    count, variable, body = argument
    try:
        for number in range(count(activation.variables)):
            if variable is not None:
                activation.variables[variable] = number
            async for value in generate(activation, body):
                yield value
    except Break:
        pass


async def generate_while(activation, argument):
    test, body = argument
    try:
        while test(activation.variables):
            async for value in generate(activation, body):
                yield value
    except Break:
        pass


def generate_if(activation, argument):
    test, arms = argument
    return generate(activation, arms[0 if test(activation.variables) else 1])


GENERATORS = {do_repeat: generate_repeat, do_while: generate_while}


async def do_iterate(activation, argument):
    start, variable, body = argument
    inner = Activation(activation.instance, start.task, start.values(activation, 0))
    try:
        async for value in generate(inner, start.task.body):
            if variable is not None:
                activation.variables[variable] = value
            await run_body(activation, body)
    except Break:
        pass


# ---- Steps: locks and queues -----------------------------------------------------------------------------

async def in_time(awaitable, timeout_s):
    return await (awaitable if timeout_s is None else asyncio.wait_for(awaitable, timeout_s))


async def do_with(activation, argument):
    resource, timeout_s, body = argument
    if timeout_s is None:
        async with RESOURCES[resource]:
            return await run_body(activation, body)
    await asyncio.wait_for(RESOURCES[resource].acquire(), timeout_s)
    try:
        await run_body(activation, body)
    finally:
        RESOURCES[resource].release()


async def do_acquire(_, argument):
    resource, timeout_s = argument
    await in_time(RESOURCES[resource].acquire(), timeout_s)


def do_release(activation, argument):
    resource, count = argument
    for _ in range(count(activation.variables)):
        RESOURCES[resource].release()


async def do_wait_for(_, argument):
    resource, timeout_s = argument
    await in_time(RESOURCES[resource].wait(), timeout_s)


def do_set(_, resource):
    RESOURCES[resource].set()


def do_clear(_, resource):
    RESOURCES[resource].clear()


def do_notify(activation, argument):
    resource, count = argument
    count = count(activation.variables)
    if count:
        RESOURCES[resource].notify(count)
    else:
        RESOURCES[resource].notify_all()


class Items(asyncio.PriorityQueue):
    """A priority queue in which the first put comes first among equals."""

    def _init(self, maxsize):
        super()._init(maxsize)
        self.puts = 0

    def _put(self, item):
        self.puts += 1
        priority, value = item
        super()._put((priority, self.puts, value))

    def _get(self):
        return super()._get()[2]


async def do_put(activation, argument):
    resource, value, priority, timeout_s = argument
    queue = RESOURCES[resource]
    item = value(activation.variables)
    if isinstance(queue, Items):
        item = (priority(activation.variables), item)
    if timeout_s == 0:
        return queue.put_nowait(item)
    try:
        await in_time(queue.put(item), timeout_s)
    except asyncio.TimeoutError:
        raise asyncio.QueueFull from None


async def do_get(activation, argument):
    resource, variable, timeout_s = argument
    if timeout_s == 0:
        item = RESOURCES[resource].get_nowait()
    else:
        try:
            item = await in_time(RESOURCES[resource].get(), timeout_s)
        except asyncio.TimeoutError:
            raise asyncio.QueueEmpty from None
    if variable is not None:
        activation.variables[variable] = item


def do_task_done(_, resource):
    RESOURCES[resource].task_done()


async def do_join_queue(_, resource):
    await RESOURCES[resource].join()


RESOURCE_CLASSES = {
    'lock': lambda size: asyncio.Lock(),
    'condition': lambda size: asyncio.Condition(),
    'semaphore': asyncio.Semaphore,
    'bounded_semaphore': asyncio.BoundedSemaphore,
    'event': lambda size: asyncio.Event(),
    'queue': asyncio.Queue,
    'lifo_queue': asyncio.LifoQueue,
    'priority_queue': Items,
}


# ---- One binder a kind of step ---------------------------------------------------------------------------

def bind(steps):
    return tuple(BINDERS[step[0]](step) for step in steps)


def blocks(step):
    """The parts of `if` and `try`: (name, fields, body) of each."""
    return [(name, fields, bind(body)) for name, fields, body in step[2]]


def yields(body):
    return any(how in (YIELD, GENERATE) for how, _, _ in body)


def of_block(function, argument, body):
    """A step with a body, which is a generator where that yields."""
    if yields(body):
        return (GENERATE, GENERATORS[function], argument)
    return (STEP_AWAIT, function, argument)


def bind_repeat(step):
    body = bind(step[3])
    return of_block(do_repeat, (compiled(step[1]), step[2], body), body)


def bind_loop(step):
    body = bind(step[1])
    return of_block(do_while, (compiled(1), body), body)


def bind_while(step):
    body = bind(step[2])
    return of_block(do_while, (compiled(step[1]['value']), body), body)


def bind_if(step):
    arms = [body for _, _, body in blocks(step)] + [()]
    test = compiled(step[1]['value'])
    if any(yields(body) for body in arms):
        return (GENERATE, generate_if, (test, arms))
    return (IF, test, arms)


def bind_try(step):
    parts = blocks(step)
    handlers = [(exception_class(fields['exception']), body) for name, fields, body in parts if name == 'except']
    final = [body for name, _, body in parts if name == 'finally']
    return (STEP_AWAIT, do_try, (parts[0][2], handlers, final[0] if final else ()))


def bind_wait(step):
    fields = step[1]
    if fields['resource'] is None:
        return (STEP_AWAIT, do_wait, (fields['group'], fields['timeout_s'], getattr(asyncio, fields['return_when'])))
    return (STEP_AWAIT, do_wait_for, (fields['resource'], fields['timeout_s']))


def by_fields(how, function, *names):
    """A binder for a step whose argument is made of these fields; `start` and `body` are made ready."""
    def part(step, name):
        if name == 'body':
            return bind(step[2])
        if name in ('value', 'count', 'extra'):
            return compiled(step[1][name])
        return Start(step[1]['start']) if name == 'start' else step[1][name]

    def binder(step):
        parts = tuple(part(step, name) for name in names)
        return (how, function, parts if len(parts) > 1 else parts[0])
    return binder


BINDERS = {
    'python': bind_leaf,
    'c': bind_leaf,
    'native': bind_leaf,
    'io': bind_leaf,
    'block': bind_leaf,
    'repeat': bind_repeat,
    'loop': bind_loop,
    'while': bind_while,
    'break': lambda step: (STEP, do_break, None),
    'if': bind_if,
    'let': by_fields(STEP, do_let, 'variable', 'value'),
    'call': by_fields(STEP_AWAIT, do_call, 'start', 'variable'),
    'return': by_fields(STEP, do_return, 'value'),
    'try': bind_try,
    'raise': by_fields(STEP, do_raise, 'exception'),
    'retry': lambda step: (STEP_AWAIT, do_retry, (step[1]['retry'], exception_class(step[1]['exception']),
                                                  bind(step[2]))),
    'stage': lambda step: (CALL, mark_stage, step[1]),
    'spawn': by_fields(STEP, do_create_task, 'start', 'group'),
    'create_task': by_fields(STEP, do_create_task, 'start', 'group'),
    'gather': by_fields(STEP_AWAIT, do_gather, 'start', 'variable'),
    'join': by_fields(STEP_AWAIT, do_await, 'group', 'timeout_s', 'variable'),
    'await': by_fields(STEP_AWAIT, do_await, 'group', 'timeout_s', 'variable'),
    'wait': bind_wait,
    'as_completed': by_fields(STEP_AWAIT, do_as_completed, 'group', 'timeout_s', 'variable', 'body'),
    'timeout': by_fields(STEP_AWAIT, do_timeout, 'timeout_s', 'body'),
    'cancel': by_fields(STEP, do_cancel, 'group'),
    'shield': by_fields(STEP_AWAIT, do_shield, 'group'),
    'task_group': by_fields(STEP_AWAIT, do_task_group, 'body'),
    'submit': by_fields(STEP, do_submit, 'start', 'group'),
    'yield': by_fields(YIELD, None, 'value'),
    'iterate': by_fields(STEP_AWAIT, do_iterate, 'start', 'variable', 'body'),
    'with': by_fields(STEP_AWAIT, do_with, 'resource', 'timeout_s', 'body'),
    'acquire': by_fields(STEP_AWAIT, do_acquire, 'resource', 'timeout_s'),
    'release': by_fields(STEP, do_release, 'resource', 'count'),
    'set': by_fields(STEP, do_set, 'resource'),
    'clear': by_fields(STEP, do_clear, 'resource'),
    'notify': by_fields(STEP, do_notify, 'resource', 'count'),
    'put': by_fields(STEP_AWAIT, do_put, 'resource', 'value', 'extra', 'timeout_s'),
    'get': by_fields(STEP_AWAIT, do_get, 'resource', 'variable', 'timeout_s'),
    'task_done': by_fields(STEP, do_task_done, 'resource'),
    'join_queue': by_fields(STEP_AWAIT, do_join_queue, 'resource'),
}


# ---- asyncio.run(main()): what the simulator mirrors (models/simulate/drivers_asyncio.c) --------------------

def first_coroutine(workload, index):
    """The index-th instance of a run."""
    task = TASKS[workload['task']]
    draws, columns = workload.get('draws'), workload.get('items')
    instance = Instance(new_record(), amounts=draws[index] if draws else (),
                        item_amounts=[column and column[index] for column in columns] if columns else None)
    return run_task(Activation(instance, task), task.body, workload['coroutines']['timeout_s'])


async def main(workload):
    settings = workload['coroutines']
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda *_: None)  # what nobody awaits is counted all the same
    if settings['eager']:
        loop.set_task_factory(asyncio.eager_task_factory)
    RESOURCES[:] = [RESOURCE_CLASSES[kind](size) for kind, size in settings['resources']]
    if settings['main'] is not None:
        task = TASKS[settings['main']]
        return await run_body(Activation(Instance(0), task), task.body)
    coroutines = [first_coroutine(workload, index) for index in range(workload['count'])]
    if settings['return_when'] == 'ALL_COMPLETED':
        return await asyncio.gather(*coroutines, return_exceptions=settings['return_exceptions'])
    await asyncio.wait([loop.create_task(coroutine) for coroutine in coroutines],
                       return_when=settings['return_when'])


def run(workload):
    try:
        asyncio.run(main(workload))
    except (Exception, Return, asyncio.CancelledError):
        pass  # what main() lets through is counted where it was raised
    for record in range(RECORD_WORDS, RECORD_WORDS * (NEXT_RECORD[0] + 1), RECORD_WORDS):
        if RECORDS[record + 1] == 0:  # cancelled before its first step
            RECORDS[record + 2] = clock_ns()
            RECORDS[record + 3] = CANCELLED


def prepare(workload):
    """Makes all ready before the clock starts; returns what runs it."""
    global CAPACITY
    CAPACITY = workload.get('capacity', workload['count'])
    SPIN_NS.update(zip(KINDS, workload['coroutines']['spin_ns']))
    TASKS[:] = [task and Task(task) for task in workload['tasks']]
    for task in TASKS:
        if task:
            try:
                task.body = bind(task.steps)
            except KeyError:
                task.body = None  # of functions only
    return lambda: run(workload)
