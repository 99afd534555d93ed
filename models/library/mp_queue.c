/*
 * mp_queue.c - see mp_queue.h.
 */
#include "models/library/mp_queue.h"

/* What is put: an item with what goes with it; it travels as the tag of the pipe's message. */
struct mp_message {
	void *item;
	struct payload payload;
	struct mp_message *next_free;
};

/* One process's end: its buffer and the thread that empties it. */
struct mp_feeder {
	struct mp_queue *queue;
	struct interpreter *interpreter;
	struct py_thread *thread;
	struct simple_queue buffer; /* of struct mp_message; NULL: close() */
	bool has_items;
	struct futex not_empty;
	struct py_hook finalizer;
	struct mp_feeder *next;
};

void mp_queue_init(struct mp_queue *queue, struct machine_model *machine, int64_t max_size)
{
	*queue = (struct mp_queue){ .machine = machine, .pipe = pipe_new(machine) };
	mp_semaphore_init(&queue->slots, max_size);
	mp_semaphore_init(&queue->read_lock, 1);
	mp_semaphore_init(&queue->write_lock, 1);
}

void mp_queue_make_joinable(struct mp_queue *queue)
{
	queue->joinable = true;
	mp_condition_init(&queue->all_done);
	mp_semaphore_init(&queue->unfinished, 0);
}

static struct mp_message *message_new(struct mp_queue *queue, void *item, struct payload payload)
{
	struct mp_message *message = queue->free_messages;

	if (message)
		queue->free_messages = message->next_free;
	else
		message = region_alloc(queue->machine->region, sizeof(*message));
	message->item = item;
	message->payload = payload;
	return message;
}

/* Gives the message back; returns its item. */
static void *message_open(struct mp_queue *queue, struct mp_message *message)
{
	message->next_free = queue->free_messages;
	queue->free_messages = message;
	return message->item;
}

/* ---- The feeder ---- */

struct feed_locals {
	void *message; /* struct mp_message */
};

static enum progress feed(struct os_thread *thread, struct frame *frame)
{
	struct feed_locals *my = FRAME_LOCALS(frame, struct feed_locals);
	struct mp_feeder *feeder = py_current(thread)->argument;
	struct mp_queue *queue = feeder->queue;
	struct mp_message *message = my->message;

	PROGRAM_BEGIN(frame);
	for (;;) {
		if (!feeder->has_items)
			AWAIT(frame, py_wait_until(thread, &feeder->has_items, &feeder->not_empty,
						   ACTIVITY_QUEUE_WAIT, SIM_NS_MAX));
		while (simple_queue_try_get(thread, &feeder->buffer, &my->message)) {
			message = my->message;
			if (!message)
				break;
			AWAIT(frame, py_overhead(thread, py_cost(thread, COST_MP_QUEUE_FEED) +
								 (message->item ? queue->wrapping_ns : 0) +
								 pickle_cost(thread, message->payload)));
			AWAIT(frame, mp_semaphore_acquire(thread, &queue->write_lock, SIM_NS_MAX));
			AWAIT(frame, connection_send(thread, queue->pipe, message->payload.bytes, message));
			AWAIT(frame, mp_semaphore_release(thread, &queue->write_lock));
		}
		if (!my->message)
			break;
		feeder->has_items = false;
	}
	PROGRAM_END;
}

static struct mp_feeder *feeder_of(struct mp_queue *queue, const struct interpreter *interpreter)
{
	struct mp_feeder *feeder = queue->feeders;

	while (feeder && feeder->interpreter != interpreter)
		feeder = feeder->next;
	return feeder;
}

static enum progress flush_feeder(struct os_thread *thread, void *argument);

static struct mp_feeder *feeder_new(struct mp_queue *queue, struct interpreter *interpreter)
{
	struct mp_feeder *feeder = region_alloc(queue->machine->region, sizeof(*feeder));

	feeder->queue = queue;
	feeder->interpreter = interpreter;
	feeder->thread = py_thread_new(interpreter, "QueueFeederThread", feed, feeder);
	simple_queue_init(&feeder->buffer, queue->machine->region);
	feeder->next = queue->feeders;
	queue->feeders = feeder;
	feeder->finalizer = (struct py_hook){ flush_feeder, feeder, interpreter->finalizers };
	interpreter->finalizers = &feeder->finalizer;
	return feeder;
}

/* Appends to the buffer and notifies; returns what waking the feeder costs. */
static sim_ns feeder_append(struct os_thread *thread, struct mp_feeder *feeder, struct mp_message *message)
{
	simple_queue_append(thread, &feeder->buffer, message);
	feeder->has_items = true;
	return futex_wake(&feeder->not_empty, thread, false);
}

