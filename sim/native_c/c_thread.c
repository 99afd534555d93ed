/*
 * c_thread.c - see c_thread.h.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "sim/native_c/c_thread.h"

#include <errno.h>
#include <linux/futex.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sim/native_c/c_clock.h"
#include "sim/native_c/c_gil.h"
#include "sim/native_c/c_spin.h"
#include "sim/profile/python_version.h"

/* Of this process; a forked one makes its own. */
static struct c_gil gil;
static bool has_gil;
static int python_minor;
static atomic_int thread_count;
static _Thread_local char self; /* whose address names the thread */

void c_die(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vdprintf(2, format, arguments);
	va_end(arguments);
	dprintf(2, "\n");
	_exit(1);
}

void *c_alloc(size_t count, size_t size_bytes)
{
	void *memory = calloc(count > 0 ? count : 1, size_bytes);

	if (!memory)
		c_die("out of memory");
	return memory;
}

const void *c_self(void)
{
	return &self;
}

void c_threads_begin(const struct workload *workload)
{
	has_gil = workload->python.gil == GIL_ON;
	python_minor = workload->python.minor;
	atomic_store(&thread_count, 0);
	if (has_gil) {
		c_gil_init(&gil, workload->python.switch_interval_ns);
		c_take_gil();
	}
}

void c_release_gil(void)
{
	if (has_gil)
		c_gil_drop(&gil, &self);
}

void c_take_gil(void)
{
	if (has_gil)
		c_gil_take(&gil, &self);
}

void c_eval_breaker(void)
{
	if (has_gil && atomic_load_explicit(&gil.drop_requested, memory_order_relaxed)) {
		c_release_gil();
		c_take_gil();
	}
}

/* ---- Work ---- */

void c_work_python(int64_t iterations)
{
	c_eval_breaker();
	while (iterations > 0) {
		iterations = c_spin(iterations, &gil.drop_requested);
		c_eval_breaker();
	}
}

void c_work_c(int64_t iterations)
{
	c_spin(iterations, NULL);
	c_eval_breaker();
}

void c_work_native(int64_t iterations)
{
	c_release_gil();
	c_spin(iterations, NULL);
	c_take_gil();
}

void c_sleep(sim_ns duration_ns)
{
	struct timespec deadline = c_timespec(c_deadline(duration_ns));
	struct timeval timeout = { .tv_sec = duration_ns / SIM_S, .tv_usec = duration_ns % SIM_S / 1000 };

	c_release_gil();
	if (python_has(python_minor, PYTHON_SLEEPS_BY_CLOCK))
		while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &deadline, NULL) == EINTR)
			continue;
	else
		select(0, NULL, NULL, NULL, &timeout);
	c_take_gil();
}

/* ---- Waiting ---- */

enum { EVENT_SET = 1, EVENT_WAITED_FOR = 2 };

/* False when the deadline has passed. */
static bool wait_while(atomic_int *word, int value, int64_t deadline_ns)
{
	struct timespec deadline = c_timespec(deadline_ns == SIM_NS_MAX ? 0 : deadline_ns);
	long failure = syscall(SYS_futex, word, FUTEX_WAIT_BITSET_PRIVATE, value,
			       deadline_ns == SIM_NS_MAX ? NULL : &deadline, NULL, FUTEX_BITSET_MATCH_ANY);

	return failure == 0 || errno != ETIMEDOUT;
}

bool c_event_wait(struct c_event *event, int64_t deadline_ns)
{
	bool in_time = true;

	if (c_event_is_set(event))
		return true;
	c_release_gil();
	while (!c_event_is_set(event) && in_time) {
		int unset = 0;

		atomic_compare_exchange_strong(&event->state, &unset, EVENT_WAITED_FOR);
		in_time = wait_while(&event->state, EVENT_WAITED_FOR, deadline_ns);
	}
	c_take_gil();
	return c_event_is_set(event);
}

void c_event_set(struct c_event *event)
{
	if (atomic_exchange(&event->state, EVENT_SET) == EVENT_WAITED_FOR)
		syscall(SYS_futex, &event->state, FUTEX_WAKE_PRIVATE, INT32_MAX, NULL, NULL, 0);
}

bool c_semaphore_wait(sem_t *semaphore, int64_t deadline_ns)
{
	struct timespec deadline;
	int failure;

	if (sem_trywait(semaphore) == 0)
		return true;
	if (deadline_ns <= c_clock_ns())
		return false;
	deadline = c_timespec(deadline_ns == SIM_NS_MAX ? 0 : deadline_ns);
	c_release_gil();
	do
		failure = deadline_ns == SIM_NS_MAX ? sem_wait(semaphore)
						    : sem_clockwait(semaphore, CLOCK_MONOTONIC, &deadline);
	while (failure != 0 && errno == EINTR);
	c_take_gil();
	return failure == 0;
}

/* ---- Threads ---- */

/* Up to 3.12 the end is told before the GIL goes, and the thread is detached; since 3.13 it is told after that, and the
 * thread is joined (models/interpreter/py_thread.c). */
static void *run_thread(void *argument)
{
	struct c_thread *thread = argument;
	bool joined_by_lock = !python_has(python_minor, PYTHON_JOINS_OS_THREAD);

	c_take_gil();
	c_event_set(&thread->started);
	thread->body(thread->argument);
	if (joined_by_lock)
		c_event_set(&thread->finished);
	atomic_fetch_sub(&thread_count, 1);
	c_release_gil();
	if (!joined_by_lock)
		c_event_set(&thread->finished);
	return NULL;
}

void c_thread_start(struct c_thread *thread, void (*body)(void *argument), void *argument)
{
	int failure;

	thread->body = body;
	thread->argument = argument;
	atomic_fetch_add(&thread_count, 1);
	failure = pthread_create(&thread->os, NULL, run_thread, thread);
	if (failure != 0)
		c_die("cannot start a thread: %s", strerror(failure));
	thread->joinable = python_has(python_minor, PYTHON_JOINS_OS_THREAD);
	if (!thread->joinable)
		pthread_detach(thread->os);
	c_event_wait(&thread->started, SIM_NS_MAX);
}

void c_thread_join(struct c_thread *thread)
{
	c_event_wait(&thread->finished, SIM_NS_MAX);
	if (!thread->joinable)
		return;
	thread->joinable = false;
	c_release_gil();
	pthread_join(thread->os, NULL);
	c_take_gil();
}

int c_thread_count(void)
{
	return atomic_load(&thread_count);
}
