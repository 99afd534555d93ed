/*
 * server.c - see server.h.
 */
#include "models/library/server.h"

static bool may_accept(const struct server_worker *worker)
{
	return worker->request_limit == 0 || worker->accepted_count < worker->request_limit;
}

static void take_up(struct server_worker *worker, struct server_connection *connection)
{
	connection->worker = worker;
	worker->accepted_count++;
	worker->open_count++;
}

static void give_sign(const struct os_thread *thread, struct server_worker *worker)
{
	worker->alive_ns = machine_now(thread->machine);
}

/* ---- Calls on sockets: each releases the GIL, also those that do not block ---- */

struct call_locals {
	struct server_connection *connection;
	enum cost cost;
};

static enum progress call(struct os_thread *thread, struct frame *frame)
{
	struct call_locals *my = FRAME_LOCALS(frame, struct call_locals);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_release_gil(thread));
	AWAIT(frame, os_thread_compute(thread, py_cost(thread, my->cost)));
	if (my->cost == COST_SERVER_SEND)
		my->connection->answered(my->connection);
	AWAIT(frame, py_take_gil(thread));
	PROGRAM_END;
}

static enum progress socket_call(struct os_thread *thread, struct server_connection *connection, enum cost cost)
{
	struct call_locals *my = os_thread_push(thread, call);

	my->connection = connection;
	my->cost = cost;
	return os_thread_enter(thread);
}

struct accept_locals {
	struct server_worker *worker;
	struct server_connection **connection;
	bool blocks;
	uint8_t previous_activity;
};

static enum progress accept(struct os_thread *thread, struct frame *frame)
{
	struct accept_locals *my = FRAME_LOCALS(frame, struct accept_locals);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_release_gil(thread));
	if (my->blocks)
		AWAIT(frame, listener_accept(thread, my->worker->listener, (void **)my->connection));
	else
		*my->connection = listener_take(my->worker->listener);
	if (*my->connection)
		take_up(my->worker, *my->connection);
	os_thread_set_activity(thread, my->previous_activity);
	AWAIT(frame,
	      os_thread_compute(thread, py_cost(thread, *my->connection ? COST_SERVER_ACCEPT : COST_SYSCALL_BASE)));
	AWAIT(frame, py_take_gil(thread));
	PROGRAM_END;
}

/* For AWAIT. Without `blocks`, NULL when there is no connection (BlockingIOError). */
static enum progress accept_connection(struct os_thread *thread, struct server_worker *worker, bool blocks,
				       struct server_connection **connection)
{
	struct accept_locals *my = os_thread_push(thread, accept);

	my->worker = worker;
	my->connection = connection;
	my->blocks = blocks;
	my->previous_activity = thread->activity;
	if (blocks)
		os_thread_set_activity(thread, ACTIVITY_QUEUE_WAIT);
	return os_thread_enter(thread);
}

/* ---- One connection: read the request, do what it asks for, answer, close ---- */

struct serve_locals {
	struct server_connection *connection;
	struct server_worker *worker;
};

static void push_handler(struct os_thread *thread, const struct server_connection *connection)
{
	void **locals = os_thread_push(thread, connection->handler);

	*locals = connection->request;
}

static enum progress serve(struct os_thread *thread, struct frame *frame)
{
	struct serve_locals *my = FRAME_LOCALS(frame, struct serve_locals);

	PROGRAM_BEGIN(frame);
	my->worker = my->connection->worker;
	AWAIT(frame, socket_call(thread, my->connection, COST_SERVER_RECV));
	push_handler(thread, my->connection);
	AWAIT(frame, os_thread_enter(thread));
	AWAIT(frame, socket_call(thread, my->connection, COST_SERVER_SEND));
	AWAIT(frame, socket_call(thread, my->connection, COST_SERVER_CLOSE));
	my->connection->closed = my->worker->kind != SERVER_THREADS;
	PROGRAM_END;
}

static enum progress serve_connection(struct os_thread *thread, struct server_connection *connection)
{
	struct serve_locals *my = os_thread_push(thread, serve);

	my->connection = connection;
	return os_thread_enter(thread);
}

/* ---- Blocking, and with connections taken ahead ---- */

struct worker_locals {
	struct server_worker *worker;
	struct server_connection *connection;
	struct py_thread *acceptor;
	struct thread_pool *pool;
	int64_t served_count;
};

static enum progress serve_blocking(struct os_thread *thread, struct frame *frame)
{
	struct worker_locals *my = FRAME_LOCALS(frame, struct worker_locals);

	PROGRAM_BEGIN(frame);
	while (may_accept(my->worker)) {
		AWAIT(frame, accept_connection(thread, my->worker, true, &my->connection));
		give_sign(thread, my->worker);
		AWAIT(frame, serve_connection(thread, my->connection));
		my->worker->alive_ns = SERVER_RESTS;
	}
	PROGRAM_END;
}

