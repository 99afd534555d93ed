/*
 * stream.c - see stream.h.
 */
#include "models/library/stream.h"

struct stream {
	struct stream_pool *pool;
	bool answered;
	struct futex reader;	 /* the thread in recv() */
	struct aio_loop *loop;	 /* of a coroutine's; NULL: a thread's */
	struct aio_reader watch; /* of the loop */
	struct aio_future *waiter;
	bool abandoned; /* nobody wants the answer any more */
	struct stream *next;
};

static aio_callback_fn read_ready;

static struct stream *take(struct stream_pool *pool)
{
	struct stream *stream = pool->unused;

	if (stream)
		pool->unused = stream->next;
	return stream;
}

static struct stream *stream_new(struct stream_pool *pool, struct aio_loop *loop)
{
	struct stream *stream = region_alloc(pool->machine->region, sizeof(*stream));

	stream->pool = pool;
	stream->loop = loop;
	pool->opened++;
	if (loop)
		aio_add_reader(loop, &stream->watch, read_ready, stream);
	return stream;
}

static void put_back(struct stream *stream)
{
	stream->next = stream->pool->unused;
	stream->pool->unused = stream;
}

/* The answer has come, by the network. */
static void answer(struct engine *engine, void *subject, uint64_t argument)
{
	struct stream *stream = subject;

	(void)engine;
	(void)argument;
	if (stream->abandoned)
		return;
	stream->answered = true;
	if (stream->loop)
		aio_reader_set_ready(stream->loop, &stream->watch, NULL);
	else
		futex_wake(&stream->reader, NULL, true);
}

struct ask_locals {
	struct stream_pool *pool;
	struct stream *stream;
	struct aio_future future;
	sim_ns duration_ns, asked_ns;
};

/* The time that is asked for counts from before the system call. */
static void expect_answer(struct os_thread *thread, const struct ask_locals *my)
{
	sim_ns due_ns = sim_time_add(my->asked_ns, my->duration_ns), now = machine_now(thread->machine);

	engine_schedule_at(thread->machine->engine, due_ns > now ? due_ns : now, answer, my->stream, 0);
}

static enum progress system_call(struct os_thread *thread, struct frame *frame)
{
	sim_ns *cost_ns = FRAME_LOCALS(frame, sim_ns);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_release_gil(thread));
	AWAIT(frame, os_thread_compute(thread, *cost_ns));
	AWAIT(frame, py_take_gil(thread));
	PROGRAM_END;
}

static enum progress without_gil(struct os_thread *thread, enum cost cost)
{
	*(sim_ns *)os_thread_push(thread, system_call) = py_cost(thread, cost);
	return os_thread_enter(thread);
}

/* ---- In a thread ---- */

static enum progress ask(struct os_thread *thread, struct frame *frame)
{
	struct ask_locals *my = FRAME_LOCALS(frame, struct ask_locals);

	PROGRAM_BEGIN(frame);
	my->stream = take(my->pool);
	if (!my->stream) {
		my->stream = stream_new(my->pool, NULL);
		AWAIT(frame, without_gil(thread, COST_SOCKET_CONNECT));
	}
	my->asked_ns = machine_now(thread->machine);
	AWAIT(frame, without_gil(thread, COST_SOCKET_SEND));
	expect_answer(thread, my);
	AWAIT(frame, py_wait_until(thread, &my->stream->answered, &my->stream->reader, ACTIVITY_IO, SIM_NS_MAX));
	my->stream->answered = false;
	AWAIT(frame, py_overhead(thread, py_cost(thread, COST_SOCKET_RECV)));
	put_back(my->stream);
	PROGRAM_END;
}

enum progress stream_ask(struct os_thread *thread, struct stream_pool *pool, sim_ns duration_ns)
{
	struct ask_locals *my = os_thread_push(thread, ask);

	my->pool = pool;
	my->duration_ns = duration_ns;
	return os_thread_enter(thread);
}

