/*
 * c_pool.h - multiprocessing.Pool: worker processes that share two pipes, and the parent's three threads that serve
 * them.
 */
#ifndef SIM_NATIVE_C_C_POOL_H
#define SIM_NATIVE_C_C_POOL_H

#include "sim/native_c/c_queue.h"
#include "sim/native_c/c_thread.h"

struct c_pool;

/* What the items of a call are done by, in a worker. */
typedef void c_pool_item_fn(int64_t item);

/* Starts the workers and the threads. Arguments and results are of so many bytes an item. */
struct c_pool *c_pool_open(int workers, c_pool_item_fn *run_item, int64_t argument_bytes, int64_t result_bytes);
/* Lets every worker begin, and come to rest. */
void c_pool_warm_up(struct c_pool *pool);

/* map_async() of the items [first, first + count), in chunks of so many; the call's result is waited for by
 * c_pool_wait(). */
struct c_pool_job;
struct c_pool_job *c_pool_submit(struct c_pool *pool, int64_t first, int64_t count, int64_t chunk_items);
void c_pool_wait(struct c_pool_job *job);
/* terminate(), as at the end of `with Pool()`. */
void c_pool_terminate(struct c_pool *pool);

#endif
