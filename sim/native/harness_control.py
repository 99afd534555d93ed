"""harness_control.py - the steps that decide what comes next: integers, conditions, calls, exceptions, retries.

The part of harness.py that needs no library. Its steps run in functions; see harness.py, "Steps", for what a
binder makes. What leaves a block early is an exception here as it is there: LoopBreak, Return, or the scenario's.
"""
import builtins
import concurrent.futures
import functools
import queue
import threading
import time


# ---- Integers: an int, ['var', slot] or [operator, operand, ...] ---------------------------------------

@functools.lru_cache(maxsize=None)
def constant(value):
    return lambda: value


def value_of(expression, variables):
    """A function without arguments that gives the integer that an expression is under these variables."""
    if isinstance(expression, int):
        return constant(expression)
    name = expression[0]
    if name == 'var':
        slot = expression[1]
        return lambda: variables[slot]
    left = value_of(expression[1], variables)
    if name == 'neg':
        return lambda: -left()
    if name == 'not':
        return lambda: int(not left())
    right = expression[2]
    if name in WITH_CONSTANT and isinstance(right, int) and isinstance(expression[1], list) and expression[1][0] == 'var':
        return WITH_CONSTANT[name](variables, expression[1][1], right)
    return OPERATORS[name](left, value_of(right, variables))


OPERATORS = {
    '+': lambda left, right: lambda: left() + right(),
    '-': lambda left, right: lambda: left() - right(),
    '*': lambda left, right: lambda: left() * right(),
    '//': lambda left, right: lambda: left() // right(),
    '%': lambda left, right: lambda: left() % right(),
    '==': lambda left, right: lambda: int(left() == right()),
    '!=': lambda left, right: lambda: int(left() != right()),
    '<': lambda left, right: lambda: int(left() < right()),
    '<=': lambda left, right: lambda: int(left() <= right()),
    '>': lambda left, right: lambda: int(left() > right()),
    '>=': lambda left, right: lambda: int(left() >= right()),
    'and': lambda left, right: lambda: int(bool(left() and right())),
    'or': lambda left, right: lambda: int(bool(left() or right())),
}


# The commonest, of a variable and a constant: one function instead of three, for programs of very many small tasks.
WITH_CONSTANT = {
    '-': lambda variables, slot, right: lambda: variables[slot] - right,
    '==': lambda variables, slot, right: lambda: int(variables[slot] == right),
    '<': lambda variables, slot, right: lambda: int(variables[slot] < right),
    '>': lambda variables, slot, right: lambda: int(variables[slot] > right),
}


def drawn_or_constant(amount, activation):
    """A function without arguments: ['constant', value], or the instance's next draw at ['drawn', site]."""
    source, value = amount
    if source == 'constant':
        return lambda: value
    next_draw = activation.instance.draws.next
    return lambda: next_draw(value)


class Sequence:
    """An instance's drawn values where its way through its steps is known beforehand: in the order of their use."""

    def __init__(self, values):
        self.values = iter(values)

    def next(self, _):
        return next(self.values)


class Table:
    """An instance's drawn values where its way depends on data: what the k-th draw is at each site. Who draws
    more often than was written out begins anew."""

    def __init__(self, columns):
        self.columns = columns
        self.count = 0

    def next(self, site):
        column = self.columns[str(site)]
        value = column[self.count % len(column)]
        self.count += 1
        return value


# ---- Exceptions ----------------------------------------------------------------------------------------

class LoopBreak(BaseException):
    pass


class Return(BaseException):
    """Of the activation that it ends."""

    def __init__(self, value, activation):
        super().__init__()
        self.value = value
        self.activation = activation


class Rejected(Exception):
    pass


class Named(Exception):
    """The scenario's own exceptions are its subclasses, which processes hand to each other by their names."""

    def __reduce__(self):
        return (new_named, (type(self).__name__,))


def new_named(name):
    return class_of(name)()


TIMEOUTS = (TimeoutError, concurrent.futures.TimeoutError)
CANCELLED = (concurrent.futures.CancelledError,)
# By the numbers of enum exception_kind (workload.h): what an `except` catches; the first is what `raise` raises.
CAUGHT = [(Exception,), TIMEOUTS, CANCELLED, (Rejected,), (queue.Full,), (queue.Empty,),
          (threading.BrokenBarrierError, BrokenPipeError),
          (RuntimeError, ValueError, IndexError, AssertionError), (RecursionError,), (ZeroDivisionError, OverflowError),
          (getattr(builtins, 'ExceptionGroup', Named),)]
