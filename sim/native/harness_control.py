"""harness_control.py - the steps that decide what comes next: integers, conditions, calls, exceptions, retries.

The part of harness.py that needs no library. Its steps run in functions; see harness.py, "Steps", for what a
binder makes. What leaves a block early is an exception here as it is there: LoopBreak, Return, or the scenario's.
"""
import builtins
import concurrent.futures
import queue
import threading
import time


# ---- Integers: an int, ['var', slot] or [operator, operand, ...] ---------------------------------------

def value_of(expression, variables):
    """A function without arguments that gives the integer that an expression is under these variables."""
    if isinstance(expression, int):
        return lambda: expression
    name = expression[0]
    if name == 'var':
        slot = expression[1]
        return lambda: variables[slot]
    left = value_of(expression[1], variables)
    if name == 'neg':
        return lambda: -left()
    if name == 'not':
        return lambda: int(not left())
    return OPERATORS[name](left, value_of(expression[2], variables))


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
    def __init__(self, value):
        super().__init__()
        self.value = value


class Rejected(Exception):
    pass


class Named(Exception):
    """The scenario's own exceptions are its subclasses."""


TIMEOUTS = (TimeoutError, concurrent.futures.TimeoutError)
CANCELLED = (concurrent.futures.CancelledError,)
# By the numbers of enum exception_kind (workload.h): what an `except` catches; the first is what `raise` raises.
CAUGHT = [(Exception,), TIMEOUTS, CANCELLED, (Rejected,), (queue.Full,), (queue.Empty,),
          (threading.BrokenBarrierError, BrokenPipeError),
          (RuntimeError, ValueError, IndexError), (RecursionError,), (ZeroDivisionError, OverflowError),
          (getattr(builtins, 'ExceptionGroup', Named),)]
# What a step may raise; anything else is a defect of the harness.
SCENARIO_EXCEPTIONS = tuple(kind for kinds in CAUGHT[1:] for kind in kinds) + (Named,)
NAMED = {}
OUTCOME_COMPLETED, OUTCOME_FAILED, OUTCOME_TIMED_OUT, OUTCOME_CANCELLED, OUTCOME_REJECTED = range(5)


def caught_by(fields):
    """The exceptions that a step's number, and its name for the scenario's own, stand for."""
    number, name = fields['exception'], fields['exception_name']
    if number < len(CAUGHT):
        return CAUGHT[number]
    if name not in NAMED:
        NAMED[name] = type(name, (Named,), {})
    return (NAMED[name],)


def outcome_of(exception):
    for outcome, kinds in ((OUTCOME_TIMED_OUT, TIMEOUTS), (OUTCOME_CANCELLED, CANCELLED),
                           (OUTCOME_REJECTED, Rejected)):
        if isinstance(exception, kinds):
            return outcome
    return OUTCOME_FAILED


def run_raise(kind):
    raise kind


def run_raise_again(_):
    raise


def bind_raise(_, step, __):
    return (run_raise, caught_by(step[1])[0]) if step[1]['exception'] else (run_raise_again, None)


def run_try(argument):
    body, handlers = argument
    try:
        for function, step_argument in body:
            function(step_argument)
    except SCENARIO_EXCEPTIONS as exception:
        for kinds, handler in handlers:
            # A plain `except` takes all but a cancellation, whatever class that is.
            if isinstance(exception, kinds) and not (kinds is CAUGHT[0] and isinstance(exception, CANCELLED)):
                for function, step_argument in handler:
                    function(step_argument)
                return
        raise


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
            handlers.append((caught_by(fields), program.bind(part, activation)))
        elif name == 'finally':
            final = program.bind(part, activation)
        else:
            body = program.bind(part, activation)
    attempt = (body, handlers)
    return (run_try, attempt) if final is None else (run_try_finally, (attempt, final))


def run_retry(argument):
    retry, backoff_s, jitter, kinds, instance, body = argument
    tries = 0
    while True:
        try:
            for function, step_argument in body:
                function(step_argument)
            return
        except SCENARIO_EXCEPTIONS as exception:
            tries += 1
            if (tries >= retry['times'] or not isinstance(exception, kinds) or
                    (kinds is CAUGHT[0] and isinstance(exception, CANCELLED))):
                raise
        instance.retries += 1
        wait_s = min(backoff_s() * retry['factor'] ** (tries - 1), retry['limit_s'])
        time.sleep(wait_s * jitter())


def bind_retry(program, step, activation):
    _, fields, body = step
    retry = fields['retry']
    return (run_retry, (retry, drawn_or_constant(retry['backoff_s'], activation),
                        drawn_or_constant(retry['jitter'], activation), caught_by(fields), activation.instance,
                        program.bind(body, activation)))


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


def run_return(value):
    raise Return(value())


def bind_return(_, step, activation):
    return (run_return, value_of(step[1]['value'], activation.variables))


class Instance:
    """One execution of a task: its share of the drawn values, its item, its children, what is counted of it."""
    __slots__ = ('draws', 'items', 'next_child', 'seen', 'memory', 'retries', 'lost_updates')

    def __init__(self, draws=(), items=(), first_child=0):
        self.draws = Table(draws) if isinstance(draws, dict) else Sequence(draws)
        self.items = items
        self.next_child = first_child
        self.seen = {}
        self.memory = []
        self.retries = 0
        self.lost_updates = 0


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
            return self.unused.pop()
        activation = Activation(self.caller.instance, self.task)
        return activation, self.program.bind(self.task['steps'], activation)


def run_call(site):
    callee = site.callee()
    activation, body = callee
    variables = activation.variables
    variables[:] = [argument() for argument in site.arguments] + [0] * (len(variables) - len(site.arguments))
    result = 0
    try:
        for function, argument in body:
            function(argument)
    except Return as returned:
        result = returned.value
    finally:
        for group in activation.groups:
            group.clear()
        site.unused.append(callee)
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
