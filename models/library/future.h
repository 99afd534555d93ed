/*
 * future.h - concurrent.futures.Future: its states, who waits for it, and waiting for several.
 *
 * Source      Lib/concurrent/futures/_base.py @3.8 to 3.13: Future, wait(), as_completed().
 * Modelled    PENDING, RUNNING, CANCELLED, FINISHED: cancel() has no effect once RUNNING. A cancelled future wakes
 *             those in result() at once, but those in wait() and as_completed() only when its executor comes to it
 *             (set_running_or_notify_cancel). wait() by its three conditions, as_completed() in the order of
 *             completion. What a task consists of, its future and work item, is memory that the process touches for
 *             the first time unless others have gone, and container objects that set off garbage collections. It
 *             goes when it is done, or when who keeps it has taken its result.
 * Left out    the condition's own lock, held for microseconds; _AcquireFutures, which holds all of them.
 */
#ifndef MODELS_LIBRARY_FUTURE_H
#define MODELS_LIBRARY_FUTURE_H

#include "models/interpreter/py_thread.h"

enum py_future_state { FUTURE_PENDING, FUTURE_RUNNING, FUTURE_CANCELLED, FUTURE_FINISHED };

struct py_future;

/* Called by the thread that ends a future, after its waiters were told; inside AWAIT. */
typedef enum progress py_future_callback_fn(struct os_thread *thread, struct py_future *future);

/* Of these there are as many as are submitted at once: millions. */
struct py_future {
	near_fn callback; /* py_future_callback_fn: add_done_callback(); 0: none */
	uint8_t state;	  /* enum py_future_state */
	bool done;	  /* CANCELLED or FINISHED */
	bool failed;	  /* FINISHED by an exception */
	bool kept;	  /* by who submitted it, until it takes the result */
	struct futex waiters;		 /* in result() */
	struct py_future_watch *watches; /* of wait() and as_completed() */
};

/* One call to be made by an executor's worker: `program` gets a frame whose locals start with a copy of `argument`. */
struct work_item {
	void *argument;
	near_fn program; /* program_fn */
	bool failed;	 /* set by the program: it ended by an exception */
	struct py_future future;
};

/* In place: what a function returns by value is put together elsewhere, and copied in other pieces than it was written in. */
static inline void work_item_init(struct work_item *item, program_fn *program, void *argument)
{
	*item = (struct work_item){ .program = near_of((any_fn *)program), .argument = argument };
}

/* Pushes the call's program; for os_thread_enter(). */
void work_item_push(struct os_thread *thread, const struct work_item *item);

enum py_wait_for { WAIT_ALL, WAIT_FIRST, WAIT_EXCEPTION };

/* One future of those that a wait() or as_completed() is about. */
struct py_future_watch {
	struct py_future *future;
	struct py_futures *set;
	struct py_future_watch *next_of_future;
	struct py_future_watch *next_finished; /* as_completed(): in order of completion */
	bool finished;
};

/* A wait() or as_completed() over `count` futures. */
struct py_futures {
	struct py_future_watch *watches;
	size_t count, pending;
	enum py_wait_for wait_for;
	bool as_completed;
	bool event; /* _Waiter.event */
	struct futex waiters;
	struct py_future_watch *first_finished, *last_finished;
};

/* For executors. A task is submitted: its future and its work item may need fresh memory and set off a collection of
 * garbage. Returns what that takes. */
sim_ns py_future_made(struct os_thread *thread);
/* Nobody needs them any more. Returns what giving them up takes. */
sim_ns py_future_gone(struct os_thread *thread);
/* set_running_or_notify_cancel(): false if the future was cancelled; then those in wait() are told.
 */
bool py_future_set_running(struct os_thread *thread, struct py_future *future, sim_ns *cost_ns);
/* For AWAIT. set_result(), or set_exception() if `failed`. */
enum progress py_future_set(struct os_thread *thread, struct py_future *future, bool failed);

/* For callers. cancel(): true if it is cancelled now. `cost_ns` gets what waking its waiters costs. */
bool py_future_cancel(struct os_thread *thread, struct py_future *future, sim_ns *cost_ns);
/* For AWAIT. result(timeout): until it is done or the deadline (SIM_NS_MAX: none); py_thread.timed_out tells which.
 */
enum progress py_future_wait(struct os_thread *thread, struct py_future *future, sim_ns deadline_ns);

/* A set of futures, none of them yet in it. */
void py_futures_init(struct py_futures *set, struct region *region, size_t capacity);
void py_futures_add(struct py_futures *set, struct py_future *future);
/* For AWAIT. wait(): until the condition holds or the deadline; then each watch tells whether its future was done.
 */
enum progress py_futures_wait(struct os_thread *thread, struct py_futures *set, enum py_wait_for wait_for,
			      sim_ns deadline_ns);
/* For AWAIT. next(as_completed()): stores the future that was done next, or NULL when none is left or at the
 * deadline. */
enum progress py_futures_next(struct os_thread *thread, struct py_futures *set, struct py_future **next,
			      sim_ns deadline_ns);

#endif