NAMED = {}
OUTCOME_COMPLETED, OUTCOME_FAILED, OUTCOME_TIMED_OUT, OUTCOME_CANCELLED, OUTCOME_REJECTED = range(5)


def scenario_exceptions(caught):
    """What a step may raise; anything else is a defect of the harness."""
    return tuple(kind for kinds in caught[1:] for kind in kinds) + (Named,)


SCENARIO_EXCEPTIONS = scenario_exceptions(CAUGHT)


def caught_by(program, fields):
    """The exceptions that a step's number, and its name for the scenario's own, stand for."""
    number, name = fields['exception'], fields['exception_name']
    return program.caught[number] if number < len(program.caught) else (class_of(name),)


def class_of(name):
    """The scenario's exception of that name."""
    if name not in NAMED:
        NAMED[name] = type(name, (Named,), {})
    return NAMED[name]


def takes(kinds, exception):
    """A plain `except` takes all but a cancellation, whatever class that is."""
    return isinstance(exception, kinds) and not (kinds is CAUGHT[0] and isinstance(exception, CANCELLED))


def outcome_of(exception, caught=CAUGHT):
    for outcome, kinds in ((OUTCOME_TIMED_OUT, caught[1]), (OUTCOME_CANCELLED, caught[2]),
                           (OUTCOME_REJECTED, Rejected)):
        if isinstance(exception, kinds):
            return outcome
    return OUTCOME_FAILED


def run_raise(kind):
    raise kind


def run_raise_again(_):
    raise


def bind_raise(program, step, _):
    return (run_raise, caught_by(program, step[1])[0]) if step[1]['exception'] else (run_raise_again, None)


def handler_of(handlers, exception):
    """The body of the first `except` that takes it; None: it goes on."""
    for kinds, handler in handlers:
        if takes(kinds, exception):
            return handler
    return None


def run_try(argument):
    body, handlers = argument
    try:
        for function, step_argument in body:
            function(step_argument)
    except SCENARIO_EXCEPTIONS as exception:
        handler = handler_of(handlers, exception)
        if handler is None:
            raise
        for function, step_argument in handler:
            function(step_argument)


def run_try_finally(argument):
    attempt, final = argument
    try:
        run_try(attempt)
    finally:
        for function, step_argument in final:
            function(step_argument)


def bind_try(program, step, activation):
    body, final, handlers = (), None, []
    for name, fields, part in step[2]:
        if name == 'except':
            handlers.append((caught_by(program, fields), program.bind(part, activation)))
        elif name == 'finally':
            final = program.bind(part, activation)
        else:
            body = program.bind(part, activation)
    attempt = (body, handlers)
    return (run_try, attempt) if final is None else (run_try_finally, (attempt, final))


class Retrying:
    """When a `retry` tries again, and how long it waits before."""

    def __init__(self, program, fields, activation):
        retry = fields['retry']
        self.times, self.factor, self.limit_s = retry['times'], retry['factor'], retry['limit_s']
        self.backoff_s = drawn_or_constant(retry['backoff_s'], activation)
        self.jitter = drawn_or_constant(retry['jitter'], activation)
        self.kinds = caught_by(program, fields)
        self.instance = activation.instance

    def wait_s(self, tries, exception):
        """After so many tries; None: the exception goes on."""
        if tries >= self.times or not takes(self.kinds, exception):
            return None
        self.instance.retries += 1
        return min(self.backoff_s() * self.factor ** (tries - 1), self.limit_s) * self.jitter()


def run_retry(argument):
    retrying, body = argument
    tries = 0
    while True:
        try:
            for function, step_argument in body:
                function(step_argument)
            return
        except SCENARIO_EXCEPTIONS as exception:
            tries += 1
            wait_s = retrying.wait_s(tries, exception)
            if wait_s is None:
                raise
        time.sleep(wait_s)


def bind_retry(program, step, activation):
    _, fields, body = step
    return (run_retry, (Retrying(program, fields, activation), program.bind(body, activation)))


# ---- Conditions and loops ------------------------------------------------------------------------------

def run_if(argument):
    condition, body, other = argument
    for function, step_argument in body if condition() else other:
        function(step_argument)


def bind_if(program, step, activation):
    _, fields, arms = step
    bodies = [program.bind(arm[2], activation) for arm in arms] + [()]
    if fields['chance'] is None:
        condition = value_of(fields['value'], activation.variables)
    else:
        condition = drawn_or_constant(fields['chance'], activation)
    return (run_if, (condition, bodies[0], bodies[1]))