struct flush_locals {
	struct mp_feeder *feeder;
};

static enum progress flush(struct os_thread *thread, struct frame *frame)
{
	struct flush_locals *my = FRAME_LOCALS(frame, struct flush_locals);

	PROGRAM_BEGIN(frame);
	AWAIT(frame,
	      py_overhead(thread, py_cost(thread, COST_MP_QUEUE_CLOSE) + feeder_append(thread, my->feeder, NULL)));
	AWAIT(frame, py_thread_join(thread, my->feeder->thread));
	PROGRAM_END;
}

static enum progress flush_feeder(struct os_thread *thread, void *argument)
{
	struct flush_locals *my;

	if (((struct mp_feeder *)argument)->thread->finished)
		return DONE;
	my = os_thread_push(thread, flush);
	my->feeder = argument;
	return os_thread_enter(thread);
}

enum progress mp_queue_flush(struct os_thread *thread, struct mp_queue *queue)
{
	struct mp_feeder *feeder = feeder_of(queue, py_current(thread)->interpreter);

	return feeder ? flush_feeder(thread, feeder) : DONE;
}

/* ---- put() and get() ---- */

struct put_locals {
	struct mp_queue *queue;
	struct mp_feeder *feeder;
	void *item;
	struct payload payload;
	sim_ns deadline_ns;
};

static enum progress put(struct os_thread *thread, struct frame *frame)
{
	struct put_locals *my = FRAME_LOCALS(frame, struct put_locals);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, mp_semaphore_acquire(thread, &my->queue->slots, my->deadline_ns));
	if (!py_current(thread)->timed_out) {
		if (my->queue->joinable)
			AWAIT(frame, mp_rlock_acquire(thread, &my->queue->all_done.lock, SIM_NS_MAX));
		my->feeder = feeder_of(my->queue, py_current(thread)->interpreter);
		if (!my->feeder) {
			my->feeder = feeder_new(my->queue, py_current(thread)->interpreter);
			AWAIT(frame, py_thread_start(thread, my->feeder->thread));
		}
		AWAIT(frame, py_overhead(thread, py_cost(thread, COST_MP_QUEUE_PUT)));
		if (my->queue->joinable)
			AWAIT(frame, mp_semaphore_release(thread, &my->queue->unfinished));
		AWAIT(frame,
		      os_thread_compute(thread, feeder_append(thread, my->feeder,
							      message_new(my->queue, my->item, my->payload))));
		if (my->queue->joinable)
			AWAIT(frame, mp_rlock_release(thread, &my->queue->all_done.lock));
		py_current(thread)->timed_out = false;
	}
	PROGRAM_END;
}

enum progress mp_queue_put(struct os_thread *thread, struct mp_queue *queue, void *item, struct payload payload,
			   sim_ns deadline_ns)
{
	struct put_locals *my = os_thread_push(thread, put);

	my->queue = queue;
	my->item = item;
	my->payload = payload;
	my->deadline_ns = deadline_ns;
	return os_thread_enter(thread);
}

struct get_locals {
	struct mp_queue *queue;
	void **item;
	void *message;
	sim_ns deadline_ns;
	bool timed_out;
};

static enum progress get(struct os_thread *thread, struct frame *frame)
{
	struct get_locals *my = FRAME_LOCALS(frame, struct get_locals);
	struct mp_queue *queue = my->queue;
	struct mp_message *message = my->message;

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_overhead(thread, py_cost(thread, COST_MP_QUEUE_GET)));
	AWAIT(frame, mp_semaphore_acquire(thread, &queue->read_lock, my->deadline_ns));
	my->timed_out = py_current(thread)->timed_out;
	if (!my->timed_out) {
		if (my->deadline_ns != SIM_NS_MAX) {
			AWAIT(frame, connection_poll(thread, queue->pipe, my->deadline_ns));
			my->timed_out = py_current(thread)->timed_out;
		}
		if (!my->timed_out) {
			AWAIT(frame, connection_receive_bytes(thread, queue->pipe, &my->message));
			AWAIT(frame, mp_semaphore_release(thread, &queue->slots));
		}
		AWAIT(frame, mp_semaphore_release(thread, &queue->read_lock));
	}
	if (!my->timed_out) {
		message = my->message;
		AWAIT(frame, py_overhead(thread, unpickle_cost(thread, message->payload, queue->items_live)));
		*my->item = message_open(queue, message);
	}
	py_current(thread)->timed_out = my->timed_out;
	PROGRAM_END;
}

enum progress mp_queue_get(struct os_thread *thread, struct mp_queue *queue, void **item, sim_ns deadline_ns)
{
	struct get_locals *my = os_thread_push(thread, get);

