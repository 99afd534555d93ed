/*
 * mp_queue.h - multiprocessing.Queue, JoinableQueue and SimpleQueue.
 *
 * Source      Lib/multiprocessing/queues.py @3.8 to 3.13.
 * Modelled    Queue: a slot semaphore; put() appends to a buffer of the process, whose feeder thread (started at
 *             the first put()) pickles and writes under a shared lock, so that put() returns before anything is
 *             sent; get() reads under a shared lock, frees the slot and unpickles outside; a process that ends
 *             flushes its buffer first. JoinableQueue: put() counts the item up in a semaphore under a condition's
 *             lock, task_done() counts it down, join() waits for 0. SimpleQueue: pickles and writes, reads and
 *             unpickles in the calling thread.
 * Left out    qsize(), errors of pickling.
 */
#ifndef MODELS_LIBRARY_MP_QUEUE_H
#define MODELS_LIBRARY_MP_QUEUE_H

#include "models/library/connection.h"
#include "models/library/mp_condition.h"
#include "models/library/mp_semaphore.h"
#include "models/library/simple_queue.h"

struct mp_queue {
	struct machine_model *machine;
	struct pipe *pipe;
	struct mp_semaphore slots; /* BoundedSemaphore(maxsize) */
	struct mp_semaphore read_lock, write_lock;
	struct mp_feeder *feeders; /* of each process that has put */
	struct mp_message *free_messages;
	bool joinable;
	enum lifetime items_live;     /* in the process that gets them */
	struct mp_condition all_done; /* joinable: _cond */
	struct mp_semaphore unfinished;
	sim_ns wrapping_ns; /* what pickling takes the feeder on top for what is around each item, NULL apart */
};

/* What put() without a bound uses (SEM_VALUE_MAX). */
#define MP_QUEUE_UNBOUNDED INT32_MAX

void mp_queue_init(struct mp_queue *queue, struct machine_model *machine, int64_t max_size);
/* Makes a JoinableQueue of it. */
void mp_queue_make_joinable(struct mp_queue *queue);
/* full(). */
static inline bool mp_queue_is_full(const struct mp_queue *queue)
{
	return queue->slots.semaphore.value == 0;
}

/* For AWAIT. put(): waits for a slot until the deadline (SIM_NS_MAX: none); py_thread.timed_out tells whether it
 * passed. `payload` is what goes with the item. */
enum progress mp_queue_put(struct os_thread *thread, struct mp_queue *queue, void *item, struct payload payload,
			   sim_ns deadline_ns);
/* For AWAIT. get(): stores the item; at the deadline, nothing, and py_thread.timed_out is true. */
enum progress mp_queue_get(struct os_thread *thread, struct mp_queue *queue, void **item, sim_ns deadline_ns);
/* For AWAIT. close() and join_thread(): until all that this process has put lies in the pipe. */
enum progress mp_queue_flush(struct os_thread *thread, struct mp_queue *queue);
/* For AWAIT, of a JoinableQueue. task_done(): py_thread.timed_out tells that it was called too many times. */
enum progress mp_queue_task_done(struct os_thread *thread, struct mp_queue *queue);
/* For AWAIT, likewise. Waits until task_done() was called for every item put. */
enum progress mp_queue_join(struct os_thread *thread, struct mp_queue *queue);

/* For AWAIT. SimpleQueue's put() and get(), on the same struct; it has no bound and no feeder. */
enum progress mp_simple_queue_put(struct os_thread *thread, struct mp_queue *queue, void *item,
				  struct payload payload);
enum progress mp_simple_queue_get(struct os_thread *thread, struct mp_queue *queue, void **item);

#endif
