/*
 * simple_queue.h - queue.SimpleQueue: unbounded, written in C.
 *
 * Source      Modules/_queuemodule.c. Up to 3.12: a list and a lock that stands for "empty"; who is woken looks
 *             again, and every get() that had to lock wakes the next waiter, items or not. Since 3.13: a waiter is
 *             parked and put() hands it the item.
 */
#ifndef MODELS_LIBRARY_SIMPLE_QUEUE_H
#define MODELS_LIBRARY_SIMPLE_QUEUE_H

#include "models/interpreter/parking_lot.h"
#include "models/interpreter/posix_semaphore.h"
#include "sim/base/queue.h"

struct queued {
	void *item;
	int64_t number; /* machine_send(), or 0 */
};

struct simple_queue {
	struct queue items;	     /* of struct queued: millions may be submitted at once */
	struct posix_semaphore lock; /* up to 3.12: taken by who finds the queue empty */
	bool locked;		     /* its taker has the GIL, too, and says so */
	struct parking_lot getters;  /* since 3.13 */
};

void simple_queue_init(struct simple_queue *queue, struct region *region);
static inline bool simple_queue_is_empty(const struct simple_queue *queue)
{
	return queue->items.count == 0;
}
/* Appends without waking anybody: for those that wait by other means. `sender` NULL: it comes from outside. */
void simple_queue_append(const struct os_thread *sender, struct simple_queue *queue, void *item);
/* For AWAIT. `item` must not be NULL unless NULL is the reader's sentinel. */
enum progress simple_queue_put(struct os_thread *thread, struct simple_queue *queue, void *item);
/* For AWAIT. Waits for an item until `deadline_ns` (SIM_NS_MAX: as long as it takes); py_thread.timed_out tells
 * that there was none, and `*item` is left alone. */
enum progress simple_queue_get_until(struct os_thread *thread, struct simple_queue *queue, void **item,
				     sim_ns deadline_ns);
static inline enum progress simple_queue_get(struct os_thread *thread, struct simple_queue *queue, void **item)
{
	return simple_queue_get_until(thread, queue, item, SIM_NS_MAX);
}
/* get_nowait(): false when empty. */
bool simple_queue_try_get(const struct os_thread *thread, struct simple_queue *queue, void **item);

#endif
