"""calibrate_sockets.py - what requests to a server cost (io_via: socket); a part of calibrate.py.

The server is a process on this machine that reads and answers at once; what is measured is the CPU time of the thread
that asks.
"""
import asyncio
import os
import socket
import time

import calibrate
import calibrate_asyncio
import harness_sockets
from calibrate import MEDIANS, measured, medians_of_groups, thread_cpu_ns
from calibrate_asyncio import LOOP, cost

ROUNDS = 120
REQUEST = b'12345678'
PAUSE_S = 0.0002  # until the server waits again


def serve(listener):
    """Answers whatever comes, on one connection after the other."""
    while True:
        connection, _ = listener.accept()
        with connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while connection.recv(64):
                connection.send(b'.')


def start_server():
    listener = socket.create_server(('127.0.0.1', 0), backlog=1024)
    os.environ[harness_sockets.PORT_VARIABLE] = str(listener.getsockname()[1])
    server = os.fork()
    if server == 0:
        os.sched_setaffinity(0, [calibrate.THERE])
        serve(listener)
    listener.close()
    return server


def measure_threads():
    """The pause lets the answer come before it is read."""
    connects_ns, sends_ns, receives_ns = [], [], []
    for _ in range(ROUNDS):
        begin_ns = thread_cpu_ns()
        connection = harness_sockets.connect()
        connects_ns.append(thread_cpu_ns() - begin_ns)
        time.sleep(PAUSE_S)
        begin_ns = thread_cpu_ns()
        connection.sendall(REQUEST)
        middle_ns = thread_cpu_ns()
        time.sleep(PAUSE_S)
        read_ns = thread_cpu_ns()
        connection.recv(1)
        receives_ns.append(thread_cpu_ns() - read_ns - MEDIANS['gil.uncontended'])
        sends_ns.append(middle_ns - begin_ns - MEDIANS['gil.uncontended'])
        connection.close()
    measured('socket.connect', medians_of_groups(connects_ns))
    measured('socket.send', medians_of_groups(sends_ns))
    measured('socket.recv', medians_of_groups(receives_ns))


def measure_streams():
    """The same in a coroutine. What its loop does meanwhile has names of its own: two turns until what was awaited
    has come, in which a callback reads and the coroutine goes on."""
    writes_ns, reads_ns, opens_ns = [], [], []
    waited_ns = cost(turn=2, callback=2, step=1)
    system_ns = MEDIANS['gil.uncontended']

    async def one():
        begin_ns = thread_cpu_ns()
        reader, writer = await asyncio.open_connection(*harness_sockets.address())
        opens_ns.append(thread_cpu_ns() - begin_ns - 2 * waited_ns)
        time.sleep(PAUSE_S)
        begin_ns = thread_cpu_ns()
        writer.write(REQUEST)
        middle_ns = thread_cpu_ns()
        time.sleep(PAUSE_S)
        read_ns = thread_cpu_ns()
        await reader.read(1)
        reads_ns.append(thread_cpu_ns() - read_ns - waited_ns - MEDIANS['socket.recv'] - system_ns)
        writes_ns.append(middle_ns - begin_ns - MEDIANS['socket.send'] - system_ns)
        writer.close()

    async def all_rounds():
        for _ in range(ROUNDS):
            await one()
    calibrate_asyncio.timed(all_rounds)
    LOOP.run_until_complete(asyncio.sleep(0))
    measured('aio.stream_open', medians_of_groups(opens_ns))
    measured('aio.stream_write', medians_of_groups(writes_ns))
    measured('aio.stream_read', medians_of_groups(reads_ns))


def measure_sockets():
    server = start_server()
    try:
        measure_threads()
        measure_streams()
    finally:
        os.kill(server, 9)
        os.waitpid(server, 0)
