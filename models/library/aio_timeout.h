/*
 * aio_timeout.h - asyncio.timeout() and wait_for().
 *
 * Source      Lib/asyncio/timeouts.py, Lib/asyncio/tasks.py:wait_for() @3.11 and 3.12: a timer cancels the task;
 *             leaving the block turns that CancelledError into TimeoutError. wait_for() awaits in place under such
 *             a block since 3.12; before, it made a task of the coroutine, waited for it or the timer, and
 *             cancelled it when the time was over: two turns more, and a task, which goes on alone when who waits
 *             for its end then is cancelled.
 */
#ifndef MODELS_LIBRARY_AIO_TIMEOUT_H
#define MODELS_LIBRARY_AIO_TIMEOUT_H

#include "models/library/aio_task.h"

struct aio_timeout {
	struct aio_task *task;
	struct aio_timer *timer;
	uint32_t cancel_requests; /* of the task, when the block was entered */
	bool expired;
};

/* For AWAIT in a coroutine, around what shall not last longer; leaving raises TimeoutError where it did. It lies in
 * near memory, as a frame's locals do. */
enum progress aio_timeout_enter(struct os_thread *thread, struct aio_timeout *timeout, sim_ns delay_ns);
void aio_timeout_leave(struct os_thread *thread, struct aio_timeout *timeout);

/* wait_for(coroutine, timeout) in a coroutine: pushes a program that awaits `program`, whose locals it returns to
 * be filled in before os_thread_enter(). `name` is the task's, where one is made; up to 3.11 that may go on when
 * wait_for() has ended, so `program` uses nothing that ends with the caller. */
void *aio_wait_for(struct os_thread *thread, const char *name, program_fn *program, sim_ns timeout_ns);
/* For AWAIT: wait_for(future, timeout), which cancels the future when the time is over. */
enum progress aio_wait_for_future(struct os_thread *thread, struct aio_future *future, sim_ns timeout_ns);

#endif
