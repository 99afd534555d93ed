/*
 * connection.c - see connection.h.
 */
#include "models/library/connection.h"

#define HEADER_BYTES 4
/* Above this the header is written apart, to spare a copy (connection.py:_send_bytes). */
#define ONE_WRITE_BYTES 16384
/* Memory for less is among the costs of who does it. */
#define LARGE_BYTES 65536
/* PyBytesObject around its bytes. */
#define BYTES_OBJECT_BYTES 33
/* A small block: a dictionary, a list. */
#define LEFT_BYTES 1024

static sim_ns cost_of(const struct os_thread *thread, struct payload payload, enum cost each_byte, enum cost each_object)
{
	const double *costs = thread->machine->costs->value;

	return sim_time_round(costs[each_byte] * (double)payload.bytes + costs[each_object] * (double)payload.objects);
}

static sim_ns copy_cost(const struct os_thread *thread, int64_t bytes)
{
	return sim_time_round(thread->machine->costs->value[COST_PICKLE_LOADS] * (double)bytes);
}

/* ---- What is pickled, and its memory ---- */

/* Buffers of the payload; many small objects are none. */
static int64_t buffers_of(struct payload payload)
{
	int64_t count = payload.objects > 1 ? payload.objects : 1;

	return payload.bytes / count >= LARGE_BYTES ? count : 0;
}

/* io.BytesIO. */
struct bytes_io {
	struct memory_block *block;
	int64_t size, room;
};

/* write() of so many bytes (bytesio.c:resize_buffer()); returns what it costs on top of copying them. */
static sim_ns bytes_io_write(struct os_thread *thread, struct bytes_io *buffer, int64_t bytes)
{
	struct arena *arena = arena_of(thread);
	int64_t size = buffer->size + bytes, copied = 0, fresh = 0;

	if (size > buffer->room) {
		buffer->room = size < buffer->room + buffer->room / 8 ? size + size / 8 : size + 1;
		if (buffer->block)
			buffer->block = memory_resize(buffer->block, buffer->room + BYTES_OBJECT_BYTES,
						      buffer->size, &copied, &fresh);
		else
			buffer->block = memory_allocate(arena, buffer->room + BYTES_OBJECT_BYTES);
	}
	buffer->size = size;
	fresh += memory_touch(buffer->block, size);
	return copy_cost(thread, copied) + memory_fault_cost(thread, fresh) + memory_kernel_cost(thread);
}

static void drop_block(struct memory_block **block)
{
	if (*block)
		memory_free(*block);
	*block = NULL;
}

/* The buffer that the thread has of a message: pickled and not yet written, or received and not yet unpickled. */
static void keep_message(struct os_thread *thread, struct memory_block *block)
{
	struct arena *arena = arena_of(thread);

	drop_block(&arena->message);
	arena->message = block;
}

/* Returns what that costs. */
static sim_ns drop_message(struct os_thread *thread)
{
	if (!thread->arena)
		return 0;
	drop_block(&thread->arena->message);
	return memory_kernel_cost(thread);
}

sim_ns pickle_cost(struct os_thread *thread, struct payload payload)
{
	sim_ns cost = cost_of(thread, payload, COST_PICKLE_DUMPS, COST_PICKLE_DUMPS_OBJECT);
	int64_t count = buffers_of(payload);
	struct bytes_io buffer = { NULL, 0, 0 };

	for (int64_t i = 0; i < count; i++)
		cost += bytes_io_write(thread, &buffer, payload.bytes / count) + bytes_io_write(thread, &buffer, 1);
	if (count > 0)
		keep_message(thread, buffer.block);
	return cost;
}

sim_ns unpickle_cost(struct os_thread *thread, struct payload payload, enum lifetime lifetime)
{
	sim_ns cost = cost_of(thread, payload, COST_PICKLE_LOADS, COST_PICKLE_LOADS_OBJECT);
	int64_t count = buffers_of(payload), fresh = 0;
	struct memory_block *made = NULL;

	for (int64_t i = 0; i < count; i++) {
		struct memory_block *block =
			memory_allocate(arena_of(thread), payload.bytes / count + BYTES_OBJECT_BYTES);

		fresh += memory_touch(block, payload.bytes / count);
		block->next_made = made;
		made = block;
	}
	cost += drop_message(thread);
	while (made && lifetime == UNTIL_UNPICKLED) {
		struct memory_block *block = made;

		made = block->next_made;
		memory_free(block);
	}
	return cost + memory_fault_cost(thread, fresh) + memory_kernel_cost(thread);
}

