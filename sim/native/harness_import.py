"""harness_import.py - modules as a program finds them that has run before. To be imported first.

Where there is no GIL, 3.13 makes a module's constants immortal when it loads them from a .pyc file, but not when compile() has
just made them, as importlib does (gh-118527). A loop that names a number above 256 then counts references to it, and
threads on two cores take the number's cache line from each other: spin() takes twice as long there, and gains nothing by threads.
"""
import marshal
import sys
from importlib.machinery import SourceFileLoader


def code_as_loaded(loader, data, path, compiled=SourceFileLoader.source_to_code):
    return marshal.loads(marshal.dumps(compiled(loader, data, path)))


if not getattr(sys, '_is_gil_enabled', lambda: True)():
    SourceFileLoader.source_to_code = code_as_loaded
