"""harness_bodies.py - how the steps of coroutines and of generators, asynchronous or not, are executed.

The part of harness_asyncio.py that needs no loop. A body of a coroutine is a tuple of triples (how, function, argument).
"""
import harness_control
import harness_threading
from harness_control import CallSite, LoopBreak, Return, handler_of, value_of

# How a step's function is called: as it is; awaited; to choose between two bodies; in a generator, for a value for the
# consumer, or for those that another generator gives.
CALL, AWAIT, IF, YIELD, GENERATE = range(5)


async def run_body(body):
    for how, function, argument in body:
        if how == CALL:
            function(argument)
        elif how == IF:
            arm = argument[0 if function() else 1]
            if arm:
                await run_body(arm)
        else:
            await function(argument)


EXCEPTIONS = ()  # what a scenario's `except` in a coroutine may catch: harness_asyncio.py's


# ---- Generators ------------------------------------------------------------------------------------------

async def generate(body):
    """The code of a generator, or of a block in it that yields."""
    for how, function, argument in body:
        if how == CALL:
            function(argument)
        elif how == AWAIT:
            await function(argument)
        elif how == IF:
            await run_body(argument[0 if function() else 1])
        elif how == YIELD:
            yield function()
        else:
            async for value in function(argument):
                yield value


def generate_if(argument):
    condition, body, other = argument
    return generate(body if condition() else other)


async def generate_repeat(argument):
    count, body = argument
    try:
        for _ in range(count()):
            async for value in generate(body):
                yield value
    except LoopBreak:
        pass


async def generate_counting_repeat(argument):
    count, body, variables, slot = argument
    try:
        for variables[slot] in range(count()):
            async for value in generate(body):
                yield value
    except LoopBreak:
        pass


async def generate_while(argument):
    condition, body = argument
    try:
        while condition():
            async for value in generate(body):
                yield value
    except LoopBreak:
        pass


async def generate_loop(body):
    try:
        while True:
            async for value in generate(body):
                yield value
    except LoopBreak:
        pass


async def generate_try(argument):
    body, handlers = argument
    try:
        async for value in generate(body):
            yield value
    except EXCEPTIONS as exception:
        handler = handler_of(handlers, exception)
        if handler is None:
            raise
        async for value in generate(handler):
            yield value


async def generate_try_finally(argument):
    attempt, final = argument
    try:
        async for value in generate_try(attempt):
            yield value
    finally:
        await run_body(final)


async def generate_with(argument):
    lock, body = argument
    async with lock:
        async for value in generate(body):
            yield value


async def generate_iterate(argument):
    site, body = argument
    callee = site.callee()
    try:
        async for value in generate(callee[1]):
            if site.slot is not None:
                site.caller.variables[site.slot] = value
            async for other in generate(body):
                yield other
    except LoopBreak:
        pass
    except Return as returned:
        if returned.activation is not callee[0]:
            raise
    finally:
        site.end(callee)


async def do_iterate(argument):
    site, body = argument
    callee = site.callee()
    try:
        async for value in generate(callee[1]):
            if site.slot is not None:
                site.caller.variables[site.slot] = value
            await run_body(body)
    except LoopBreak:
        pass
    except Return as returned:
        if returned.activation is not callee[0]:
            raise
    finally:
        site.end(callee)


def bind_iterate(program, step, activation):
    _, fields, body = step
    argument = (CallSite(program, fields['start'], activation, fields['variable']), program.bind(body, activation))
    return (GENERATE, generate_iterate, argument) if yields(step) else (AWAIT, do_iterate, argument)


GENERATORS = {
    harness_control.run_if: generate_if,
    harness_control.run_repeat: generate_repeat,
    harness_control.run_counting_repeat: generate_counting_repeat,
    harness_control.run_while: generate_while,
    harness_control.run_loop: generate_loop,
    harness_control.run_try: generate_try,
    harness_control.run_try_finally: generate_try_finally,
    harness_threading.run_with: generate_with,
}


def yields(step):
    """Whether it is a part of a generator that gives values."""
    return step[0] == 'yield' or (isinstance(step[2], list) and any(map(yields, step[2])))


# ---- Generators of functions: the same of bodies that are pairs (function, argument) ---------------------------

def run_yield(_):
    """Never called: produce() does it."""


def produce(body):
    for function, argument in body:
        if function is run_yield:
            yield argument()
        elif function in PRODUCERS:
            yield from PRODUCERS[function](argument)
        else:
            function(argument)


def produce_if(argument):
    condition, body, other = argument
    return produce(body if condition() else other)


def produce_repeat(argument):
    count, body = argument
    try:
        for _ in range(count()):
            yield from produce(body)
    except LoopBreak:
        pass


def produce_counting_repeat(argument):
    count, body, variables, slot = argument
    try:
        for variables[slot] in range(count()):
            yield from produce(body)
    except LoopBreak:
        pass


def produce_while(argument):
    condition, body = argument
    try:
        while condition():
            yield from produce(body)
    except LoopBreak:
        pass


def produce_loop(body):
    try:
        while True:
            yield from produce(body)
    except LoopBreak:
        pass


def produce_try(argument):
    body, handlers = argument
    try:
        yield from produce(body)
    except harness_control.SCENARIO_EXCEPTIONS as exception:
        handler = handler_of(handlers, exception)
        if handler is None:
            raise
        yield from produce(handler)


def produce_try_finally(argument):
    attempt, final = argument
    try:
        yield from produce_try(attempt)
    finally:
        for function, step_argument in final:
            function(step_argument)


def produce_with(argument):
    lock, body = argument
    with lock:
        yield from produce(body)


def produce_iterate(argument):
    site, body = argument
    callee = site.callee()
    try:
        for value in produce(callee[1]):
            if site.slot is not None:
                site.caller.variables[site.slot] = value
            yield from produce(body)
    except LoopBreak:
        pass
    except Return as returned:
        if returned.activation is not callee[0]:
            raise
    finally:
        site.end(callee)


PRODUCERS = {
    harness_control.run_if: produce_if,
    harness_control.run_repeat: produce_repeat,
    harness_control.run_counting_repeat: produce_counting_repeat,
    harness_control.run_while: produce_while,
    harness_control.run_loop: produce_loop,
    harness_control.run_try: produce_try,
    harness_control.run_try_finally: produce_try_finally,
    harness_threading.run_with: produce_with,
}


def run_iterate(argument):
    for _ in produce_iterate(argument):
        pass


PRODUCERS[run_iterate] = produce_iterate


def bind_run_iterate(program, step, activation):
    return (run_iterate, bind_iterate(program, step, activation)[2])


BINDERS = {
    'yield': lambda _, step, activation: (run_yield, value_of(step[1]['value'], activation.variables)),
    'iterate': bind_run_iterate,
}
