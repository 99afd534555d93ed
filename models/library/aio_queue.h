/*
 * aio_queue.h - asyncio.Queue, LifoQueue and PriorityQueue.
 *
 * Source      Lib/asyncio/queues.py @3.8 to 3.13: getters and putters wait first come, first served, but a task
 *             that runs may take the item before the woken getter does, which then waits again, at the end.
 *             Priority queues keep their items as heapq does, which decides among equals: by (priority, number of
 *             put).
 */
#ifndef MODELS_LIBRARY_AIO_QUEUE_H
#define MODELS_LIBRARY_AIO_QUEUE_H

#include "models/library/aio_locks.h"

enum aio_queue_order { AIO_FIFO, AIO_LIFO, AIO_PRIORITY };

struct aio_item {
	int64_t value, priority;
	int64_t number; /* of put: given by the queue, machine_send() */
};

struct aio_queue {
	struct region *region;
	enum aio_queue_order order;
	size_t max_count;	/* 0: any number */
	struct aio_item *items; /* ring for FIFO, else an array */
	size_t first, count, capacity;
	int64_t unfinished; /* put and not yet task_done() */
	struct aio_waiters getters, putters, joiners;
};

void aio_queue_init(struct aio_queue *queue, struct region *region, enum aio_queue_order order, size_t max_count);
/* For AWAIT in a coroutine. `item` is the caller's until then. */
enum progress aio_queue_put(struct os_thread *thread, struct aio_queue *queue, const struct aio_item *item);
enum progress aio_queue_get(struct os_thread *thread, struct aio_queue *queue, struct aio_item *item);
enum progress aio_queue_join(struct os_thread *thread, struct aio_queue *queue);
/* put_nowait(), get_nowait(): false: full, empty. */
bool aio_queue_try_put(struct os_thread *thread, struct aio_queue *queue, const struct aio_item *item);
bool aio_queue_try_get(struct os_thread *thread, struct aio_queue *queue, struct aio_item *item);
/* False: called too often (ValueError). */
bool aio_queue_task_done(struct aio_loop *loop, struct aio_queue *queue);

#endif
