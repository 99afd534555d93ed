"""harness_clients.py - arrivals and users: who asks when, and how the models `thread_pool` and `asyncio` serve them.

Clients outside are one process, the load generator, that writes a byte to a pipe for each request; users are answered
through a second pipe. Clients inside are the program's main thread or main(), which sleep in between. What the simulator
mirrors: models/simulate/arrivals.c, drivers_clients.c, drivers_asyncio.c.
"""
import heapq
import itertools
import os
import select
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import harness_sockets

clock_ns = time.perf_counter_ns
ANSWER_BYTES = 8  # the number of the instance


def harness():
    return sys.modules['harness']


def note_release(number):
    main = harness()
    main.RECORDS[main.RECORD_WORDS * (number + 1)] = clock_ns()


# ---- Who asks when -----------------------------------------------------------------------------------

class Users:
    """Each asks again when a while has passed since the last answer."""

    def __init__(self, workload, begin_ns):
        users = workload['users']
        self.thinks_ns = users['thinks_ns']
        self.end_ns = begin_ns + users['for_ns'] if users['for_ns'] else None
        self.limit = users['requests']
        self.most = workload['run_count']
        self.due = [(begin_ns, user) for user in range(users['count'])]  # a heap
        self.thoughts = [0] * users['count']
        self.waiting = {}  # by the number of the request
        self.made = 0

    def is_over(self, at_ns):
        return (self.limit and self.made >= self.limit) or (self.end_ns is not None and at_ns >= self.end_ns)

    def are_gone(self):
        return not self.due and not self.waiting

    def seconds_until_due(self):
        """None: nobody asks before an answer comes."""
        return max(self.due[0][0] - clock_ns(), 0) / 1e9 if self.due else None

    def next_due(self):
        """The number of a request that is due now, or None."""
        while self.due and self.due[0][0] <= clock_ns():
            due_ns, user = heapq.heappop(self.due)
            if self.is_over(due_ns):
                continue
            if self.made == self.most:
                raise RuntimeError('more than %d requests are made' % self.most)
            number, self.made = self.made, self.made + 1
            self.waiting[number] = user
            return number
        return None

    def answered(self, number, at_ns):
        user = self.waiting.pop(number)
        thinks_ns = self.thinks_ns[user]
        next_ns = at_ns + thinks_ns[self.thoughts[user] % len(thinks_ns)]
        self.thoughts[user] += 1
        if not self.is_over(next_ns):
            heapq.heappush(self.due, (next_ns, user))


def arrivals(workload, begin_ns):
    """The numbers of the requests, each when it is due."""
    for number, offset_ns in enumerate(workload['arrivals_ns']):
        wait_ns = begin_ns + offset_ns - clock_ns()
        if wait_ns > 0:
            time.sleep(wait_ns / 1e9)
        yield number


# ---- The load generator ------------------------------------------------------------------------------

class Generator:
    """Made before the clock starts; the program's ends of its pipes."""

    def __init__(self, workload):
        self.workload = workload
        self.generator = None  # its process
        if workload['from_inside']:
            return
        start_reader, self.start_writer = os.pipe()
        self.reader, writer = os.pipe()
        answers, self.answer_writer = os.pipe()
        self.generator = os.fork()
        if self.generator == 0:
            for descriptor in (self.start_writer, self.reader, self.answer_writer):
                os.close(descriptor)
            self.generate(start_reader, writer, answers)
            os.close(writer)  # an exiting process frees its memory first, and who reads would wait for that
            os._exit(0)
        for descriptor in (start_reader, writer, answers):
            os.close(descriptor)

    def generate(self, start_reader, writer, answers):
        os.sched_setaffinity(0, self.workload['generator_cpus'])
        harness_sockets.expire_on_time()
        os.read(start_reader, 1)
        begin_ns = harness().RECORDS[3]
        if 'users' in self.workload:
            self.ask_for_users(Users(self.workload, begin_ns), writer, answers)
            return
        for number in arrivals(self.workload, begin_ns):
            note_release(number)
            os.write(writer, b'x')

    def ask_for_users(self, users, writer, answers):
        main = harness()
        while True:
            number = users.next_due()
            if number is not None:
                note_release(number)
                os.write(writer, b'x')
            elif users.are_gone():
                return
            elif select.select([answers], [], [], users.seconds_until_due())[0]:
                number = int.from_bytes(os.read(answers, ANSWER_BYTES), 'little')
                users.answered(number, main.RECORDS[main.RECORD_WORDS * (number + 1) + 2])

    def start(self):
        harness().RECORDS[3] = clock_ns()
        if self.generator:
            os.write(self.start_writer, b's')
        return harness().RECORDS[3]

    def answer(self, number):
        os.write(self.answer_writer, number.to_bytes(ANSWER_BYTES, 'little'))


