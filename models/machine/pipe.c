/*
 * pipe.c - see pipe.h.
 */
#include "models/machine/pipe.h"

struct pipe *pipe_new(struct machine_model *machine)
{
	struct pipe *pipe = region_alloc(machine->region, sizeof(*pipe));

	pipe->machine = machine;
	pipe->capacity_bytes = machine_cost(machine, COST_PIPE_CAPACITY);
	return pipe;
}

static struct pipe_message *message_at(const struct pipe *pipe, size_t position)
{
	return &pipe->messages[(pipe->first + position) % pipe->capacity];
}

static void append_message(struct pipe *pipe, int64_t bytes, void *tag)
{
	if (pipe->count == pipe->capacity) {
		size_t capacity = pipe->capacity ? 2 * pipe->capacity : 8;
		struct pipe_message *messages =
			region_alloc_array(pipe->machine->region, capacity, sizeof(*messages));

		for (size_t i = 0; i < pipe->count; i++)
			messages[i] = *message_at(pipe, i);
		region_free(pipe->machine->region, pipe->messages);
		pipe->messages = messages;
		pipe->first = 0;
		pipe->capacity = capacity;
	}
	pipe->count++;
	*message_at(pipe, pipe->count - 1) = (struct pipe_message){ .bytes = bytes, .tag = tag };
}

static sim_ns transfer_cost(const struct pipe *pipe, enum cost base, int64_t bytes)
{
	return machine_cost(pipe->machine, base) +
	       sim_time_round(pipe->machine->costs->value[COST_MEM_COPY] * (double)bytes);
}

struct write_locals {
	struct pipe *pipe;
	int64_t moved;
	sim_ns cost_ns;
};

static enum progress write_message(struct os_thread *thread, struct frame *frame)
{
	struct write_locals *my = FRAME_LOCALS(frame, struct write_locals);
	struct pipe *pipe = my->pipe;
	struct pipe_message *message = message_at(pipe, pipe->count - 1);

	PROGRAM_BEGIN(frame);
	while (message->written_bytes < message->bytes) {
		bool was_empty = pipe->held_bytes == 0;
		int64_t room = pipe->capacity_bytes - pipe->held_bytes;

		if (room == 0) {
			AWAIT(frame, futex_wait(thread, &pipe->writers, SIM_NS_MAX, 0));
			message = message_at(pipe, pipe->count - 1);
			continue;
		}
		my->moved = message->bytes - message->written_bytes;
		if (my->moved > room)
			my->moved = room;
		message->written_bytes += my->moved;
		pipe->held_bytes += my->moved;
		my->cost_ns = transfer_cost(pipe, COST_PIPE_WRITE, my->moved);
		if (was_empty)
			my->cost_ns += futex_wake(&pipe->readers, thread, true);
		if (pipe->pollers)
			my->cost_ns += futex_wake(pipe->pollers, thread, true);
		AWAIT(frame, os_thread_compute(thread, my->cost_ns));
		message = message_at(pipe, pipe->count - 1);
	}
	PROGRAM_END;
}

enum progress pipe_write(struct os_thread *thread, struct pipe *pipe, int64_t bytes, void *tag)
{
	struct write_locals *my;

	assert(bytes > 0);
	append_message(pipe, bytes, tag);
	my = os_thread_push(thread, write_message);
	my->pipe = pipe;
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
		message = message_at(pipe, 0);
		my->moved = message->written_bytes - message->read_bytes;
		message->read_bytes += my->moved;
		pipe->held_bytes -= my->moved;
		my->cost_ns = transfer_cost(pipe, COST_PIPE_READ, my->moved) +
			      futex_wake(&pipe->writers, thread, true);
		AWAIT(frame, os_thread_compute(thread, my->cost_ns));
		message = message_at(pipe, 0);
		if (message->read_bytes == message->bytes)
			break;
	}
	*my->tag = message->tag;
	pipe->first = (pipe->first + 1) % pipe->capacity;
	pipe->count--;
	PROGRAM_END;
}

enum progress pipe_read(struct os_thread *thread, struct pipe *pipe, void **tag)
{
	struct read_locals *my = os_thread_push(thread, read_message);

	my->pipe = pipe;
	my->tag = tag;
	return os_thread_enter(thread);
}
