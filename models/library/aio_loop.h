/*
 * aio_loop.h - asyncio's selector event loop on one thread.
 *
 * Source      Lib/asyncio/base_events.py (_run_once, run_until_complete, call_soon_threadsafe), selector_events.py
 *             (_write_to_self, _read_from_self), Lib/selectors.py:EpollSelector @3.8 to 3.13,
 *             Modules/selectmodule.c:select_epoll_poll.
 * Modelled    one turn: cancelled timers go; select with the GIL released, always, its timeout rounded up to whole
 *             milliseconds; what is readable, then the timers that are due, join the ready queue; exactly those
 *             that are ready now are called, what they schedule waits for the next turn. uvloop
 *             (loop.pyx:call_later): the same turns at other costs, timers rounded to the nearest millisecond.
 * Left out    libuv's clock of whole milliseconds, debug mode, signal handlers, child watchers, subprocesses.
 */
#ifndef MODELS_LIBRARY_AIO_LOOP_H
#define MODELS_LIBRARY_AIO_LOOP_H

#include "models/library/aio_timers.h"
#include "models/machine/epoll.h"
#include "sim/base/near_memory.h"
#include "sim/base/queue.h"
#include "sim/engine/statistics.h"

struct aio_task;
struct aio_account;
struct thread_pool;

#define AIO_ACCOUNT_LISTS 32
#define AIO_ACCOUNT_BITS 16
/* The most that one of `gatherings` takes. */
#define AIO_GATHERING_BYTES 72
/* One of `callbacks`, as large as a multiple of a pointer. */
#define AIO_CALLBACK_BYTES 16

/* A callback that took longer than this is named (asyncio's slow_callback_duration). */
#define AIO_SLOW_CALLBACK_NS (100 * SIM_MS)

struct aio_slow_callback {
	const char *name; /* of the task */
	uint64_t count;
	sim_ns longest_ns;
	struct aio_slow_callback *next;
};

/* What is recorded about the loops of a run. */
struct aio_statistics {
	struct sample_set lags;		/* from when a timer was due, or a descriptor readable, to its callback */
	struct aio_slow_callback *slow; /* in order of first appearance */
};

/* A readable descriptor's callback. */
struct aio_reader {
	struct epoll_item item;
	aio_callback_fn *callback;
	void *subject;
};

struct aio_ready {
	void *subject;
	near_fn callback; /* aio_callback_fn */
	near_ref future;  /* 0: none */
};

struct aio_loop {
	struct interpreter *interpreter;
	struct machine_model *machine;
	struct region *region;
	struct queue ready; /* of struct aio_ready */
	struct aio_timers timers;
	struct epoll epoll;
	struct aio_reader self_pipe;
	struct aio_task *current; /* whose step runs */
	bool stopping;
	bool eager;	     /* asyncio.eager_task_factory */
	sim_ns owed_ns;	     /* what calls cost that returned at once; paid with the next charge */
	const char *running; /* name of the task whose step was last begun in this callback; NULL: none */
	uint64_t iterations;
	struct thread_pool *default_executor;	 /* NULL until first used */
	struct aio_statistics *statistics;	 /* borrowed; NULL: nothing is recorded */
	size_t task_count;			 /* not done */
	struct pool tasks[FRAME_LOCALS_BYTES / 8 + 1]; /* by the eights of bytes of their locals */
	struct aio_account *accounts; /* from 1: 0 is none */
	size_t account_count, account_capacity;
	struct pool callbacks;	/* of futures that have several */
	struct pool gatherings; /* what waits for several futures (aio_gather.c) */
	uint16_t account_lists[AIO_ACCOUNT_LISTS]; /* each one's first */
	uint16_t newest_account;		   /* of the task that has come last */
};

/* Records into `statistics` unless NULL. */
struct aio_loop *aio_loop_new(struct interpreter *interpreter, struct aio_statistics *statistics);
/* The loop that runs on this thread; NULL: none. */
static inline struct aio_loop *aio_running_loop(const struct os_thread *thread)
{
	return py_current(thread)->event_loop;
}

/* For AWAIT by the thread that shall run it: turns until the future is done, and one turn more. */
enum progress aio_run_until_complete(struct os_thread *thread, struct aio_loop *loop, struct aio_future *future);

/* For callbacks and coroutines of the loop. */
void aio_call_soon(struct aio_loop *loop, aio_callback_fn *callback, void *subject, struct aio_future *future);
/* The timer is the caller's until aio_cancel_timer(), which must come once. */
struct aio_timer *aio_call_later(struct aio_loop *loop, sim_ns delay_ns, aio_callback_fn *callback, void *subject);
static inline void aio_cancel_timer(struct aio_loop *loop, struct aio_timer *timer)
{
	aio_timers_cancel(&loop->timers, timer);
}
/* For AWAIT: bytecode of that cost, and of all that is owed. */
enum progress aio_charge(struct os_thread *thread, enum cost cost);
static inline void aio_owe(struct aio_loop *loop, enum cost cost)
{
	loop->owed_ns += loop->interpreter->runtime->cost_ns[cost];
}
/* So many container objects are there, or no more: what collecting or fetching them takes is owed. */
static inline void aio_objects_made(struct aio_loop *loop, enum cost objects)
{
	loop->owed_ns += gc_objects_made(&loop->interpreter->gc, loop->interpreter->runtime->cost_ns[objects]);
}
static inline void aio_objects_gone(struct aio_loop *loop, enum cost objects)
{
	loop->owed_ns += gc_objects_gone(&loop->interpreter->gc, loop->interpreter->runtime->cost_ns[objects]);
}

/* For AWAIT by any thread: call_soon_threadsafe(). */
enum progress aio_call_soon_threadsafe(struct os_thread *thread, struct aio_loop *loop, aio_callback_fn *callback,
				       void *subject);
/* Watches a descriptor: while it is readable, `callback` is called once a turn. */
void aio_add_reader(struct aio_loop *loop, struct aio_reader *reader, aio_callback_fn *callback, void *subject);
/* The descriptor has become readable; what that costs `waker` (NULL: a device did it). */
sim_ns aio_reader_set_ready(struct aio_loop *loop, struct aio_reader *reader, struct os_thread *waker);

#endif
