"""calibrate_server.py - what a server's calls on sockets cost; the part of calibrate.py that knows them.

A client, a process of its own on the other CPU, opens one connection after the other on the loopback device, sends a
request and waits for the answer, as the load generator does. Each call is timed when what it asks for is there.
"""
import os
import select
import selectors
import socket
import statistics
import struct
import time

import calibrate
from calibrate import MEDIANS, measured, medians_of_groups, pin, thread_cpu_ns, unpin

CONNECTIONS = 600
WARM_UP = 100
REQUEST = b'12345678'
ANSWER = b'answered'


def be_client(address, writer):
    """Writes the median of what connecting and sending took it."""
    epoll = select.epoll()
    took_ns = []
    for _ in range(CONNECTIONS):
        time.sleep(0.0002)  # until the server waits again
        begin_ns = time.perf_counter_ns()
        sock = socket.socket()
        sock.setblocking(False)
        if sock.connect_ex(address) != 0:  # under way, which is up to the kernel
            epoll.register(sock, select.EPOLLOUT)
            epoll.poll()
            epoll.unregister(sock)
        sock.send(REQUEST)
        took_ns.append(time.perf_counter_ns() - begin_ns)
        epoll.register(sock, select.EPOLLIN)
        epoll.poll()
        sock.recv(len(ANSWER))
        sock.close()
    for value in took_ns[WARM_UP:]:
        os.write(writer, struct.pack('d', value))


def timed(times, function, *arguments):
    begin_ns = thread_cpu_ns()
    result = function(*arguments)
    times.append(thread_cpu_ns() - begin_ns)
    return result


def measure_sockets():
    listener = socket.socket()
    listener.bind(('127.0.0.1', 0))
    listener.listen(128)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        pin(calibrate.HERE if calibrate.THERE is None else calibrate.THERE)
        try:
            be_client(listener.getsockname(), writer)
        finally:
            os._exit(0)
    pin(calibrate.HERE)
    selector = selectors.EpollSelector()
    selector.register(listener, selectors.EVENT_READ)
    times = {name: [] for name in ('accept', 'recv', 'send', 'close', 'select', 'clock')}
    for _ in range(CONNECTIONS):
        timed(times['clock'], int)
        selector.select()
        timed(times['select'], selector.select)
        sock, _ = timed(times['accept'], listener.accept)
        select.select([sock], [], [])
        timed(times['recv'], sock.recv, len(REQUEST))
        timed(times['send'], sock.sendall, ANSWER)
        timed(times['close'], sock.close)
    connect_ns = [struct.unpack('d', os.read(reader, 8))[0] for _ in range(CONNECTIONS - WARM_UP)]
    os.waitpid(child, 0)
    listener.close()
    clock_ns = statistics.median(times['clock']) + MEDIANS['gil.uncontended']
    for name in ('accept', 'recv', 'send', 'close'):
        report('server.' + name, times[name][WARM_UP:], clock_ns)
    report('server.connect', connect_ns, 0)
    report('server.select', times['select'][WARM_UP:], clock_ns + MEDIANS['aio.select'])
    unpin()


def report(name, values_ns, less_ns):
    measured(name, [value - less_ns for value in medians_of_groups(values_ns)])


MEASUREMENTS = (('sockets of a server', measure_sockets),)