def run_while(argument):
    condition, body = argument
    try:
        while condition():
            for function, step_argument in body:
                function(step_argument)
    except LoopBreak:
        pass


def bind_while(program, step, activation):
    return (run_while, (value_of(step[1]['value'], activation.variables), program.bind(step[2], activation)))


def run_repeat(argument):
    count, body = argument
    try:
        for _ in range(count()):
            for function, step_argument in body:
                function(step_argument)
    except LoopBreak:
        pass


def run_counting_repeat(argument):
    count, body, variables, slot = argument
    try:
        for variables[slot] in range(count()):
            for function, step_argument in body:
                function(step_argument)
    except LoopBreak:
        pass


def bind_repeat(program, step, activation):
    _, fields, body = step
    count, slot = value_of(fields['count'], activation.variables), fields['variable']
    if slot is None:
        return (run_repeat, (count, program.bind(body, activation)))
    return (run_counting_repeat, (count, program.bind(body, activation), activation.variables, slot))


def run_loop(body):
    try:
        while True:
            for function, argument in body:
                function(argument)
    except LoopBreak:
        pass


def run_break(_):
    raise LoopBreak


# ---- Variables and calls -------------------------------------------------------------------------------

def run_let(argument):
    variables, slot, value = argument
    variables[slot] = value()


def bind_let(_, step, activation):
    fields = step[1]
    return (run_let, (activation.variables, fields['variable'], value_of(fields['value'], activation.variables)))


def run_return(argument):
    value, activation = argument
    raise Return(value(), activation)


def bind_return(_, step, activation):
    return (run_return, (value_of(step[1]['value'], activation.variables), activation))


class Instance:
    """One execution of a task: its share of the drawn values, its item, its children, what is counted of it."""
    __slots__ = ('draws', 'items', 'next_child', 'seen', 'memory', 'retries', 'lost_updates', 'task_group')

    def __init__(self, draws=(), items=(), first_child=0):
        self.draws = (NO_DRAWS if not draws else
                      Table(draws) if isinstance(draws, dict) else Sequence(draws))
        self.items = items
        self.next_child = first_child
        self.seen = None  # until it is asked for
        self.memory = None  # likewise
        self.retries = 0
        self.lost_updates = 0
        self.task_group = None  # of a coroutine: the TaskGroup that it is in


    def seen_of(self, resource):
        """What it has read of a shared variable."""
        if self.seen is None:
            self.seen = {}
        return self.seen.setdefault(resource, {})

    def keep(self, block):
        """Until it ends."""
        if self.memory is None:
            self.memory = []
        self.memory.append(block)


NO_DRAWS = Sequence(())


class Activation:
    """What the steps of one call are bound to: an instance's own, or one of a task that it calls."""
    __slots__ = ('instance', 'variables', 'groups')

    def __init__(self, instance, task):
        self.instance = instance
        self.variables = [0] * task['variables']
        self.groups = [[] for _ in range(task['groups'])]


class CallSite:
    """A step that calls another task's steps. Each call has variables of its own; those of calls that have ended
    serve again, with the steps bound to them."""

    def __init__(self, program, start, activation, slot):
        self.program = program
        self.task = program.workload['tasks'][start['task']]
        self.arguments = [value_of(argument, activation.variables) for argument in start['args']]
        self.caller = activation
        self.slot = slot
        self.unused = []

    def callee(self):
        if self.unused:
            activation, body = self.unused.pop()
        else:
            activation = Activation(self.caller.instance, self.task)
            body = self.program.bind(self.task['steps'], activation)
        variables = activation.variables
        variables[:] = [argument() for argument in self.arguments] + [0] * (len(variables) - len(self.arguments))
        return activation, body

    def end(self, callee):
        for group in callee[0].groups:
            group.clear()
        self.unused.append(callee)


def run_call(site):
    callee = site.callee()
    result = 0
    try:
        for function, argument in callee[1]:
            function(argument)
    except Return as returned:
        result = returned.value
    finally:
        site.end(callee)
    if site.slot is not None:
        site.caller.variables[site.slot] = result


def bind_call(program, step, activation):
    return (run_call, CallSite(program, step[1]['start'], activation, step[1]['variable']))


BINDERS = {
    'if': bind_if,
    'while': bind_while,
    'repeat': bind_repeat,
    'loop': lambda program, step, activation: (run_loop, program.bind(step[2], activation)),
    'break': lambda _, __, ___: (run_break, None),
    'let': bind_let,
    'call': bind_call,
    'return': bind_return,
    'try': bind_try,
    'raise': bind_raise,
    'retry': bind_retry,
}
