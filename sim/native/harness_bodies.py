"""harness_bodies.py - how the steps of coroutines and of asynchronous generators are executed.

The part of harness_asyncio.py that needs no loop. A body is a tuple of triples (how, function, argument).
"""
import harness_control
from harness_control import CallSite, LoopBreak

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
    finally:
        site.end(callee)


def bind_iterate(program, step, activation):
    _, fields, body = step
    site = CallSite(program, fields['start'], activation, fields['variable'])
    return (AWAIT, do_iterate, (site, program.bind(body, activation)))


GENERATORS = {
    harness_control.run_if: generate_if,
    harness_control.run_repeat: generate_repeat,
    harness_control.run_counting_repeat: generate_counting_repeat,
    harness_control.run_while: generate_while,
    harness_control.run_loop: generate_loop,
}


def yields(step):
    """Whether it is a part of a generator that gives values."""
    return step[0] == 'yield' or (isinstance(step[2], list) and any(map(yields, step[2])))
