/*
 * c_queue.h - queue.Queue and its like, as Lib/queue.py builds them; and queue.SimpleQueue, which thread pools use.
 */
#ifndef SIM_NATIVE_C_C_QUEUE_H
#define SIM_NATIVE_C_C_QUEUE_H

#include "sim/native_c/c_sync.h"
#include "sim/scenario/workload.h"

struct c_queue_item {
	int64_t value, priority;
	uint64_t number; /* in the order of putting */
};

struct c_queue {
	enum resource_kind order; /* RESOURCE_QUEUE, _LIFO_QUEUE, _PRIORITY_QUEUE */
	struct c_lock mutex;
	struct c_condition not_empty, not_full, all_tasks_done;
	struct c_queue_item *items; /* [first, end) are waiting, the smallest priority somewhere among them */
	size_t first, end, capacity;
	int64_t limit; /* 0: none */
	int64_t unfinished;
	uint64_t next_number;
};

void c_queue_init(struct c_queue *queue, enum resource_kind order, int64_t limit);
/* False when the deadline has passed: Full, Empty. */
bool c_queue_put(struct c_queue *queue, int64_t value, int64_t priority, int64_t deadline_ns);
bool c_queue_get(struct c_queue *queue, int64_t *value, int64_t deadline_ns);
/* False: called too many times (ValueError). */
bool c_queue_task_done(struct c_queue *queue);
void c_queue_join(struct c_queue *queue);

/* Modules/_queuemodule.c: up to 3.12 getters wait for one lock, since 3.13 each is handed its item. */
struct c_simple_getter;

struct c_simple_queue {
	pthread_mutex_t guard; /* in place of the GIL, where there is none */
	bool hands_over;
	bool locked; /* somebody waits for `lock`, or may */
	sem_t lock;
	struct c_simple_getter *first_getter, *last_getter;
	void **items;
	size_t first, end, capacity;
};

void c_simple_queue_init(struct c_simple_queue *queue, const struct workload *workload);
void c_simple_queue_put(struct c_simple_queue *queue, void *item);
/* False, at once, when nothing is there. */
bool c_simple_queue_try_get(struct c_simple_queue *queue, void **item);
void *c_simple_queue_get(struct c_simple_queue *queue);

#endif
