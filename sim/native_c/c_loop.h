/*
 * c_loop.h - asyncio: an event loop on epoll, and tasks, each with a stack of its own.
 *
 * Source      Lib/asyncio/base_events.py: _run_once(); tasks.py, futures.py.
 * Followed    one epoll_wait() a turn, without the GIL, also when something is ready; its timeout rounded up to
 *             whole milliseconds; what is scheduled in a turn runs in the next; a future's callbacks take a turn of
 *             their own.
 * Left out    sockets, threads that wake the loop, cancelling a task that waits (what main() leaves behind just
 *             ends).
 */
#ifndef SIM_NATIVE_C_C_LOOP_H
#define SIM_NATIVE_C_C_LOOP_H

#include "sim/native_c/c_instance.h"

struct c_coroutine;

/* asyncio.run(main()), where main() gathers these. */
void c_loop_run_gather(struct c_instance *const *instances, size_t count, bool return_exceptions);
/* asyncio.run() of an instance. */
void c_loop_run(struct c_instance *main_instance);

/* ---- Called in a coroutine ---- */

/* asyncio.sleep() */
void c_loop_sleep(sim_ns duration_ns);
struct c_coroutine *c_loop_create_task(struct c_instance *instance);
/* Returns the exception that it has ended with; EXCEPTION_NONE. */
uint32_t c_loop_await(struct c_coroutine *coroutine);
/* The first exception at once, unless exceptions are results. */
uint32_t c_loop_gather(struct c_instance *const *instances, size_t count, bool return_exceptions);

#endif
