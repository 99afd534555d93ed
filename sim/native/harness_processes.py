"""harness_processes.py - the part of harness.py that knows concurrent.futures and multiprocessing."""
