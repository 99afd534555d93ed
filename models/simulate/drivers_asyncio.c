/*
 * drivers_asyncio.c - asyncio.run(main()) of a program whose `main` is a coroutine, and of one that makes a task of
 * each request from outside.
 */
#include "models/library/simple_queue.h"
#include "models/simulate/arrivals.h"
#include "models/simulate/coroutines.h"
#include "models/simulate/drivers.h"
#include "models/simulate/resources.h"

struct run_locals {
	struct simulation *simulation;
	struct aio_loop *loop;
	struct aio_task *main_task;
};

enum progress run_coroutine_program(struct os_thread *thread, struct frame *frame)
{
	struct run_locals *my = FRAME_LOCALS(frame, struct run_locals);

	PROGRAM_BEGIN(frame);
	my->simulation = py_current(thread)->argument;
	AWAIT(frame, resources_start(thread, my->simulation));
	simulation_start_clock(my->simulation);
	my->loop = aio_loop_new(py_current(thread)->interpreter, &my->simulation->loops);
	my->loop->eager = my->simulation->workload->model.eager;
	my->main_task = coroutine_task_new(
		my->loop, task_instance_new_main(my->simulation, my->simulation->workload->run.task));
	AWAIT(frame, aio_run(thread, my->loop, my->main_task));
	py_catch(thread); /* what main() has let through: it is counted where it was raised */
	simulation_stop_clock(my->simulation);
	PROGRAM_END;
}

/* ---- arrivals and users: from outside, loop.add_reader() on the pipe that the clients write to; its callback makes
 * a task of each request. From inside main() makes them, and sleeps in between ---- */

struct inbox {
	struct simulation *simulation;
	struct aio_loop *loop;
	struct arrival_source source; /* from inside */
	uint32_t next_task;
	sim_ns first_ns;
	struct aio_reader pipe; /* from outside */
	struct simple_queue unread; /* instances whose arrival lies in the pipe */
	struct aio_future finished; /* closed, and all requests have ended */
	int64_t in_flight;
	bool closed;
};

static void request_comes(void *context, struct task_instance *instance)
{
	struct inbox *inbox = context;

	simple_queue_append(NULL, &inbox->unread, instance);
	aio_reader_set_ready(inbox->loop, &inbox->pipe, NULL);
}

static void inbox_closes(void *context)
{
	struct inbox *inbox = context;

	inbox->closed = true;
	aio_reader_set_ready(inbox->loop, &inbox->pipe, NULL);
}

static void finish_if_over(struct inbox *inbox)
{
	if (inbox->closed && inbox->in_flight == 0 && simple_queue_is_empty(&inbox->unread) &&
	    !aio_future_done(&inbox->finished))
		aio_future_set(inbox->loop, &inbox->finished, PY_NO_EXCEPTION);
}

static enum progress request_is_done(struct os_thread *thread, void *subject, struct aio_future *future)
{
	struct inbox *inbox = subject;

	(void)thread;
	(void)future;
	inbox->in_flight--;
	finish_if_over(inbox);
	return DONE;
}

static struct task_instance *take_unread(const struct os_thread *thread, struct inbox *inbox)
{
	void *instance = NULL;

	simple_queue_try_get(thread, &inbox->unread, &instance);
	return instance;
}

static struct aio_task *new_request(struct inbox *inbox, struct task_instance *instance)
{
	struct aio_task *task;

	task_set_timeout(instance, inbox->simulation->workload->model.timeout_ns);
	task = coroutine_task_new(inbox->loop, instance);
	inbox->in_flight++;
	aio_future_add_callback(inbox->loop, &task->future, request_is_done, inbox);
	return task;
}

/* Whether so many are under way that the next is turned away: in a loop none waits for a worker. */
static bool is_full(const struct inbox *inbox)
{
	int64_t limit = inbox->simulation->workload->model.queue_limit;

	return limit > 0 && inbox->in_flight >= limit;
}

struct read_locals {
	struct inbox *inbox;
	struct aio_task *task;
	size_t left;
};