/* ---- In a coroutine ---- */

struct read_locals {
	struct stream *stream;
};

/* The transport's callback: recv(), and the reader is fed; who waits for it goes on in the next turn. */
static enum progress read_program(struct os_thread *thread, struct frame *frame)
{
	struct read_locals *my = FRAME_LOCALS(frame, struct read_locals);
	struct stream *stream = my->stream;

	PROGRAM_BEGIN(frame);
	epoll_item_set_read(&stream->watch.item);
	if (stream->answered) { /* else it has just been connected */
		AWAIT(frame, without_gil(thread, COST_SOCKET_RECV));
		AWAIT(frame, aio_charge(thread, COST_AIO_STREAM_READ));
		stream->answered = false;
	}
	if (stream->waiter && !aio_future_done(stream->waiter))
		aio_future_set(stream->loop, stream->waiter, PY_NO_EXCEPTION);
	stream->waiter = NULL;
	PROGRAM_END;
}

static enum progress read_ready(struct os_thread *thread, void *subject, struct aio_future *future)
{
	struct read_locals *my = os_thread_push(thread, read_program);

	(void)future;
	my->stream = subject;
	return os_thread_enter(thread);
}

static enum progress connection_made(struct os_thread *thread, void *subject, struct aio_future *future)
{
	struct stream *stream = subject;

	(void)future;
	if (stream->waiter && !aio_future_done(stream->waiter))
		aio_future_set(aio_running_loop(thread), stream->waiter, PY_NO_EXCEPTION);
	stream->waiter = NULL;
	return DONE;
}

/* Waits until a callback of the loop says that something is there. */
static enum progress await_waiter(struct os_thread *thread, struct ask_locals *my)
{
	my->future = (struct aio_future){ .state = AIO_PENDING };
	my->stream->waiter = &my->future;
	return aio_await(thread, &my->future, ACTIVITY_IO);
}

static void abandon(struct stream *stream)
{
	stream->abandoned = true;
	stream->waiter = NULL;
	epoll_item_set_read(&stream->watch.item);
}

static enum progress ask_and_await(struct os_thread *thread, struct frame *frame)
{
	struct ask_locals *my = FRAME_LOCALS(frame, struct ask_locals);
	struct aio_loop *loop = aio_running_loop(thread);

	PROGRAM_BEGIN(frame);
	my->stream = take(my->pool);
	if (!my->stream) {
		my->stream = stream_new(my->pool, loop);
		AWAIT(frame, aio_charge(thread, COST_AIO_STREAM_OPEN));
		/* A turn until the descriptor is writable, and one for connection_made(); then the coroutine, each
		 * time. */
		aio_reader_set_ready(loop, &my->stream->watch, NULL);
		AWAIT(frame, await_waiter(thread, my));
		if (py_exception(thread) == PY_NO_EXCEPTION) {
			aio_call_soon(loop, connection_made, my->stream, NULL);
			AWAIT(frame, await_waiter(thread, my));
		}
	}
	if (py_exception(thread) == PY_NO_EXCEPTION) {
		my->asked_ns = machine_now(thread->machine);
		AWAIT(frame, aio_charge(thread, COST_AIO_STREAM_WRITE));
		AWAIT(frame, without_gil(thread, COST_SOCKET_SEND));
		expect_answer(thread, my);
		AWAIT(frame, await_waiter(thread, my));
	}
	if (py_exception(thread) == PY_NO_EXCEPTION)
		put_back(my->stream);
	else
		abandon(my->stream);
	PROGRAM_END;
}

enum progress aio_stream_ask(struct os_thread *thread, struct stream_pool *pool, sim_ns duration_ns)
{
	struct ask_locals *my = os_thread_push(thread, ask_and_await);

	my->pool = pool;
	my->duration_ns = duration_ns;
	return os_thread_enter(thread);
}
