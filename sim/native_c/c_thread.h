/*
 * c_thread.h - threads of one process that share its GIL, if it has one, and what they wait for.
 *
 * Every function below is called by a thread that holds the GIL, unless it says otherwise, and returns with it;
 * what waits gives it away meanwhile.
 */
#ifndef SIM_NATIVE_C_C_THREAD_H
#define SIM_NATIVE_C_C_THREAD_H

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/sim_time.h"
#include "sim/scenario/workload.h"

/* Makes this thread the first of a process, also of one that has just been forked; with the GIL, held, unless it
 * has none. */
void c_threads_begin(const struct workload *workload);
void c_release_gil(void); /* Py_BEGIN_ALLOW_THREADS */
void c_take_gil(void);
/* An address that only the calling thread has. */
const void *c_self(void);
/* What the evaluation loop does at a back-edge: gives the GIL up if it was asked for. */
void c_eval_breaker(void);

/* ---- Work ---- */

/* Iterations of c_spin() as bytecode, as one C call that holds the GIL, and as one that does not. */
void c_work_python(int64_t iterations);
void c_work_c(int64_t iterations);
void c_work_native(int64_t iterations);
/* time.sleep() */
void c_sleep(sim_ns duration_ns);

/* ---- Waiting ---- */

/* What is waited for once: the lock that a thread's end, a future's result and the like are told by. */
struct c_event {
	atomic_int state;
};
/* False when the deadline (SIM_NS_MAX: none) has passed. */
bool c_event_wait(struct c_event *event, int64_t deadline_ns);
/* Needs no GIL. */
void c_event_set(struct c_event *event);
static inline bool c_event_is_set(const struct c_event *event)
{
	return atomic_load(&event->state) == 1;
}

/* What threading's and multiprocessing's locks are made of up to 3.13: tried first, waited for without the GIL
 * then. False when the deadline has passed. */
bool c_semaphore_wait(sem_t *semaphore, int64_t deadline_ns);

/* ---- Threads ---- */

struct c_thread {
	void (*body)(void *argument);
	void *argument;
	pthread_t os;
	struct c_event started, finished;
	bool joinable; /* nobody has yet, and it is not detached */
};

/* Thread(target=body).start(): returns when it has begun. */
void c_thread_start(struct c_thread *thread, void (*body)(void *argument), void *argument);
void c_thread_join(struct c_thread *thread);
/* How many threads of this process there are besides its first. */
int c_thread_count(void);

/* ---- Failures and memory ---- */

/* What cannot go on ends the run, with this as its last words. */
_Noreturn void c_die(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Zeroed. */
void *c_alloc(size_t count, size_t size_bytes);

#endif
