/*
 * simple_queue.h - queue.SimpleQueue: unbounded, written in C.
 *
 * Source      Modules/_queuemodule.c. Up to 3.12: a list and a lock that stands for "empty"; who is woken
 *             looks again, and every get() that had to lock wakes the next waiter, items or not. Since
 *             3.13: a waiter is parked and put() hands it the item.
 */
#ifndef MODELS_LIBRARY_SIMPLE_QUEUE_H
#define MODELS_LIBRARY_SIMPLE_QUEUE_H

#include "models/interpreter/py_thread.h"

struct simple_queue {
	struct region *region;
	void **items; /* ring */
	size_t first, count, capacity;
	bool locked; /* up to 3.12 */
	struct futex waiters;
};

void simple_queue_init(struct simple_queue *queue, struct region *region);
static inline bool simple_queue_is_empty(const struct simple_queue *queue)
{
	return queue->count == 0;
}
/* Appends without waking anybody: for those that wait by other means. */
void simple_queue_append(struct simple_queue *queue, void *item);
/* For AWAIT. `item` must not be NULL unless NULL is the reader's sentinel. */
enum progress simple_queue_put(struct os_thread *thread, struct simple_queue *queue, void *item);
/* Waits for an item as long as it takes. */
enum progress simple_queue_get(struct os_thread *thread, struct simple_queue *queue, void **item);
/* get_nowait(): false when empty. */
bool simple_queue_try_get(struct simple_queue *queue, void **item);

#endif
