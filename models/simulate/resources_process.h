/*
 * resources_process.h - the objects of resources_of_processes[], for the steps that do more than acquire and
 * release.
 */
#ifndef MODELS_SIMULATE_RESOURCES_PROCESS_H
#define MODELS_SIMULATE_RESOURCES_PROCESS_H

#include "models/library/barrier.h"
#include "models/library/mp_condition.h"
#include "models/library/mp_manager.h"
#include "models/library/mp_queue.h"
#include "models/simulate/shared_cells.h"

/*
 * LOCK              struct mp_semaphore
 * RLOCK             struct mp_rlock
 * CONDITION         struct mp_condition
 * SEMAPHORE, BOUNDED_SEMAPHORE  struct bounded_mp_semaphore
 * EVENT             struct mp_event
 * BARRIER           struct py_barrier
 * QUEUE, SIMPLE_QUEUE  struct mp_queue
 * PIPE              struct pipe
 * VARIABLE, ARRAY, SHARED_MEMORY, MANAGER  struct mp_cells
 * SERVICE           struct service
 */

struct bounded_mp_semaphore {
	struct mp_semaphore semaphore;
	int64_t limit; /* INT64_MAX unless bounded */
};

struct mp_cells {
	struct shared_cells *cells;
	struct mp_manager *manager; /* where they are; NULL: in shared memory */
};

#endif
