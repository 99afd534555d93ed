/*
 * resources_threading.h - the objects of resources_of_threads[], for the steps that do more than acquire and
 * release.
 */
#ifndef MODELS_SIMULATE_RESOURCES_THREADING_H
#define MODELS_SIMULATE_RESOURCES_THREADING_H

#include "models/library/barrier.h"
#include "models/library/queue.h"
#include "models/library/semaphore.h"
#include "models/library/simple_queue.h"
#include "models/library/thread_event.h"
#include "models/simulate/shared_cells.h"

/*
 * LOCK              struct py_lock
 * RLOCK             struct py_rlock
 * CONDITION         struct owned_condition
 * SEMAPHORE, BOUNDED_SEMAPHORE, LIMITER  struct counted_semaphore
 * EVENT             struct thread_event
 * BARRIER           struct py_barrier
 * QUEUE, LIFO_QUEUE, PRIORITY_QUEUE  struct py_queue
 * SIMPLE_QUEUE      struct simple_queue
 * VARIABLE, ARRAY   struct shared_cells
 * SERVICE           struct service
 */

/* threading.Condition(): with an RLock of its own. */
struct owned_condition {
	struct py_rlock rlock;
	struct py_condition condition;
};

/* Variables and arrays, which coroutines share in the same way. */
void *cells_new_of_resource(struct simulation *simulation, const struct resource *resource);

struct counted_semaphore {
	struct py_semaphore semaphore;
	int64_t limit; /* of the permits there may be: INT64_MAX unless bounded */
};

#endif
