"""harness_trace.py - what each thread is at, step by step; only when a trace is wanted.

A step that takes time of its own is wrapped in one that notes when it began and ended. Each thread keeps its notes and
appends them to the file that GILSIM_TRACE names when its task ends: four 64-bit words a step, the last of which is
an index into KINDS (sim/native/native_trace.c reads them).
"""
import os
import threading
import time
from array import array

clock_ns = time.perf_counter_ns

KINDS = ('python', 'c', 'native', 'io', 'lock_wait', 'queue_wait')
KIND_OF = {
    'python': 0, 'c': 1, 'native': 2, 'io': 3, 'socket_io': 3, 'block': 3, 'request': 3, 'acquire': 4, 'wait': 5,
    'put': 5, 'get': 5, 'join': 5, 'join_queue': 5, 'await': 5, 'recv': 5,
}
FILE = None


class Notes(threading.local):
    """Of the thread that asks."""

    def __init__(self):
        self.words = array('q')
        self.who = os.getpid() << 32 | threading.get_native_id()


NOTES = Notes()


def begin():
    """In a process that executes steps."""
    global FILE
    path = os.environ.get('GILSIM_TRACE')
    if path:
        FILE = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.register_at_fork(after_in_child=forget)


def forget():
    """A forked child's notes are its own."""
    global NOTES
    NOTES = Notes()


def traced(name, step):
    """The step (function, argument) of that name, or one that notes what it does."""
    kind = KIND_OF.get(name)
    return step if FILE is None or kind is None else (run_traced, (kind, *step))


def run_traced(argument):
    kind, function, step_argument = argument
    begin_ns = clock_ns()
    try:
        function(step_argument)
    finally:
        NOTES.words.extend((begin_ns, clock_ns(), NOTES.who, kind))


def end_of_task():
    words = NOTES.words
    if words:
        os.write(FILE, words.tobytes())
        del words[:]
