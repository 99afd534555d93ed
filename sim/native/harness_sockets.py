"""harness_sockets.py - io_via: socket: a server on this machine that answers each request after the time asked for, and
those who ask it.

The server stands for one somewhere outside. It is a process of its own on 127.0.0.1, so it does take some time of a
core; how much, and how late it was with its answers, the run reports. A request is the moment at which the answer is wanted
(8 bytes, CLOCK_MONOTONIC), so what the way to the server takes is a part of that time. A connection is used
again by later requests, as HTTP sessions do (models/library/stream.h).
"""
import heapq
import mmap
import os
import resource
import select
import signal
import socket
import struct
import threading
import time

clock_ns = time.perf_counter_ns
REQUEST = struct.Struct('q')
PORT_VARIABLE = 'GILSIM_SERVER_PORT'  # for children that were not forked
BACKLOG = 4096


# ---- The server ----------------------------------------------------------------------------------------

# So long before an answer is due it is awake, and spins: a timer alone would be late by a wake-up.
AWAKE_NS = 60_000
PR_SET_TIMERSLACK = 29


class Server:
    """Answers counted, their lateness summed up and the longest, in memory that parent and child share."""

    def __init__(self, cpus):
        raise_file_limit()
        self.listener = socket.create_server(('127.0.0.1', 0), backlog=BACKLOG)
        os.environ[PORT_VARIABLE] = str(self.listener.getsockname()[1])
        self.statistics = memoryview(mmap.mmap(-1, mmap.PAGESIZE)).cast('q')
        self.process = os.fork()
        if self.process == 0:
            try:
                self.serve(cpus)
            finally:
                os._exit(1)
        self.listener.close()

    def serve(self, cpus):
        if cpus:
            os.sched_setaffinity(0, cpus)
        expire_on_time()
        self.listener.setblocking(False)
        self.connections = {}
        self.poll = select.epoll()
        self.poll.register(self.listener, select.EPOLLIN)
        due = []
        parent = os.getppid()
        while os.getppid() == parent:
            if select.select([self.poll], [], [], seconds_until(due))[0]:
                self.read_all(due)
            while due and due[0][0] - clock_ns() < AWAKE_NS:
                self.answer(*heapq.heappop(due))

    def read_all(self, due):
        for descriptor, _ in self.poll.poll(0):
            if descriptor == self.listener.fileno():
                self.accept_all()
                continue
            request = self.connections[descriptor].recv(REQUEST.size)
            if request:
                heapq.heappush(due, (*REQUEST.unpack(request), descriptor))
            else:
                self.poll.unregister(descriptor)
                self.connections.pop(descriptor).close()

    def accept_all(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except BlockingIOError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections[connection.fileno()] = connection
            self.poll.register(connection, select.EPOLLIN)

    def answer(self, due_ns, descriptor):
        now_ns = clock_ns()
        while now_ns < due_ns:
            now_ns = clock_ns()
        if descriptor not in self.connections:  # whoever asked has hung up
            return
        late_ns = now_ns - due_ns
        self.statistics[0] += 1  # before it is sent: that may be the run's end
        self.statistics[1] += late_ns
        self.statistics[2] = max(self.statistics[2], late_ns)
        try:
            self.connections[descriptor].send(b'.')
        except OSError:
            pass

    def stop(self):
        """What it was like: answers, mean and greatest lateness in seconds, CPU time."""
        os.kill(self.process, signal.SIGKILL)
        usage = os.wait4(self.process, 0)[2]
        answers, sum_ns, most_ns = self.statistics[:3]
        return [answers, sum_ns / max(answers, 1) / 1e9, most_ns / 1e9, usage.ru_utime + usage.ru_stime]


def seconds_until(due):
    """How long to wait for requests; a long wait ends before its time, because select() may be late by 0.1 %."""
    if not due:
        return 1
    left_ns = due[0][0] - clock_ns() - AWAKE_NS
    return max(left_ns * (0.99 if left_ns > 2_000_000 else 1), 0) / 1e9


def expire_on_time():
    """Without the 50 us by which the kernel may let timers be late."""
    try:
        import ctypes
        ctypes.CDLL(None).prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0)
    except (ImportError, AttributeError, OSError):
        pass


def raise_file_limit():
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


# ---- Those who ask -------------------------------------------------------------------------------------

UNUSED = []  # connections of this process that no thread uses at the moment
os.register_at_fork(after_in_child=UNUSED.clear)


def request(seconds):
    return REQUEST.pack(clock_ns() + int(seconds * 1e9))


def address():
    return '127.0.0.1', int(os.environ[PORT_VARIABLE])


def connect():
    connection = socket.create_connection(address())
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def ask(seconds):
    """In a thread: the step io."""
    try:
        connection = UNUSED.pop()
    except IndexError:
        connection = connect()
    connection.sendall(request(seconds))
    connection.recv(1)
    UNUSED.append(connection)


STREAMS = threading.local()  # .unused: those of the thread's event loop


async def ask_and_await(seconds):
    """In a coroutine."""
    if STREAMS.unused:
        reader, writer = STREAMS.unused.pop()
    else:
        reader, writer = await STREAMS.open(*address())
    try:
        writer.write(request(seconds))
        await reader.read(1)
    except BaseException:
        writer.close()
        raise
    STREAMS.unused.append((reader, writer))


def enter_loop(asyncio):
    """A loop begins on this thread, without connections."""
    STREAMS.open = asyncio.open_connection
    STREAMS.unused = []
