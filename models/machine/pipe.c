/*
 * pipe.c - see pipe.h.
 */
#include "models/machine/pipe.h"

#define PAGE_BYTES 4096

static const char pipe_word[] = "pipe"; /* of the trace */

/* A page of a pipe: bytes that are still to be read, and where in the page they end. */
struct pipe_page {
	int64_t held_bytes, end_byte;
};

struct pipe *pipe_new(struct machine_model *machine)
{
	struct pipe *pipe = region_alloc(machine->region, sizeof(*pipe));

	pipe->machine = machine;
	pipe->page_count = (size_t)machine_cost(machine, COST_PIPE_CAPACITY) / PAGE_BYTES;
	if (pipe->page_count == 0)
		pipe->page_count = 1;
	ring_init(&pipe->pages, machine->region, sizeof(struct pipe_page));
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

/* `other_end`: where somebody was last at the other end. */
static sim_ns transfer_cost(const struct os_thread *thread, const struct core *other_end, enum cost base,
			    int64_t bytes)
{
	const double *costs = thread->machine->costs->value;
	double each_byte_ns = costs[COST_MEM_COPY];

	if (other_end && other_end != thread->core)
		each_byte_ns += costs[COST_MEM_COPY_ACROSS];
	return machine_cost(thread->machine, base) + sim_time_round(each_byte_ns * (double)bytes);
}

static bool is_full(const struct pipe *pipe)
{
	return pipe->pages.count >= pipe->page_count;
}

/* What does not fill a page goes behind what is in the last one, if there is room for all of it. */
static int64_t merge_rest(struct pipe *pipe, int64_t bytes)
{
	int64_t rest = bytes % PAGE_BYTES;
	struct pipe_page *last;

	if (rest == 0 || pipe->pages.count == 0)
		return 0;
	last = ring_at(&pipe->pages, pipe->pages.count - 1);
	if (last->end_byte + rest > PAGE_BYTES)
		return 0;
	last->end_byte += rest;
	last->held_bytes += rest;
	return rest;
}

/* Fills pages until there are no more, of bytes or of pages; returns how many bytes are in them. */
static int64_t fill_pages(struct pipe *pipe, int64_t bytes)
{
	int64_t moved = 0;

	while (moved < bytes && !is_full(pipe)) {
		int64_t in_page = bytes - moved < PAGE_BYTES ? bytes - moved : PAGE_BYTES;

		*(struct pipe_page *)ring_append(&pipe->pages) = (struct pipe_page){ in_page, in_page };
		moved += in_page;
	}
	return moved;
}

/* True: a full pipe has a free page now. */
static bool empty_pages(struct pipe *pipe, int64_t bytes)
{
	bool was_full = is_full(pipe);

	while (bytes > 0) {
		struct pipe_page *first = ring_at(&pipe->pages, 0);
		int64_t of_page = bytes < first->held_bytes ? bytes : first->held_bytes;

		first->held_bytes -= of_page;
		bytes -= of_page;
		if (first->held_bytes == 0)
			ring_drop_first(&pipe->pages);
	}
	return was_full && !is_full(pipe);
}

struct write_locals {
	struct pipe *pipe;
	int64_t left_bytes;
	int64_t moved;
	sim_ns cost_ns;
	bool has_begun;
};

static enum progress write_message(struct os_thread *thread, struct frame *frame)
{
	struct write_locals *my = FRAME_LOCALS(frame, struct write_locals);
	struct pipe *pipe = my->pipe;

	PROGRAM_BEGIN(frame);
	while (my->left_bytes > 0) {
		bool was_empty = !pipe_is_readable(pipe);

		my->moved = my->has_begun ? 0 : merge_rest(pipe, my->left_bytes);
		my->moved += fill_pages(pipe, my->left_bytes - my->moved);
		my->has_begun = true;
		if (my->moved == 0) {
			AWAIT(frame, futex_wait(thread, &pipe->writers, SIM_NS_MAX, 0));
			continue;
		}
		my->left_bytes -= my->moved;
		last_message(pipe)->written_bytes += my->moved;
		my->cost_ns = transfer_cost(thread, pipe->read_on, COST_PIPE_WRITE, my->moved);
		pipe->written_on = thread->core;
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
	while (!pipe_is_readable(pipe))
		AWAIT(frame, futex_wait(thread, &pipe->readers, SIM_NS_MAX, 0));
	message = first_message(pipe);
	my->moved = message->written_bytes - message->read_bytes;
	message->read_bytes += my->moved;
	my->cost_ns = transfer_cost(thread, pipe->written_on, COST_PIPE_READ, my->moved);
	pipe->read_on = thread->core;
	if (empty_pages(pipe, my->moved))
		my->cost_ns += futex_wake(&pipe->writers, thread, true);
	if (pipe->way_back)
		my->cost_ns += futex_wake(&pipe->way_back->readers, thread, true);
	AWAIT(frame, os_thread_compute(thread, my->cost_ns));
	message = first_message(pipe);
	pipe->last_read_bytes = my->moved;
	pipe->last_message_bytes = message->bytes;
	pipe->last_read_ended_it = message->read_bytes == message->bytes;
	if (pipe->last_read_ended_it) {
		*my->tag = message->tag;
		machine_receive(thread, pipe_word, NULL, message->number);
		ring_drop_first(&pipe->messages);
	}
	PROGRAM_END;
}

enum progress pipe_read(struct os_thread *thread, struct pipe *pipe, void **tag)
{
	struct read_locals *my = os_thread_push(thread, read_message);

	my->pipe = pipe;
	my->tag = tag;
	return os_thread_enter(thread);
}
