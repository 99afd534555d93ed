"""calibrate_sockets.py - what requests to a server cost (io_via: socket); a part of calibrate.py.

The server is a process on this machine that reads and answers at once; what is measured is the CPU time of the thread
that asks. Of a coroutine's streams it is that of many in a row: between pauses asyncio's code takes two to five times as
long because it is cold, which is another parameter's (cold.long).
"""
import asyncio
import os
import select
import socket
import time

import calibrate
import calibrate_asyncio
import harness_sockets
from calibrate import MEDIANS, measured, medians_of_groups, thread_cpu_ns
from calibrate_asyncio import LOOP, cost

ROUNDS = 120
GROUP = 30
REQUEST = b'12345678'
PAUSE_S = 0.0002  # until the server waits again


def serve(listener):
    """Answers whatever comes."""
    connections = {}
    poll = select.epoll()
    poll.register(listener, select.EPOLLIN)
    while True:
        for descriptor, _ in poll.poll():
            if descriptor == listener.fileno():
                connection, _ = listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connections[connection.fileno()] = connection
                poll.register(connection, select.EPOLLIN)
            elif connections[descriptor].recv(64):
                connections[descriptor].send(b'.')
            else:
                poll.unregister(descriptor)
                connections.pop(descriptor).close()


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


def sends_in_a_row_ns():
    """What sendall() takes of each of many connections, to a server that is awake."""
    connections = [harness_sockets.connect() for _ in range(GROUP)]
    time.sleep(GROUP * PAUSE_S)
    begin_ns = thread_cpu_ns()
    for connection in connections:
        connection.sendall(REQUEST)
    sends_ns = thread_cpu_ns() - begin_ns
    for connection in connections:
        connection.recv(1)
        connection.close()
    return sends_ns / GROUP


def measure_streams():
    """The same in a coroutine. What its loop does meanwhile has names of its own: to open one takes two turns, each of which
    has a callback and goes on with the coroutine; of all that are read the loop hears in one turn."""
    writes_ns, reads_ns, opens_ns = [], [], []

    async def group():
        begin_ns = thread_cpu_ns()
        streams = [await asyncio.open_connection(*harness_sockets.address()) for _ in range(GROUP)]
        opens_ns.append((thread_cpu_ns() - begin_ns) / GROUP - 2 * cost(turn=2, callback=2, step=1))
        time.sleep(GROUP * PAUSE_S)
        begin_ns = thread_cpu_ns()
        for _, writer in streams:
            writer.write(REQUEST)
        writes_ns.append((thread_cpu_ns() - begin_ns) / GROUP - sends_in_a_row_ns())
        time.sleep(GROUP * PAUSE_S)
        begin_ns = thread_cpu_ns()
        for reader, _ in streams:
            await reader.read(1)
        reads_ns.append((thread_cpu_ns() - begin_ns - cost(turn=2, callback=1, step=1)) / GROUP - cost(callback=1) -
                        MEDIANS['socket.recv'] - MEDIANS['gil.uncontended'])
        for _, writer in streams:
            writer.close()
        await asyncio.sleep(0)

    async def all_rounds():
        for _ in range(ROUNDS // 8):
            await group()
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
