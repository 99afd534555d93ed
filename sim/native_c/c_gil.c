/*
 * c_gil.c - see c_gil.h.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "sim/native_c/c_gil.h"

#include <errno.h>
#include <string.h>

#include "sim/native_c/c_clock.h"

void c_gil_init(struct c_gil *gil, int64_t interval_ns)
{
	pthread_condattr_t monotonic;

	memset(gil, 0, sizeof(*gil));
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&gil->mutex, NULL);
	pthread_mutex_init(&gil->switch_mutex, NULL);
	pthread_cond_init(&gil->cond, &monotonic);
	pthread_cond_init(&gil->switch_cond, &monotonic);
	pthread_condattr_destroy(&monotonic);
	gil->interval_ns = interval_ns;
}

void c_gil_take(struct c_gil *gil, const void *self)
{
	pthread_mutex_lock(&gil->mutex);
	while (gil->locked) {
		uint64_t switch_number = gil->switch_number;
		struct timespec deadline = c_timespec(c_deadline(gil->interval_ns));
		bool timed_out = pthread_cond_timedwait(&gil->cond, &gil->mutex, &deadline) == ETIMEDOUT;

		if (timed_out && gil->locked && gil->switch_number == switch_number)
			atomic_store(&gil->drop_requested, true);
	}
	pthread_mutex_lock(&gil->switch_mutex);
	gil->locked = true;
	if (atomic_load(&gil->last_holder) != self) {
		atomic_store(&gil->last_holder, self);
		gil->switch_number++;
	}
	pthread_cond_signal(&gil->switch_cond);
	pthread_mutex_unlock(&gil->switch_mutex);
	if (atomic_load(&gil->drop_requested))
		atomic_store(&gil->drop_requested, false);
	pthread_mutex_unlock(&gil->mutex);
}

void c_gil_drop(struct c_gil *gil, const void *self)
{
	atomic_store(&gil->last_holder, self);
	pthread_mutex_lock(&gil->mutex);
	gil->locked = false;
	pthread_cond_signal(&gil->cond);
	pthread_mutex_unlock(&gil->mutex);
	if (!atomic_load(&gil->drop_requested))
		return;
	pthread_mutex_lock(&gil->switch_mutex);
	if (atomic_load(&gil->last_holder) == self) {
		atomic_store(&gil->drop_requested, false);
		pthread_cond_wait(&gil->switch_cond, &gil->switch_mutex);
	}
	pthread_mutex_unlock(&gil->switch_mutex);
}
