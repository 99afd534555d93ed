/*
 * simple_queue.c - see simple_queue.h.
 */
#include "models/library/simple_queue.h"

static const char queue_word[] = "simple queue"; /* of the trace */

void simple_queue_init(struct simple_queue *queue, struct region *region)
{
	*queue = (struct simple_queue){ .lock.value = 1 };
	queue_init(&queue->items, region, sizeof(struct queued));
}

void simple_queue_append(const struct os_thread *sender, struct simple_queue *queue, void *item)
{
	*(struct queued *)queue_append(&queue->items) =
		(struct queued){ .item = item, .number = sender ? machine_send(sender, queue_word, NULL) : 0 };
}

bool simple_queue_try_get(const struct os_thread *thread, struct simple_queue *queue, void **item)
{
	const struct queued *first;

	if (queue->items.count == 0)
		return false;
	first = queue_take(&queue->items);
	*item = first->item;
	machine_receive(thread, queue_word, NULL, first->number);
	return true;
}

struct get_locals {
	struct simple_queue *queue;
	void **item;
	sim_ns deadline_ns;
	bool timed_out;
};

/* Frees the "empty" lock; returns what waking its next waiter costs. */
static sim_ns unlock(struct simple_queue *queue, struct os_thread *thread)
{
	queue->locked = false;
	return posix_semaphore_post(&queue->lock, thread);
}

static enum progress get_by_lock(struct os_thread *thread, struct frame *frame)
{
	struct get_locals *my = FRAME_LOCALS(frame, struct get_locals);
	struct simple_queue *queue = my->queue;

	PROGRAM_BEGIN(frame);
	while (queue->items.count == 0 && !my->timed_out) {
		if (!posix_semaphore_try(&queue->lock)) {
			AWAIT(frame,
			      posix_semaphore_wait(thread, &queue->lock, my->deadline_ns, ACTIVITY_QUEUE_WAIT));
			my->timed_out = py_current(thread)->timed_out;
		}
		queue->locked = queue->locked || !my->timed_out;
	}
	if (!my->timed_out) {
		simple_queue_try_get(thread, queue, my->item);
		if (queue->locked)
			AWAIT(frame, py_overhead(thread, unlock(queue, thread)));
	}
	py_current(thread)->timed_out = my->timed_out;
	PROGRAM_END;
}

static enum progress get_by_handover(struct os_thread *thread, struct frame *frame)
{
	struct get_locals *my = FRAME_LOCALS(frame, struct get_locals);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, parking_lot_park(thread, &my->queue->getters, machine_now(thread->machine), my->deadline_ns,
				      ACTIVITY_QUEUE_WAIT, my->item));
	PROGRAM_END;
}

enum progress simple_queue_get_until(struct os_thread *thread, struct simple_queue *queue, void **item,
				     sim_ns deadline_ns)
{
	bool by_lock = !py_has(thread, PYTHON_SIMPLE_QUEUE_PARKS);
	struct get_locals *my;

	py_current(thread)->timed_out = false;
	if (!queue->locked && simple_queue_try_get(thread, queue, item))
		return DONE;
	if (simple_queue_is_empty(queue) && deadline_ns <= machine_now(thread->machine)) {
		py_current(thread)->timed_out = true;
		return DONE;
	}
	my = os_thread_push(thread, by_lock ? get_by_lock : get_by_handover);
	my->queue = queue;
	my->item = item;
	my->deadline_ns = deadline_ns;
	return os_thread_enter(thread);
}

enum progress simple_queue_put(struct os_thread *thread, struct simple_queue *queue, void *item)
{
	if (queue->getters.first) {
		machine_receive(queue->getters.first->thread, queue_word, NULL, machine_send(thread, queue_word, NULL));
		return py_overhead(thread, parking_lot_unpark(&queue->getters, thread, item));
	}
	simple_queue_append(thread, queue, item);
	return queue->locked ? py_overhead(thread, unlock(queue, thread)) : DONE;
}
