"""harness_server.py - the part of harness.py that knows the model `server`.

An arbiter forks workers that accept from a listening socket of the loopback device, and replaces those that end or give
no sign of life; a process of its own is all the clients. What the simulator mirrors: models/simulate/drivers_server.c,
server_clients.c, models/library/server.c.
"""
import ctypes
import multiprocessing.connection
import multiprocessing.sharedctypes
import os
import queue
import resource
import selectors
import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import harness_clients
import harness_sockets
from harness_control import OUTCOME_FAILED, OUTCOME_REJECTED

LOOPBACK = '127.0.0.1'
REQUEST_BYTES = 8  # the number of the instance
ANSWER = b'answered'
ACCEPTS_PER_TURN = 100
LOOKS_PER_TIMEOUT = 10
SIGNS_PER_TIMEOUT = 2

clock_ns = time.perf_counter_ns


def harness():
    return sys.modules['harness']


def records_of(number):
    return harness().RECORD_WORDS * (number + 1)


# ---- Workers -----------------------------------------------------------------------------------------

def serve(sock):
    """One connection: read the request, do what it asks for, answer, close."""
    number = int.from_bytes(sock.recv(REQUEST_BYTES), 'little')
    harness().run_task(number)
    sock.sendall(ANSWER)
    sock.close()


class Worker:
    """What a worker process does."""

    def __init__(self, how, listener, signs, place):
        self.how = how
        self.listener = listener
        self.limit = how['max_tasks_per_child']
        self.signs, self.place = signs, place
        self.accepted = 0
        self.sign_interval_s = None if how['timeout_s'] is None else how['timeout_s'] / SIGNS_PER_TIMEOUT

    def may_accept(self):
        return not self.limit or self.accepted < self.limit

    def give_sign(self):
        self.signs[self.place] = clock_ns()

    def rest(self):
        self.signs[self.place] = 0

    def run(self):
        inner = self.how['each'] and self.how['each']['model']
        if inner == 'thread_pool':
            self.run_threads()
        elif inner == 'asyncio':
            harness().PROGRAM.coroutines.serve(self)
        elif self.how['prefetch']:
            self.run_prefetching()
        else:
            self.run_blocking()

    def run_blocking(self):
        while self.may_accept():
            sock, _ = self.listener.accept()
            self.accepted += 1
            self.give_sign()
            serve(sock)
            self.rest()

    def run_prefetching(self):
        ahead, permits = queue.SimpleQueue(), threading.Semaphore(self.how['prefetch'])

        def accept_ahead():
            while self.may_accept():
                permits.acquire()
                sock, _ = self.listener.accept()
                self.accepted += 1
                ahead.put(sock)
        acceptor = threading.Thread(target=accept_ahead, daemon=True)
        acceptor.start()
        served = 0
        while not self.limit or served < self.limit:
            sock = ahead.get()
            permits.release()
            self.give_sign()
            serve(sock)
            self.rest()
            served += 1
        acceptor.join()

    def run_threads(self):
        self.listener.setblocking(False)
        selector = selectors.DefaultSelector()
        selector.register(self.listener, selectors.EVENT_READ)
        with ThreadPoolExecutor(self.how['each']['workers']) as executor:
            while self.may_accept():
                self.give_sign()
                if not selector.select(self.sign_interval_s):
                    continue
                try:
                    sock, _ = self.listener.accept()
                except BlockingIOError:
                    continue  # another worker was quicker
                self.accepted += 1
                executor.submit(serve, sock)
            self.rest()


class LoopWorker:
    """One that is an event loop: a task for each connection; `run_task` makes the coroutine of a request's."""

    def __init__(self, worker, loop, run_task):
        self.worker, self.loop, self.run_task = worker, loop, run_task
        self.over = loop.create_future()
        self.open_tasks = set()

    async def serve_connection(self, sock):
        number = int.from_bytes(await self.loop.sock_recv(sock, REQUEST_BYTES), 'little')
        try:
            await self.run_task(number)
        except harness().PROGRAM.coroutines.exceptions:
            pass
        await self.loop.sock_sendall(sock, ANSWER)
        sock.close()

    def end(self, task):
        self.open_tasks.discard(task)
        if not self.open_tasks and not self.worker.may_accept():
            self.over.set_result(None)

    def accept_all(self):
        worker = self.worker
        for _ in range(ACCEPTS_PER_TURN):
            try:
                sock, _ = worker.listener.accept()
            except BlockingIOError:
                return
            worker.accepted += 1
            sock.setblocking(False)
            task = self.loop.create_task(self.serve_connection(sock))
            self.open_tasks.add(task)
            task.add_done_callback(self.end)
            if not worker.may_accept():
                self.loop.remove_reader(worker.listener)
                return

    def give_sign(self):
        self.worker.give_sign()
        self.loop.call_later(self.worker.sign_interval_s, self.give_sign)

    async def serve(self):
        self.worker.listener.setblocking(False)
        self.loop.add_reader(self.worker.listener, self.accept_all)
        if self.worker.sign_interval_s is not None:
            self.give_sign()
        await self.over
        self.worker.rest()


# ---- The clients, a process of its own -----------------------------------------------------------------