# ---- The model thread_pool -----------------------------------------------------------------------------

def requests(workload, generator):
    """The numbers of the requests as they come to the main thread."""
    begin_ns = generator.start()
    if workload['from_inside']:
        for number in arrivals(workload, begin_ns):
            note_release(number)
            yield number
        return
    for number in itertools.count():
        if not os.read(generator.reader, 1):
            return
        yield number


def run_arrivals(workload, generator):
    main = harness()
    if workload['model'] == 'asyncio':
        main.PROGRAM.coroutines.serve_requests(generator)
        return
    has_users = 'users' in workload

    def run_and_answer(number):
        main.run_task(number)
        generator.answer(number)

    function = run_and_answer if has_users else main.run_task
    with ThreadPoolExecutor(max_workers=workload['workers']) as executor:
        limit, waiting = workload['queue_limit'], executor._work_queue.qsize
        for number in requests(workload, generator):
            if limit and waiting() >= limit:
                main.reject(number)
                if has_users:
                    generator.answer(number)
            else:
                executor.submit(function, number)


# ---- The model asyncio ---------------------------------------------------------------------------------

class Tasks(set):
    """Those that have not ended; whether further ones may come."""
    closed = False


class LoopServer:
    """main() of a program that makes a task of each request; `run_task` makes the coroutine of one."""

    def __init__(self, workload, generator, loop, run_task):
        self.workload, self.generator, self.loop = workload, generator, loop
        self.limit = workload['queue_limit']
        self.has_users = 'users' in workload
        self.run_task = run_task if not self.has_users else self.run_and_answer
        self.run_inner = run_task
        self.tasks = Tasks()
        self.finished = loop.create_future()

    async def run_and_answer(self, number):
        try:
            return await self.run_inner(number)
        finally:
            self.generator.answer(number)

    def begin(self, number):
        if self.limit and len(self.tasks) >= self.limit:
            harness().reject(number)
            if self.has_users:
                self.generator.answer(number)
            return
        task = self.loop.create_task(self.run_task(number))
        self.tasks.add(task)
        task.add_done_callback(self.end)

    def end(self, task):
        self.tasks.discard(task)
        if self.tasks.closed and not self.tasks and not self.finished.done():
            self.finished.set_result(None)

    def close(self):
        self.tasks.closed = True
        self.end(None)

    async def serve_outside(self):
        numbers = itertools.count()
        reader = self.generator.reader

        def read():
            """One read takes all that is there."""
            those = os.read(reader, 65536)
            for _ in those:
                self.begin(next(numbers))
            if not those:
                self.loop.remove_reader(reader)
                self.close()
        self.loop.add_reader(reader, read)
        self.generator.start()
        await self.finished

    async def serve_inside(self, sleep):
        begin_ns = self.generator.start()
        for number, offset_ns in enumerate(self.workload['arrivals_ns']):
            wait_ns = begin_ns + offset_ns - clock_ns()
            if wait_ns > 0:
                await sleep(wait_ns / 1e9)
            note_release(number)
            self.begin(number)
        self.close()
        await self.finished