/* One read takes all that is there. */
static enum progress read_requests(struct os_thread *thread, struct frame *frame)
{
	struct read_locals *my = FRAME_LOCALS(frame, struct read_locals);
	struct inbox *inbox = my->inbox;

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_release_gil(thread));
	epoll_item_set_read(&inbox->pipe.item);
	my->left = inbox->unread.items.count;
	AWAIT(frame, os_thread_compute(thread, py_cost(thread, COST_PIPE_READ)));
	AWAIT(frame, py_take_gil(thread));
	for (; my->left > 0; my->left--) {
		if (is_full(inbox)) {
			task_instance_reject(take_unread(thread, inbox));
			continue;
		}
		my->task = new_request(inbox, take_unread(thread, inbox));
		AWAIT(frame, aio_task_start(thread, my->task));
		aio_task_release(inbox->loop, my->task);
	}
	finish_if_over(inbox);
	PROGRAM_END;
}

static enum progress inbox_is_readable(struct os_thread *thread, void *subject, struct aio_future *future)
{
	struct read_locals *locals = os_thread_push(thread, read_requests);

	(void)future;
	locals->inbox = subject;
	return os_thread_enter(thread);
}

struct serve_locals {
	struct inbox *inbox;
	struct task_instance *instance;
	struct aio_task *task;
};

static enum progress read_all_requests(struct os_thread *thread, struct frame *frame)
{
	struct serve_locals *my = FRAME_LOCALS(frame, struct serve_locals);
	struct inbox *inbox = my->inbox;
	const struct arrivals_receiver receiver = { request_comes, inbox_closes, inbox };

	PROGRAM_BEGIN(frame);
	aio_running_loop(thread)->eager = inbox->simulation->workload->model.eager;
	aio_add_reader(inbox->loop, &inbox->pipe, inbox_is_readable, inbox);
	arrivals_start(inbox->simulation, &receiver);
	AWAIT(frame, aio_await(thread, &inbox->finished, ACTIVITY_QUEUE_WAIT));
	PROGRAM_END;
}

static enum progress make_requests(struct os_thread *thread, struct frame *frame)
{
	struct serve_locals *my = FRAME_LOCALS(frame, struct serve_locals);
	struct inbox *inbox = my->inbox;
	struct simulation *simulation = inbox->simulation;

	PROGRAM_BEGIN(frame);
	aio_running_loop(thread)->eager = simulation->workload->model.eager;
	inbox->first_ns = machine_now(thread->machine);
	arrival_source_init(&inbox->source, simulation->workload, simulation->replication);
	while (arrival_source_next(&inbox->source, &inbox->next_task)) {
		if (inbox->first_ns + inbox->source.at_ns > machine_now(thread->machine))
			AWAIT(frame, aio_sleep(thread, inbox->first_ns + inbox->source.at_ns -
							       machine_now(thread->machine)));
		my->instance = task_instance_new(simulation, inbox->next_task, inbox->source.index - 1);
		if (is_full(inbox)) {
			task_instance_reject(my->instance);
			continue;
		}
		my->task = new_request(inbox, my->instance);
		AWAIT(frame, aio_task_start(thread, my->task));
		aio_task_release(inbox->loop, my->task);
	}
	task_statistics_arrivals_over(simulation);
	inbox->closed = true;
	finish_if_over(inbox);
	AWAIT(frame, aio_await(thread, &inbox->finished, ACTIVITY_QUEUE_WAIT));
	PROGRAM_END;
}

static struct aio_task *server_new(struct os_thread *thread, struct simulation *simulation)
{
	struct inbox *inbox = region_alloc_near(simulation->region, sizeof(*inbox));
	struct aio_task *task;

	inbox->simulation = simulation;
	inbox->loop = aio_loop_new(py_current(thread)->interpreter, &simulation->loops);
	simple_queue_init(&inbox->unread, simulation->region);
	task = aio_task_new(inbox->loop, "main",
			    simulation->workload->run.from_inside ? make_requests : read_all_requests);
	((struct serve_locals *)aio_task_locals(task))->inbox = inbox;
	return task;
}

static struct aio_loop *loop_of(struct aio_task *server)
{
	return ((struct serve_locals *)aio_task_locals(server))->inbox->loop;
}

enum progress run_clients_in_loop(struct os_thread *thread, struct frame *frame)
{
	struct run_locals *my = FRAME_LOCALS(frame, struct run_locals);

	PROGRAM_BEGIN(frame);
	my->simulation = py_current(thread)->argument;
	AWAIT(frame, resources_start(thread, my->simulation));
	simulation_start_clock(my->simulation);
	my->main_task = server_new(thread, my->simulation);
	AWAIT(frame, aio_run(thread, loop_of(my->main_task), my->main_task));
	simulation_stop_clock(my->simulation);
	PROGRAM_END;
}
