/*
 * aio_gather.h - waiting for several futures: gather(), wait(), as_completed(), shield().
 *
 * Source      Lib/asyncio/tasks.py @3.8 to 3.13: each child has a done callback, which runs a turn after the child;
 *             the last one's sets the outer future, whose waiter goes on a turn later. gather()'s first error goes
 *             to its caller at once and the other children run on; cancelling it cancels all of them.
 *
 * The futures given to these, by references (aio_future_at()), are the caller's, unless it is said otherwise; they
 * must live until they are done and a turn longer.
 */
#ifndef MODELS_LIBRARY_AIO_GATHER_H
#define MODELS_LIBRARY_AIO_GATHER_H

#include "models/library/aio_task.h"

struct aio_gather;
struct aio_completion;

enum aio_return_when { AIO_FIRST_COMPLETED, AIO_ALL_COMPLETED, AIO_FIRST_EXCEPTION };

/* For AWAIT in a coroutine. */

/* await gather(...), creating the tasks apart. It takes over `futures`, an array of the loop's region, and the
 * caller's reference to each of them. */
enum progress aio_gather(struct os_thread *thread, near_ref *futures, size_t count, bool return_exceptions);
/* gather() without the await, for those that await its future otherwise; it goes with aio_gather_end(). */
struct aio_future *aio_gather_begin(struct aio_loop *loop, near_ref *futures, size_t count, bool return_exceptions);
void aio_gather_end(struct aio_loop *loop, struct aio_future *outer);
/* await wait(...): raises nothing but its own cancellation; a timeout (AIO_NO_TIMEOUT: none) just ends it. */
enum progress aio_wait(struct os_thread *thread, const near_ref *futures, size_t count,
		       enum aio_return_when return_when, sim_ns timeout_ns);
#define AIO_NO_TIMEOUT (-1)
/* await shield(future). */
enum progress aio_shield(struct os_thread *thread, struct aio_future *future);

/* as_completed(): an object, asked for one future after the other, and to be dropped at the end. */
struct aio_completion *aio_completion_new(struct aio_loop *loop, const near_ref *futures, size_t count,
					  sim_ns timeout_ns);
/* For AWAIT: the next future that is done; raises TimeoutError when the time is over. */
enum progress aio_completion_next(struct os_thread *thread, struct aio_completion *completion,
				  struct aio_future **future);
void aio_completion_drop(struct aio_loop *loop, struct aio_completion *completion);

/* For futures: cancels all children. */
bool aio_gather_cancel(struct aio_loop *loop, struct aio_gather *gather);

#endif