static enum progress accept_ahead(struct os_thread *thread, struct frame *frame)
{
	struct worker_locals *my = FRAME_LOCALS(frame, struct worker_locals);

	PROGRAM_BEGIN(frame);
	my->worker = py_current(thread)->argument;
	while (may_accept(my->worker)) {
		AWAIT(frame, py_semaphore_acquire_until(thread, &my->worker->permits, SIM_NS_MAX));
		AWAIT(frame, accept_connection(thread, my->worker, true, &my->connection));
		AWAIT(frame, simple_queue_put(thread, &my->worker->ahead, my->connection));
	}
	PROGRAM_END;
}

static enum progress serve_prefetching(struct os_thread *thread, struct frame *frame)
{
	struct worker_locals *my = FRAME_LOCALS(frame, struct worker_locals);
	struct server_worker *worker = my->worker;

	PROGRAM_BEGIN(frame);
	simple_queue_init(&worker->ahead, thread->machine->region);
	py_semaphore_init(&worker->permits, thread->machine->region, worker->prefetch);
	my->acceptor = py_thread_new(py_current(thread)->interpreter, "acceptor", accept_ahead, worker);
	AWAIT(frame, py_thread_start(thread, my->acceptor));
	for (; worker->request_limit == 0 || my->served_count < worker->request_limit; my->served_count++) {
		AWAIT(frame, simple_queue_get(thread, &worker->ahead, (void **)&my->connection));
		AWAIT(frame, py_semaphore_release(thread, &worker->permits, 1));
		give_sign(thread, worker);
		AWAIT(frame, serve_connection(thread, my->connection));
		worker->alive_ns = SERVER_RESTS;
	}
	AWAIT(frame, py_thread_join(thread, my->acceptor));
	PROGRAM_END;
}

/* ---- Threads: the main thread accepts, a pool serves ---- */

static enum progress await_connections(struct os_thread *thread, struct frame *frame)
{
	struct worker_locals *my = FRAME_LOCALS(frame, struct worker_locals);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_overhead(thread, py_cost(thread, COST_SERVER_SELECT)));
	AWAIT(frame, py_release_gil(thread));
	AWAIT(frame, os_thread_compute(thread, py_cost(thread, COST_AIO_SELECT)));
	AWAIT(frame, epoll_wait_ready(thread, &my->worker->epoll, my->worker->sign_interval_ns));
	AWAIT(frame, py_take_gil(thread));
	PROGRAM_END;
}

static enum progress select_connections(struct os_thread *thread, struct server_worker *worker)
{
	struct worker_locals *my = os_thread_push(thread, await_connections);

	my->worker = worker;
	return os_thread_enter(thread);
}

static struct work_item *work_of(struct server_connection *connection)
{
	work_item_init(&connection->item, serve, connection);
	return &connection->item;
}

static enum progress serve_by_threads(struct os_thread *thread, struct frame *frame)
{
	struct worker_locals *my = FRAME_LOCALS(frame, struct worker_locals);
	struct server_worker *worker = my->worker;

	PROGRAM_BEGIN(frame);
	my->pool = thread_pool_new(py_current(thread)->interpreter, worker->threads);
	AWAIT(frame, py_overhead(thread, py_cost(thread, COST_TPE_CREATE)));
	listener_add_watch(worker->listener, &worker->watch, &worker->item, &worker->epoll);
	while (may_accept(worker)) {
		give_sign(thread, worker);
		AWAIT(frame, select_connections(thread, worker));
		if (!worker->epoll.first_ready)
			continue;
		AWAIT(frame, accept_connection(thread, worker, false, &my->connection));
		if (my->connection)
			AWAIT(frame, thread_pool_submit(thread, my->pool, work_of(my->connection)));
	}
	listener_remove_watch(worker->listener, &worker->watch);
	worker->alive_ns = SERVER_RESTS;
	AWAIT(frame, thread_pool_shutdown(thread, my->pool, false));
	PROGRAM_END;
}

/* ---- asyncio: a task for each connection ---- */

static enum progress serve_as_task(struct os_thread *thread, struct frame *frame)
{
	struct serve_locals *my = FRAME_LOCALS(frame, struct serve_locals);
	struct server_worker *worker = my->worker;

	PROGRAM_BEGIN(frame);
	AWAIT(frame, aio_charge(thread, COST_AIO_AWAIT)); /* loop.sock_recv() */
	AWAIT(frame, socket_call(thread, my->connection, COST_SERVER_RECV));
	push_handler(thread, my->connection);
	AWAIT(frame, os_thread_enter(thread));
	py_catch(thread);				  /* what the request's task raised: the answer says so */
	AWAIT(frame, aio_charge(thread, COST_AIO_AWAIT)); /* loop.sock_sendall() */
	AWAIT(frame, socket_call(thread, my->connection, COST_SERVER_SEND));
	AWAIT(frame, socket_call(thread, my->connection, COST_SERVER_CLOSE));
	my->connection->closed = true;
	worker->open_count--;
	if (worker->open_count == 0 && !may_accept(worker))
		aio_future_set(aio_running_loop(thread), worker->over, PY_NO_EXCEPTION);
	PROGRAM_END;
}

