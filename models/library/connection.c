/*
 * connection.c - see connection.h.
 */
#include "models/library/connection.h"

#define HEADER_BYTES 4
/* Above this the header is written apart, to spare a copy (connection.py:_send_bytes). */
#define ONE_WRITE_BYTES 16384
/* malloc() takes blocks from this size on from the kernel and gives them back (M_MMAP_THRESHOLD), so that their pages are
 * touched for the first time each time. From the largest one that it has given back on it keeps twice as much
 * (M_TRIM_THRESHOLD): less than the three blocks that a message of that size passes through. */
#define FRESH_MEMORY_BYTES 131072

static sim_ns cost_of(const struct os_thread *thread, struct payload payload, enum cost each_byte, enum cost each_object)
{
	const double *costs = thread->machine->costs->value;

	return sim_time_round(costs[each_byte] * (double)payload.bytes + costs[each_object] * (double)payload.objects);
}

sim_ns pickle_cost(const struct os_thread *thread, struct payload payload)
{
	return cost_of(thread, payload, COST_PICKLE_DUMPS, COST_PICKLE_DUMPS_OBJECT);
}

sim_ns unpickle_cost(const struct os_thread *thread, struct payload payload)
{
	return cost_of(thread, payload, COST_PICKLE_LOADS, COST_PICKLE_LOADS_OBJECT);
}

struct send_locals {
	struct pipe *pipe;
	void *tag;
	int64_t bytes;
	uint8_t previous_activity;
};

static enum progress send(struct os_thread *thread, struct frame *frame)
{
	struct send_locals *my = FRAME_LOCALS(frame, struct send_locals);

	PROGRAM_BEGIN(frame);
	if (my->bytes > ONE_WRITE_BYTES) {
		AWAIT(frame, py_release_gil(thread));
		AWAIT(frame, os_thread_compute(thread, py_cost(thread, COST_PIPE_WRITE)));
		AWAIT(frame, py_take_gil(thread));
	}
	os_process_use_memory(thread->process, my->bytes); /* pickled, until it is written */
	AWAIT(frame, py_release_gil(thread));
	AWAIT(frame, pipe_write(thread, my->pipe, my->bytes + HEADER_BYTES, my->tag));
	os_process_use_memory(thread->process, -my->bytes);
	os_thread_set_activity(thread, my->previous_activity);
	AWAIT(frame, py_take_gil(thread));
	PROGRAM_END;
}

enum progress connection_send(struct os_thread *thread, struct pipe *pipe, int64_t bytes, void *tag)
{
	struct send_locals *my = os_thread_push(thread, send);

	my->pipe = pipe;
	my->bytes = bytes;
	my->tag = tag;
	my->previous_activity = thread->activity;
	os_thread_set_activity(thread, ACTIVITY_IPC);
	return os_thread_enter(thread);
}

struct receive_locals {
	struct pipe *pipe;
	void **tag;
	int64_t bytes;
	uint8_t previous_activity;
};

/* A message is read into a buffer that grows, taken out of it, and unpickled. */
static bool needs_fresh_memory(struct os_process *process, int64_t bytes)
{
	if (bytes > process->largest_block_bytes)
		process->largest_block_bytes = bytes;
	return bytes >= FRESH_MEMORY_BYTES && 3 * bytes > 2 * process->largest_block_bytes;
}

static enum progress receive(struct os_thread *thread, struct frame *frame)
{
	struct receive_locals *my = FRAME_LOCALS(frame, struct receive_locals);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_release_gil(thread));
	AWAIT(frame, pipe_read(thread, my->pipe, my->tag));
	my->bytes = my->pipe->last_read_bytes;
	AWAIT(frame, py_take_gil(thread));
	/* The header's read was the one that blocked; the body's finds its bytes there. */
	AWAIT(frame, py_release_gil(thread));
	AWAIT(frame, os_thread_compute(thread, py_cost(thread, COST_PIPE_READ)));
	AWAIT(frame, py_take_gil(thread));
	if (needs_fresh_memory(thread->process, my->bytes))
		AWAIT(frame, py_overhead(thread, cost_of(thread, (struct payload){ .bytes = my->bytes },
							 COST_CONNECTION_RECEIVE_LARGE, COST_CONNECTION_RECEIVE_LARGE)));
	os_thread_set_activity(thread, my->previous_activity);
	PROGRAM_END;
}

enum progress connection_receive(struct os_thread *thread, struct pipe *pipe, void **tag)
{
	struct receive_locals *my = os_thread_push(thread, receive);

	my->pipe = pipe;
	my->tag = tag;
	my->previous_activity = thread->activity;
	os_thread_set_activity(thread, ACTIVITY_IPC);
	return os_thread_enter(thread);
}

struct poll_locals {
	struct pipe *pipe;
	sim_ns deadline_ns;
	uint8_t previous_activity;
	bool timed_out;
};

static enum progress poll(struct os_thread *thread, struct frame *frame)
{
	struct poll_locals *my = FRAME_LOCALS(frame, struct poll_locals);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_overhead(thread, py_cost(thread, COST_CONNECTION_POLL)));
	AWAIT(frame, py_release_gil(thread));
	AWAIT(frame, os_thread_compute(thread, py_cost(thread, COST_SYSCALL_BASE)));
	while (!pipe_is_readable(my->pipe) && !my->timed_out) {
		my->timed_out = my->deadline_ns <= machine_now(thread->machine);
		if (!my->timed_out)
			AWAIT(frame, futex_wait(thread, &my->pipe->readers, my->deadline_ns,
						thread->machine->timer_slack_ns));
	}
	os_thread_set_activity(thread, my->previous_activity);
	AWAIT(frame, py_take_gil(thread));
	py_current(thread)->timed_out = my->timed_out;
	PROGRAM_END;
}

enum progress connection_poll(struct os_thread *thread, struct pipe *pipe, sim_ns deadline_ns)
{
	struct poll_locals *my = os_thread_push(thread, poll);

	my->pipe = pipe;
	my->deadline_ns = deadline_ns;
	my->previous_activity = thread->activity;
	os_thread_set_activity(thread, ACTIVITY_IPC);
	return os_thread_enter(thread);
}