	my->queue = queue;
	my->item = item;
	my->deadline_ns = deadline_ns;
	return os_thread_enter(thread);
}

/* ---- JoinableQueue ---- */

struct done_locals {
	struct mp_queue *queue;
	bool too_often;
};

static enum progress task_done(struct os_thread *thread, struct frame *frame)
{
	struct done_locals *my = FRAME_LOCALS(frame, struct done_locals);
	struct mp_queue *queue = my->queue;

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_overhead(thread, py_cost(thread, COST_MP_QUEUE_TASK_DONE)));
	AWAIT(frame, mp_rlock_acquire(thread, &queue->all_done.lock, SIM_NS_MAX));
	AWAIT(frame, mp_semaphore_acquire(thread, &queue->unfinished, 0));
	my->too_often = py_current(thread)->timed_out;
	if (!my->too_often && queue->unfinished.semaphore.value == 0)
		AWAIT(frame, mp_condition_notify(thread, &queue->all_done, INT64_MAX));
	AWAIT(frame, mp_rlock_release(thread, &queue->all_done.lock));
	py_current(thread)->timed_out = my->too_often;
	PROGRAM_END;
}

static enum progress join(struct os_thread *thread, struct frame *frame)
{
	struct done_locals *my = FRAME_LOCALS(frame, struct done_locals);
	struct mp_queue *queue = my->queue;

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_overhead(thread, py_cost(thread, COST_MP_QUEUE_TASK_DONE)));
	AWAIT(frame, mp_rlock_acquire(thread, &queue->all_done.lock, SIM_NS_MAX));
	if (queue->unfinished.semaphore.value > 0)
		AWAIT(frame, mp_condition_wait(thread, &queue->all_done, SIM_NS_MAX));
	AWAIT(frame, mp_rlock_release(thread, &queue->all_done.lock));
	PROGRAM_END;
}

static enum progress enter_done(struct os_thread *thread, struct mp_queue *queue, program_fn *program)
{
	struct done_locals *my = os_thread_push(thread, program);

	my->queue = queue;
	return os_thread_enter(thread);
}

enum progress mp_queue_task_done(struct os_thread *thread, struct mp_queue *queue)
{
	return enter_done(thread, queue, task_done);
}

enum progress mp_queue_join(struct os_thread *thread, struct mp_queue *queue)
{
	return enter_done(thread, queue, join);
}

/* ---- SimpleQueue ---- */

static enum progress put_simple(struct os_thread *thread, struct frame *frame)
{
	struct put_locals *my = FRAME_LOCALS(frame, struct put_locals);
	struct mp_queue *queue = my->queue;

	PROGRAM_BEGIN(frame);
	AWAIT(frame,
	      py_overhead(thread, py_cost(thread, COST_MP_SIMPLE_QUEUE_PUT) + pickle_cost(thread, my->payload)));
	AWAIT(frame, mp_semaphore_acquire(thread, &queue->write_lock, SIM_NS_MAX));
	AWAIT(frame,
	      connection_send(thread, queue->pipe, my->payload.bytes, message_new(queue, my->item, my->payload)));
	AWAIT(frame, mp_semaphore_release(thread, &queue->write_lock));
	PROGRAM_END;
}

enum progress mp_simple_queue_put(struct os_thread *thread, struct mp_queue *queue, void *item,
				  struct payload payload)
{
	struct put_locals *my = os_thread_push(thread, put_simple);

	my->queue = queue;
	my->item = item;
	my->payload = payload;
	return os_thread_enter(thread);
}

static enum progress get_simple(struct os_thread *thread, struct frame *frame)
{
	struct get_locals *my = FRAME_LOCALS(frame, struct get_locals);
	struct mp_queue *queue = my->queue;
	struct mp_message *message = my->message;

	PROGRAM_BEGIN(frame);
	AWAIT(frame, mp_semaphore_acquire(thread, &queue->read_lock, SIM_NS_MAX));
	AWAIT(frame, connection_receive_bytes(thread, queue->pipe, &my->message));
	AWAIT(frame, mp_semaphore_release(thread, &queue->read_lock));
	message = my->message;
	AWAIT(frame, py_overhead(thread, py_cost(thread, COST_MP_SIMPLE_QUEUE_GET) +
						 unpickle_cost(thread, message->payload, queue->items_live)));
	*my->item = message_open(queue, message);
	PROGRAM_END;
}

enum progress mp_simple_queue_get(struct os_thread *thread, struct mp_queue *queue, void **item)
{
	struct get_locals *my = os_thread_push(thread, get_simple);

	my->queue = queue;
	my->item = item;
	return os_thread_enter(thread);
}
