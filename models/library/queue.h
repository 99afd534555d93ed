/*
 * queue.h - queue.Queue, LifoQueue and PriorityQueue.
 *
 * Source      Lib/queue.py: Queue.put(), get(), task_done(), join() @3.8 to 3.13.
 * Modelled    one Lock under three Conditions; put() notifies one getter, get() one putter; a thread that runs may
 *             take the item before the notified getter does, who then waits on. Equal priorities leave in the order
 *             of their put(), as with the usual (priority, number, item).
 * Left out    what a longer heap costs; shutdown() (3.13).
 */
#ifndef MODELS_LIBRARY_QUEUE_H
#define MODELS_LIBRARY_QUEUE_H

#include "models/library/condition.h"
#include "sim/base/ring.h"

enum queue_order { QUEUE_FIFO, QUEUE_LIFO, QUEUE_PRIORITY };

struct queue_item {
	void *item;	  /* the caller's */
	int64_t priority; /* PRIORITY: the least leaves first */
	int64_t number;	  /* of its put(): machine_send() */
};

struct py_queue {
	const char *name; /* for the trace; borrowed, may be NULL */
	enum queue_order order;
	int64_t limit; /* 0: none */
	struct py_lock mutex;
	struct py_condition not_empty, not_full, all_tasks_done;
	struct ring items; /* of struct queue_item; PRIORITY: a binary heap */
	int64_t unfinished;
};

void py_queue_init(struct py_queue *queue, struct region *region, enum queue_order order, int64_t limit);
static inline int64_t py_queue_size(const struct py_queue *queue)
{
	return (int64_t)queue->items.count;
}
/* For AWAIT. Waits until `deadline_ns` (SIM_NS_MAX: as long as it takes; now or earlier: not at all) for room, or
 * for an item; py_thread.timed_out tells that it was Full, or Empty and `*item` is left alone. */
enum progress py_queue_put(struct os_thread *thread, struct py_queue *queue, void *item, int64_t priority,
			   sim_ns deadline_ns);
enum progress py_queue_get(struct os_thread *thread, struct py_queue *queue, void **item, sim_ns deadline_ns);
/* For AWAIT. */
enum progress py_queue_task_done(struct os_thread *thread, struct py_queue *queue);
/* For AWAIT. Waits until task_done() was called for every item put. */
enum progress py_queue_join(struct os_thread *thread, struct py_queue *queue);

#endif