void leave_objects(struct os_thread *thread)
{
	if (thread->arena)
		memory_touch(memory_allocate(thread->arena, LEFT_BYTES), LEFT_BYTES);
}

/* ---- Sending and receiving ---- */

struct send_locals {
	struct pipe *pipe;
	void *tag;
	int64_t bytes, part_bytes;
	uint8_t previous_activity;
};

static enum progress send(struct os_thread *thread, struct frame *frame)
{
	struct send_locals *my = FRAME_LOCALS(frame, struct send_locals);

	PROGRAM_BEGIN(frame);
	pipe_begin_message(thread, my->pipe, my->bytes + HEADER_BYTES, my->tag);
	my->part_bytes = my->bytes + HEADER_BYTES;
	if (my->bytes > ONE_WRITE_BYTES) {
		AWAIT(frame, py_release_gil(thread));
		AWAIT(frame, pipe_write(thread, my->pipe, HEADER_BYTES));
		AWAIT(frame, py_take_gil(thread));
		my->part_bytes = my->bytes;
	}
	AWAIT(frame, py_release_gil(thread));
	AWAIT(frame, pipe_write(thread, my->pipe, my->part_bytes));
	os_thread_set_activity(thread, my->previous_activity);
	AWAIT(frame, py_take_gil(thread));
	AWAIT(frame, os_thread_compute(thread, drop_message(thread)));
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
	struct bytes_io message;
	struct memory_block *chunk; /* NULL: too small to count */
	int64_t left_bytes;
	bool as_bytes;
	uint8_t previous_activity;
};

/* os.read() of all that is still to come has a buffer as large as that. */
static void allocate_chunk(struct os_thread *thread, struct receive_locals *my)
{
	if (my->pipe->last_message_bytes >= LARGE_BYTES)
		my->chunk = memory_allocate(arena_of(thread), my->left_bytes + BYTES_OBJECT_BYTES);
}

/* It is cut to what there was and appended to the message; returns what that costs. */
static sim_ns append_chunk(struct os_thread *thread, struct receive_locals *my)
{
	struct bytes_io *message = &my->message;
	int64_t bytes = my->pipe->last_read_bytes, ignored = 0;
	sim_ns cost;

	my->left_bytes -= bytes;
	if (!my->chunk)
		return 0;
	my->chunk = memory_resize(my->chunk, bytes + BYTES_OBJECT_BYTES, bytes, &ignored, &ignored);
	cost = copy_cost(thread, bytes) + bytes_io_write(thread, message, bytes);
	drop_block(&my->chunk);
	if (my->left_bytes == 0) {
		if (my->as_bytes)
			message->block = memory_resize(message->block, message->size + BYTES_OBJECT_BYTES,
						       message->size, &ignored, &ignored);
		keep_message(thread, message->block);
	}
	return cost + memory_kernel_cost(thread);
}

static enum progress receive(struct os_thread *thread, struct frame *frame)
{
	struct receive_locals *my = FRAME_LOCALS(frame, struct receive_locals);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_release_gil(thread));
	AWAIT(frame, pipe_read(thread, my->pipe, HEADER_BYTES, NULL, my->tag));
	my->left_bytes = my->pipe->last_message_bytes - HEADER_BYTES;
	AWAIT(frame, py_take_gil(thread));
	while (my->left_bytes > 0) {
		allocate_chunk(thread, my);
		AWAIT(frame, py_release_gil(thread));
		AWAIT(frame, pipe_read(thread, my->pipe, my->left_bytes, my->chunk, my->tag));
		AWAIT(frame, py_take_gil(thread));
		AWAIT(frame, os_thread_compute(thread, append_chunk(thread, my)));
	}
	os_thread_set_activity(thread, my->previous_activity);
	PROGRAM_END;
}

static enum progress enter_receive(struct os_thread *thread, struct pipe *pipe, void **tag, bool as_bytes)
{
	struct receive_locals *my = os_thread_push(thread, receive);

	my->pipe = pipe;
	my->tag = tag;
	my->as_bytes = as_bytes;
	my->previous_activity = thread->activity;
	os_thread_set_activity(thread, ACTIVITY_IPC);
	return os_thread_enter(thread);
}

enum progress connection_receive(struct os_thread *thread, struct pipe *pipe, void **tag)
{
	return enter_receive(thread, pipe, tag, false);
}

enum progress connection_receive_bytes(struct os_thread *thread, struct pipe *pipe, void **tag)
{
	return enter_receive(thread, pipe, tag, true);
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