struct turn_locals {
	struct server_worker *worker;
	struct server_connection *connection;
	struct aio_task *task;
	int left;
};

static struct aio_task *new_task(const struct os_thread *thread, struct server_connection *connection)
{
	struct aio_task *task = aio_task_new(aio_running_loop(thread), "connection", serve_as_task);
	struct serve_locals *locals = aio_task_locals(task);

	locals->connection = connection;
	locals->worker = connection->worker;
	return task;
}

static enum progress accept_all(struct os_thread *thread, struct frame *frame)
{
	struct turn_locals *my = FRAME_LOCALS(frame, struct turn_locals);

	PROGRAM_BEGIN(frame);
	for (my->left = SERVER_ACCEPTS_PER_TURN; my->left > 0 && may_accept(my->worker); my->left--) {
		AWAIT(frame, accept_connection(thread, my->worker, false, &my->connection));
		if (!my->connection)
			break;
		my->task = new_task(thread, my->connection);
		AWAIT(frame, aio_task_start(thread, my->task));
		aio_task_release(aio_running_loop(thread), my->task);
	}
	if (!may_accept(my->worker))
		listener_remove_watch(my->worker->listener, &my->worker->watch);
	PROGRAM_END;
}

static enum progress connections_wait(struct os_thread *thread, void *subject, struct aio_future *future)
{
	struct turn_locals *my = os_thread_push(thread, accept_all);

	(void)future;
	my->worker = subject;
	return os_thread_enter(thread);
}

struct main_locals {
	struct server_worker *worker;
	struct aio_future over;
};

/* The subject is what main() keeps. */
static enum progress sign_is_due(struct os_thread *thread, void *subject, struct aio_future *future)
{
	struct server_worker *worker = ((struct main_locals *)subject)->worker;
	struct aio_loop *loop = aio_running_loop(thread);

	(void)future;
	give_sign(thread, worker);
	if (worker->sign)
		aio_cancel_timer(loop, worker->sign);
	worker->sign = aio_call_later(loop, worker->sign_interval_ns, sign_is_due, subject);
	return DONE;
}

static enum progress main_coroutine(struct os_thread *thread, struct frame *frame)
{
	struct main_locals *my = FRAME_LOCALS(frame, struct main_locals);
	struct server_worker *worker = my->worker;
	struct aio_loop *loop = aio_running_loop(thread);

	PROGRAM_BEGIN(frame);
	worker->over = &my->over;
	aio_add_reader(loop, &worker->reader, connections_wait, worker);
	listener_add_watch(worker->listener, &worker->watch, &worker->reader.item, &loop->epoll);
	if (worker->sign_interval_ns != SIM_NS_MAX)
		AWAIT(frame, sign_is_due(thread, my, NULL));
	AWAIT(frame, aio_await(thread, worker->over, ACTIVITY_QUEUE_WAIT));
	if (worker->sign)
		aio_cancel_timer(loop, worker->sign);
	worker->alive_ns = SERVER_RESTS;
	PROGRAM_END;
}

struct loop_locals {
	struct server_worker *worker;
	struct aio_loop *loop;
	struct aio_task *main_task;
};

static enum progress serve_by_loop(struct os_thread *thread, struct frame *frame)
{
	struct loop_locals *my = FRAME_LOCALS(frame, struct loop_locals);
	struct main_locals *locals;

	PROGRAM_BEGIN(frame);
	my->loop = aio_loop_new(py_current(thread)->interpreter, my->worker->statistics);
	my->main_task = aio_task_new(my->loop, "main", main_coroutine);
	locals = aio_task_locals(my->main_task);
	locals->worker = my->worker;
	AWAIT(frame, aio_run(thread, my->loop, my->main_task));
	PROGRAM_END;
}

/* ---- All of them ---- */

enum progress server_serve(struct os_thread *thread, struct server_worker *worker)
{
	static program_fn *const programs[] = {
		[SERVER_BLOCKING] = serve_blocking,
		[SERVER_PREFETCHING] = serve_prefetching,
		[SERVER_THREADS] = serve_by_threads,
		[SERVER_ASYNCIO] = serve_by_loop,
	};
	struct server_worker **locals = os_thread_push(thread, programs[worker->kind]);

	*locals = worker;
	return os_thread_enter(thread);
}

void server_worker_gone(struct server_worker *worker)
{
	listener_remove_watch(worker->listener, &worker->watch);
}
