/*
 * pipe.c - see pipe.h.
 */
#include "models/machine/pipe.h"

#include "models/machine/allocator.h"

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

/* ---- Its mutex ---- */

/* Who waits looks so often whether its holder is still on a core; it is told of the end at once. */
#define SPIN_NS (5 * SIM_US)

struct mutex_locals {
	struct pipe *pipe;
};

/* Who was killed while it spun does so no longer. */
static bool somebody_spins(const struct pipe *pipe)
{
	return pipe->spinner && pipe->spinner->interruptible;
}

/* mutex_optimistic_spin(): on its core while the holder is on one, asleep otherwise. */
static enum progress wait_for_mutex(struct os_thread *thread, struct frame *frame)
{
	struct pipe *pipe = FRAME_LOCALS(frame, struct mutex_locals)->pipe;

	PROGRAM_BEGIN(frame);
	while (pipe->holder && pipe->holder->state != THREAD_EXITED) {
		if (somebody_spins(pipe) || pipe->holder->state != THREAD_RUNNING) {
			AWAIT(frame, futex_wait(thread, &pipe->mutex, SIM_NS_MAX, 0));
			continue;
		}
		pipe->spinner = thread;
		AWAIT(frame, os_thread_compute_interruptible(thread, SPIN_NS));
		if (pipe->spinner == thread)
			pipe->spinner = NULL;
	}
	pipe->holder = thread;
	PROGRAM_END;
}

static enum progress take_mutex(struct os_thread *thread, struct pipe *pipe)
{
	struct mutex_locals *my;

	if (!pipe->holder) {
		pipe->holder = thread;
		return DONE;
	}
	my = os_thread_push(thread, wait_for_mutex);
	my->pipe = pipe;
	return os_thread_enter(thread);
}

/* Returns what waking the next one costs. */
static sim_ns release_mutex(struct os_thread *thread, struct pipe *pipe)
{
	pipe->holder = NULL;
	if (!somebody_spins(pipe))
		return futex_wake(&pipe->mutex, thread, false);
	os_thread_interrupt(pipe->spinner);
	return 0;
}

/* ---- Writing ---- */

struct write_locals {
	struct pipe *pipe;
	int64_t left_bytes;
	int64_t moved;
	bool has_begun, was_empty;
};

/* Of whom wakes somebody, after the copying: those in poll() stand before those in read()
 * (add_wait_queue_exclusive() appends). */
static sim_ns written(struct os_thread *thread, const struct write_locals *my)
{
	struct pipe *pipe = my->pipe;
	sim_ns cost_ns = release_mutex(thread, pipe);

	if (pipe->pollers && my->moved > 0)
		cost_ns += futex_wake(pipe->pollers, thread, true);
	if (my->was_empty && my->moved > 0)
		cost_ns += futex_wake(&pipe->readers, thread, true);
	return cost_ns;
}

static enum progress write_bytes(struct os_thread *thread, struct frame *frame)
{
	struct write_locals *my = FRAME_LOCALS(frame, struct write_locals);
	struct pipe *pipe = my->pipe;

	PROGRAM_BEGIN(frame);
	while (my->left_bytes > 0) {
		AWAIT(frame, take_mutex(thread, pipe));
		my->was_empty = !pipe_is_readable(pipe);
		my->moved = my->has_begun ? 0 : merge_rest(pipe, my->left_bytes);
		my->moved += fill_pages(pipe, my->left_bytes - my->moved);
		my->has_begun = true;
		my->left_bytes -= my->moved;
		last_message(pipe)->written_bytes += my->moved;
		if (my->moved > 0) {
			pipe->written_on = thread->core;
			AWAIT(frame, os_thread_compute(thread, transfer_cost(thread, pipe->read_on, COST_PIPE_WRITE,
									     my->moved)));
		}
		AWAIT(frame, os_thread_compute(thread, written(thread, my)));
		if (my->left_bytes > 0 && is_full(pipe))
			AWAIT(frame, futex_wait(thread, &pipe->writers, SIM_NS_MAX, 0));
	}
	PROGRAM_END;
}

void pipe_begin_message(struct os_thread *thread, struct pipe *pipe, int64_t bytes, void *tag)
{
	*(struct pipe_message *)ring_append(&pipe->messages) =
		(struct pipe_message){ .bytes = bytes, .tag = tag, .number = machine_send(thread, pipe_word, NULL) };
}

enum progress pipe_write(struct os_thread *thread, struct pipe *pipe, int64_t bytes)
{
	struct write_locals *my = os_thread_push(thread, write_bytes);

	assert(bytes > 0 && last_message(pipe)->written_bytes + bytes <= last_message(pipe)->bytes);
	my->pipe = pipe;
	my->left_bytes = bytes;
	return os_thread_enter(thread);
}

/* ---- Reading ---- */

struct read_locals {
	struct pipe *pipe;
	int64_t most_bytes;
	struct memory_block *into;
	void **tag;
	int64_t moved;
	bool made_room;
};

/* Whom that wakes, after the copying. */
static sim_ns have_read(struct os_thread *thread, const struct read_locals *my)
{
	struct pipe *pipe = my->pipe;
	sim_ns cost_ns = release_mutex(thread, pipe);

	if (my->made_room)
		cost_ns += futex_wake(&pipe->writers, thread, true);
	if (pipe->way_back && pipe->last_read_ended_it)
		cost_ns += futex_wake(&pipe->way_back->readers, thread, true);
	return cost_ns;
}

static enum progress read_message(struct os_thread *thread, struct frame *frame)
{
	struct read_locals *my = FRAME_LOCALS(frame, struct read_locals);
	struct pipe *pipe = my->pipe;
	struct pipe_message *message;
	sim_ns cost_ns;

	PROGRAM_BEGIN(frame);
	AWAIT(frame, take_mutex(thread, pipe));
	while (!pipe_is_readable(pipe)) {
		AWAIT(frame, os_thread_compute(thread, release_mutex(thread, pipe)));
		if (!pipe_is_readable(pipe))
			AWAIT(frame, futex_wait(thread, &pipe->readers, SIM_NS_MAX, 0));
		AWAIT(frame, take_mutex(thread, pipe));
	}
	message = first_message(pipe);
	my->moved = message->written_bytes - message->read_bytes;
	if (my->moved > my->most_bytes)
		my->moved = my->most_bytes;
	message->read_bytes += my->moved;
	cost_ns = transfer_cost(thread, pipe->written_on, COST_PIPE_READ, my->moved);
	if (my->into)
		cost_ns += memory_fault_cost(thread, memory_touch(my->into, my->moved));
	pipe->read_on = thread->core;
	my->made_room = empty_pages(pipe, my->moved);
	AWAIT(frame, os_thread_compute(thread, cost_ns));
	message = first_message(pipe);
	pipe->last_read_bytes = my->moved;
	pipe->last_message_bytes = message->bytes;
	pipe->last_read_ended_it = message->read_bytes == message->bytes;
	if (pipe->last_read_ended_it) {
		*my->tag = message->tag;
		machine_receive(thread, pipe_word, NULL, message->number);
		ring_drop_first(&pipe->messages);
	}
	AWAIT(frame, os_thread_compute(thread, have_read(thread, my)));
	PROGRAM_END;
}

enum progress pipe_read(struct os_thread *thread, struct pipe *pipe, int64_t most_bytes, struct memory_block *into,
			void **tag)
{
	struct read_locals *my = os_thread_push(thread, read_message);

	my->pipe = pipe;
	my->most_bytes = most_bytes;
	my->into = into;
	my->tag = tag;
	return os_thread_enter(thread);
}
