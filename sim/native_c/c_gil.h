/*
 * c_gil.h - a lock that follows CPython's global interpreter lock, on pthreads.
 *
 * Source      CPython 3.12, Python/ceval_gil.c: take_gil(), drop_gil().
 * Followed    the timed wait of one interval, anew after every wake-up; the drop request only when nobody switched
 *             meanwhile; forced switching, also on a drop for a blocking call; one signal a drop; barging.
 * Left out    signals, pending calls, stop-the-world. The drop request is the lock's, as it was up to 3.12.
 */
#ifndef SIM_NATIVE_C_C_GIL_H
#define SIM_NATIVE_C_C_GIL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct c_gil {
	pthread_mutex_t mutex, switch_mutex;
	pthread_cond_t cond, switch_cond;
	bool locked;
	_Atomic(const void *) last_holder; /* an address that only that thread has */
	uint64_t switch_number;
	int64_t interval_ns;
	atomic_bool drop_requested; /* the eval breaker */
};

void c_gil_init(struct c_gil *gil, int64_t interval_ns);
void c_gil_take(struct c_gil *gil, const void *self);
void c_gil_drop(struct c_gil *gil, const void *self);

#endif
