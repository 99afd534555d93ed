/*
 * pipe.c - see pipe.h.
 */
#include "models/machine/pipe.h"

static const char pipe_word[] = "pipe"; /* of the trace */

struct pipe *pipe_new(struct machine_model *machine)
{
	struct pipe *pipe = region_alloc(machine->region, sizeof(*pipe));

	pipe->machine = machine;
	pipe->capacity_bytes = machine_cost(machine, COST_PIPE_CAPACITY);
	ring_init(&pipe->messages, machine->region, sizeof(struct pipe_message));
	return pipe;
}

void pipe_new_socket(struct machine_model *machine, struct pipe **there, struct pipe **back)
{
	*there = pipe_new(machine);
	*back = pipe_new(machine);
	(*there)->way_back = *back;
	(*back)->way_back = *there;
}

static struct pipe_message *first_message(const struct pipe *pipe)
{
	return ring_at(&pipe->messages, 0);
}

static struct pipe_message *last_message(const struct pipe *pipe)
{
	return ring_at(&pipe->messages, pipe->messages.count - 1);
}

static sim_ns transfer_cost(const struct pipe *pipe, enum cost base, int64_t bytes)
{
	return machine_cost(pipe->machine, base) +
	       sim_time_round(pipe->machine->costs->value[COST_MEM_COPY] * (double)bytes);
}

struct write_locals {
	struct pipe *pipe;
	int64_t left_bytes;
	int64_t moved;
	sim_ns cost_ns;
};

static enum progress write_message(struct os_thread *thread, struct frame *frame)
{
	struct write_locals *my = FRAME_LOCALS(frame, struct write_locals);
	struct pipe *pipe = my->pipe;

	PROGRAM_BEGIN(frame);
	while (my->left_bytes > 0) {
		bool was_empty = pipe->held_bytes == 0;
		int64_t room = pipe->capacity_bytes - pipe->held_bytes;

		if (room == 0) {
			AWAIT(frame, futex_wait(thread, &pipe->writers, SIM_NS_MAX, 0));
			continue;
		}
		my->moved = my->left_bytes < room ? my->left_bytes : room;
		my->left_bytes -= my->moved;
		last_message(pipe)->written_bytes += my->moved;
		pipe->held_bytes += my->moved;
		my->cost_ns = transfer_cost(pipe, COST_PIPE_WRITE, my->moved);
		/* Those in poll() stand before those in read() (add_wait_queue_exclusive() appends). */
		if (pipe->pollers)
			my->cost_ns += futex_wake(pipe->pollers, thread, true);
		if (was_empty)
			my->cost_ns += futex_wake(&pipe->readers, thread, true);
		AWAIT(frame, os_thread_compute(thread, my->cost_ns));
	}
	PROGRAM_END;
}

enum progress pipe_write(struct os_thread *thread, struct pipe *pipe, int64_t bytes, void *tag)
{
	struct write_locals *my;

	assert(bytes > 0);
	*(struct pipe_message *)ring_append(&pipe->messages) =
		(struct pipe_message){ .bytes = bytes, .tag = tag, .number = machine_send(thread, pipe_word, NULL) };
	my = os_thread_push(thread, write_message);
	my->pipe = pipe;
	my->left_bytes = bytes;
	return os_thread_enter(thread);
}

struct read_locals {
	struct pipe *pipe;
	void **tag;
	int64_t moved;
	sim_ns cost_ns;
};

static enum progress read_message(struct os_thread *thread, struct frame *frame)
{
	struct read_locals *my = FRAME_LOCALS(frame, struct read_locals);
	struct pipe *pipe = my->pipe;
	struct pipe_message *message;

	PROGRAM_BEGIN(frame);
	for (;;) {
		while (pipe->held_bytes == 0)
			AWAIT(frame, futex_wait(thread, &pipe->readers, SIM_NS_MAX, 0));
		message = first_message(pipe);
		my->moved = message->written_bytes - message->read_bytes;
		message->read_bytes += my->moved;
		pipe->held_bytes -= my->moved;
		my->cost_ns =
			transfer_cost(pipe, COST_PIPE_READ, my->moved) + futex_wake(&pipe->writers, thread, true);
		if (pipe->way_back)
			my->cost_ns += futex_wake(&pipe->way_back->readers, thread, true);
		AWAIT(frame, os_thread_compute(thread, my->cost_ns));
		message = first_message(pipe);
		if (message->read_bytes == message->bytes)
			break;
	}
	*my->tag = message->tag;
	pipe->last_read_bytes = message->bytes;
	machine_receive(thread, pipe_word, NULL, message->number);
	ring_drop_first(&pipe->messages);
	PROGRAM_END;
}

enum progress pipe_read(struct os_thread *thread, struct pipe *pipe, void **tag)
{
	struct read_locals *my = os_thread_push(thread, read_message);

	my->pipe = pipe;
	my->tag = tag;
	return os_thread_enter(thread);
}