class Clients:
    """They connect, send a request, and wait for the answer. One thread connects when it is time, the other reads."""

    def __init__(self, workload, port):
        self.workload = workload
        self.address = (LOOPBACK, port)
        self.records = harness().RECORDS
        self.selector = selectors.EpollSelector()
        self.ended = 0
        self.news = threading.Condition()  # an answer
        self.users = None

    def run(self, start_reader):
        os.sched_setaffinity(0, self.workload['generator_cpus'])
        harness_sockets.expire_on_time()
        os.read(start_reader, 1)
        begin_ns = self.records[3]
        threading.Thread(target=self.read_answers, daemon=True).start()
        if 'users' in self.workload:
            self.ask_for_users(begin_ns)
        elif 'arrivals_ns' in self.workload:
            for number in harness_clients.arrivals(self.workload, begin_ns):
                self.records[records_of(number)] = clock_ns()
                self.connect(number)
            self.await_answers(len(self.workload['arrivals_ns']))
        else:
            for number in range(self.workload['run_count']):
                self.records[records_of(number)] = begin_ns
            for number in range(self.workload['run_count']):
                self.connect(number)
            self.await_answers(self.workload['run_count'])

    def await_answers(self, count):
        with self.news:
            self.news.wait_for(lambda: self.ended == count)

    def ask_for_users(self, begin_ns):
        with self.news:
            users = self.users = harness_clients.Users(self.workload, begin_ns)
            while True:
                number = users.next_due()
                if number is not None:
                    self.records[records_of(number)] = clock_ns()
                    self.connect(number)
                elif users.are_gone():
                    return
                else:
                    self.news.wait(users.seconds_until_due())

    def connect(self, number):
        """While the backlog is full the kernel tries again by itself."""
        sock = socket.socket()
        sock.setblocking(False)
        if sock.connect_ex(self.address) == 0:
            sock.send(number.to_bytes(REQUEST_BYTES, 'little'))
            self.selector.register(sock, selectors.EVENT_READ, number)
        else:
            self.selector.register(sock, selectors.EVENT_WRITE, number)

    def read_answers(self):
        while True:
            for key, events in self.selector.select():
                if events & selectors.EVENT_WRITE:
                    self.connected(key)
                else:
                    self.readable(key)

    def connected(self, key):
        if key.fileobj.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            self.end(key, OUTCOME_REJECTED)
            return
        key.fileobj.send(key.data.to_bytes(REQUEST_BYTES, 'little'))
        self.selector.modify(key.fileobj, selectors.EVENT_READ, key.data)

    def readable(self, key):
        try:
            answer = key.fileobj.recv(len(ANSWER))
        except ConnectionError:
            answer = b''
        self.end(key, None if answer else OUTCOME_FAILED)

    def end(self, key, outcome):
        """`outcome` is that of a request which nobody has come to the end of."""
        record = records_of(key.data)
        if outcome is not None and not self.records[record + 2]:
            self.records[record + 3] = outcome
            self.records[record + 2] = clock_ns()
        self.selector.unregister(key.fileobj)
        key.fileobj.close()
        with self.news:
            self.ended += 1
            if self.users:
                self.users.answered(key.data, clock_ns())
            self.news.notify()


def work(place, listener, port, signs, ready):
    """A worker process, however it was started; without a listener it makes its own."""
    how = harness().PROGRAM.workload['how']
    if listener is None:
        listener = new_socket(port, True)
        listener.listen(how['backlog'])
    ready.send_bytes(b'r')
    Worker(how, listener, signs, place).run()


# ---- The arbiter ---------------------------------------------------------------------------------------

def new_socket(port, reuse_port):
    sock = socket.socket()
    if reuse_port:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    sock.bind((LOOPBACK, port))
    return sock


class Server:
    """The arbiter; made before the clock starts, when its load generator starts, too."""

    def __init__(self, workload):
        self.workload, self.how = workload, workload['how']
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limits[1], limits[1]))
        # With a socket for each worker this one only keeps the port.
        self.sock = new_socket(0, self.how['reuse_port'])
        self.port = self.sock.getsockname()[1]
        if not self.how['reuse_port']:
            self.sock.listen(self.how['backlog'])
        self.workers = [None] * self.how['workers']
        self.signs = multiprocessing.RawArray(ctypes.c_int64, len(self.workers))
        self.ready_reader, self.ready_writer = multiprocessing.Pipe(duplex=False)
        start_reader, self.start_writer = os.pipe()
        self.done_reader, done_writer = os.pipe()
        self.generator = os.fork()
        if self.generator == 0:
            os.close(self.start_writer)
            Clients(workload, self.port).run(start_reader)
            os.write(done_writer, b'd')
            os._exit(0)
        os.close(start_reader)
        os.close(done_writer)
        if workload['warm']:
            self.start()

    def start(self):
        for place in range(len(self.workers)):
            self.start_worker(place)
        for _ in self.workers:
            self.ready_reader.recv_bytes()

    def start_worker(self, place):
        self.signs[place] = 0
        self.workers[place] = harness().PROGRAM.context.Process(
            target=work, args=(place, None if self.how['reuse_port'] else self.sock, self.port, self.signs,
                               self.ready_writer))
        self.workers[place].start()

    def is_silent(self, place):
        timeout_s = self.how['timeout_s']
        return timeout_s is not None and 0 < self.signs[place] < clock_ns() - timeout_s * 1e9

    def run(self):
        if not self.workload['warm']:
            self.start()
        harness().RECORDS[3] = clock_ns()
        os.write(self.start_writer, b's')
        timeout_s = self.how['timeout_s']
        look_s = None if timeout_s is None else timeout_s / LOOKS_PER_TIMEOUT
        while True:
            ready = multiprocessing.connection.wait(
                [self.done_reader] + [worker.sentinel for worker in self.workers], look_s)
            if self.done_reader in ready:
                break
            for place, worker in enumerate(self.workers):
                if self.is_silent(place):
                    worker.kill()
                elif worker.sentinel not in ready:
                    continue
                worker.join()
                self.start_worker(place)
        for worker in self.workers:
            worker.terminate()
            worker.join()


def run_server(_, server):
    server.run()
