/*
 * aio_timers.h - the event loop's heap of timers.
 *
 * Source      Lib/heapq.py, Modules/_heapqmodule.c: heappush() and heappop() move their items exactly so, which
 *             decides the order of timers due at the same instant; Lib/asyncio/base_events.py:_run_once() for what
 *             becomes of cancelled ones: they stay until they come to the top, or until there are more than 100
 *             timers and more than half of them cancelled.
 * Modelled    each comparison is a call of TimerHandle.__lt__, so the heap counts them.
 */
#ifndef MODELS_LIBRARY_AIO_TIMERS_H
#define MODELS_LIBRARY_AIO_TIMERS_H

#include "models/library/aio_future.h"
#include "sim/base/near_memory.h"
#include "sim/base/pool.h"
#include "sim/base/queue.h"

/* What millions of timers wake lies about in memory, and is fetched before it is touched: a task with few locals, or what it
 * is about. */
#define AIO_FETCHED_BYTES 48

/* In the heap: its callback, aio_callback_fn, and its subject, 0 when it has been cancelled. Due: no callback, and
 * its subject, 0 when it has been cancelled meanwhile. Called: neither. */
struct aio_timer {
	near_ref subject;
	near_fn callback;
};

/* A timer that has been taken out, to be called. */
struct aio_due {
	sim_ns when_ns;
	near_ref timer;
	near_fn callback; /* aio_callback_fn */
};

/* What the heap moves: the time beside the timer, so that no comparison looks for it elsewhere. */
struct __attribute__((packed, aligned(4))) aio_timer_entry {
	sim_ns when_ns;
	near_ref timer;
};

struct aio_timers {
	struct region *region;
	struct aio_timer_entry *heap;
	size_t count, capacity, cancelled_count;
	uint64_t comparisons; /* not yet charged */
	struct pool timers;
	struct queue dues; /* of struct aio_due: taken out, and not called yet */
};

void aio_timers_init(struct aio_timers *timers, struct region *region);

/* The timer is its owner's until aio_timers_cancel(), which must come once, also for one that has been called. Its
 * subject lies in near memory. */
struct aio_timer *aio_timers_add(struct aio_timers *timers, sim_ns when_ns, aio_callback_fn *callback,
				 void *subject);
void aio_timers_cancel(struct aio_timers *timers, struct aio_timer *timer);
/* What _run_once() does first: forgets cancelled timers. */
void aio_timers_tidy(struct aio_timers *timers);
/* Takes out all timers that are due at `now_ns`: they stand in `dues`, in order. */
void aio_timers_take_due(struct aio_timers *timers, sim_ns now_ns);
/* The first of `dues` will be called now; returns its subject, or NULL: it is skipped because it was cancelled. */
void *aio_timers_begin_call(struct aio_timers *timers, struct aio_due *due);

#endif
