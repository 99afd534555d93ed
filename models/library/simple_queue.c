/*
 * simple_queue.c - see simple_queue.h.
 */
#include "models/library/simple_queue.h"

void simple_queue_init(struct simple_queue *queue, struct region *region)
{
	*queue = (struct simple_queue){ .region = region };
}

void simple_queue_append(struct simple_queue *queue, void *item)
{
	if (queue->count == queue->capacity) {
		size_t capacity = queue->capacity ? 2 * queue->capacity : 8;
		void **items = region_alloc_array(queue->region, capacity, sizeof(*items));

		for (size_t i = 0; i < queue->count; i++)
			items[i] = queue->items[(queue->first + i) % queue->capacity];
		region_free(queue->region, queue->items);
		queue->items = items;
		queue->first = 0;
		queue->capacity = capacity;
	}
	queue->items[(queue->first + queue->count++) % queue->capacity] = item;
}

bool simple_queue_try_get(struct simple_queue *queue, void **item)
{
	if (queue->count == 0)
		return false;
	*item = queue->items[queue->first];
	queue->first = (queue->first + 1) % queue->capacity;
	queue->count--;
	return true;
}

struct get_locals {
	struct simple_queue *queue;
	void **item;
	void *handed; /* since 3.13: what put() gave */
	bool has_handed, waits;
	uint8_t previous_activity;
};

/* Frees the "empty" lock; returns what waking its next waiter costs. */
static sim_ns unlock(struct simple_queue *queue, struct os_thread *thread)
{
	queue->locked = false;
	return futex_wake(&queue->waiters, thread, false);
}

static enum progress get_by_lock(struct os_thread *thread, struct frame *frame)
{
	struct get_locals *my = FRAME_LOCALS(frame, struct get_locals);
	struct simple_queue *queue = my->queue;

	PROGRAM_BEGIN(frame);
	while (queue->count == 0) {
		if (!queue->locked) {
			queue->locked = true;
			continue;
		}
		AWAIT(frame, py_release_gil(thread));
		os_thread_set_activity(thread, ACTIVITY_QUEUE_WAIT);
		while (queue->locked)
			AWAIT(frame, futex_wait(thread, &queue->waiters, SIM_NS_MAX, 0));
		queue->locked = true;
		os_thread_set_activity(thread, my->previous_activity);
		AWAIT(frame, py_take_gil(thread));
	}
	simple_queue_try_get(queue, my->item);
	if (queue->locked)
		AWAIT(frame, os_thread_compute(thread, unlock(queue, thread)));
	PROGRAM_END;
}

static enum progress get_by_handover(struct os_thread *thread, struct frame *frame)
{
	struct get_locals *my = FRAME_LOCALS(frame, struct get_locals);
	struct simple_queue *queue = my->queue;

	PROGRAM_BEGIN(frame);
	while (!simple_queue_try_get(queue, my->item)) {
		AWAIT(frame, py_release_gil(thread));
		os_thread_set_activity(thread, ACTIVITY_QUEUE_WAIT);
		if (queue->count == 0) {
			my->waits = true;
			AWAIT(frame, futex_wait(thread, &queue->waiters, SIM_NS_MAX, 0));
			my->waits = false;
		}
		os_thread_set_activity(thread, my->previous_activity);
		AWAIT(frame, py_take_gil(thread));
		if (my->has_handed) {
			*my->item = my->handed;
			break;
		}
	}
	PROGRAM_END;
}

enum progress simple_queue_get(struct os_thread *thread, struct simple_queue *queue, void **item)
{
	bool by_lock = py_runtime_of(thread)->minor < 13;
	struct get_locals *my;

	if ((!by_lock || !queue->locked) && simple_queue_try_get(queue, item))
		return DONE;
	my = os_thread_push(thread, by_lock ? get_by_lock : get_by_handover);
	my->queue = queue;
	my->item = item;
	my->previous_activity = thread->activity;
	return os_thread_enter(thread);
}

enum progress simple_queue_put(struct os_thread *thread, struct simple_queue *queue, void *item)
{
	struct os_thread *waiter = queue->waiters.first;
	struct get_locals *its;

	if (py_runtime_of(thread)->minor < 13) {
		simple_queue_append(queue, item);
		return queue->locked ? py_overhead(thread, unlock(queue, thread)) : DONE;
	}
	if (!waiter) {
		simple_queue_append(queue, item);
		return DONE;
	}
	its = (void *)waiter->top->locals;
	assert(its->waits && !its->has_handed);
	its->handed = item;
	its->has_handed = true;
	return py_overhead(thread, futex_wake(&queue->waiters, thread, false));
}
