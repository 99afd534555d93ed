/*
 * calibrate_threads.c - what a new thread takes, and the memory of its stack.
 */
#include "sim/native/calibrate_tools.h"

#include <linux/futex.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static void *note_and_end(void *argument)
{
	struct shared *shared = argument;

	shared->cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	shared->last_ns = now_ns();
	return NULL;
}

/* On one core: what it takes to wake another one is wake.call_idle and wake.idle_*, and an interpreter's caches that went
 * cold meanwhile are cold.*. Kind 0: pthread_create() of a thread that takes over a stack and runs after the call;
 * 1: CPU time at the child's first statement; 2: CPU time from its last one on, found as the process's less what is known. */
static void enter_threads(struct calibration *calibration, struct shared *shared)
{
	pin(calibration->here);
	for (int batch = -1; batch < CALIBRATE_BATCHES; batch++) {
		int64_t process_ns, caller_ns, known_ns = 0;

		await_full_pace();
		process_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
		caller_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
		for (int i = 0; i < 40; i++) {
			int64_t begin_ns = now_ns(), created_ns;
			pthread_t thread;

			if (pthread_create(&thread, NULL, note_and_end, shared) != 0)
				_exit(1);
			created_ns = now_ns();
			pthread_join(thread, NULL);
			known_ns += shared->cpu_ns;
			if (batch < 0)
				continue;
			if (shared->last_ns > created_ns)
				add_event(shared, 0, (double)(created_ns - begin_ns));
			add_event(shared, 1, (double)shared->cpu_ns);
		}
		sleep_for(SIM_MS); /* the last one is told to have ended a little before it has */
		process_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - process_ns;
		caller_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) - caller_ns;
		if (batch >= 0)
			add_event(shared, 2, (double)(process_ns - caller_ns - known_ns) / 40);
	}
}

/* Threads that stay take new stacks, once those of the last round's are used up. */
#define STAYING_THREADS 16
#define SPARE_STACKS 4
/* What an interpreter touches of a thread's stack beside the page that pthread_create() itself writes to: 3.11 and 3.13
 * have a page fault for it each. */
#define TOUCHED_BYTES 4096

static void *touch_and_stay(void *argument)
{
	struct shared *shared = argument;
	volatile char touched[TOUCHED_BYTES];

	touched[0] = 1;
	(void)touched[0];
	shared->cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	atomic_fetch_add(&shared->back, 1);
	futex(&shared->back, FUTEX_WAKE, 1);
	while (atomic_load(&shared->go) == 0)
		futex(&shared->go, FUTEX_WAIT, 0);
	return NULL;
}

/* On one core, too. Kind 0: what a new stack adds to the creator's time; 1: to the thread's; 2: what one too many to be
 * kept adds to the time of who joins its thread. */
static void stay_with_stacks(struct calibration *calibration, struct shared *shared)
{
	pin(calibration->here);
	for (int round = -1; round < CALIBRATE_BATCHES; round++) {
		pthread_t threads[STAYING_THREADS];
		double create_ns[STAYING_THREADS], cpu_ns[STAYING_THREADS], join_ns[STAYING_THREADS];
		int new = STAYING_THREADS - SPARE_STACKS - 2;

		await_full_pace();
		atomic_store(&shared->go, 0);
		for (int i = 0; i < STAYING_THREADS; i++) {
			unsigned seen = atomic_load(&shared->back);
			int64_t begin_ns = now_ns();

			if (pthread_create(&threads[i], NULL, touch_and_stay, shared) != 0)
				_exit(1);
			create_ns[i] = (double)(now_ns() - begin_ns);
			while (atomic_load(&shared->back) == seen)
				futex(&shared->back, FUTEX_WAIT, seen);
			cpu_ns[i] = (double)shared->cpu_ns;
		}
		atomic_store(&shared->go, 1);
		futex(&shared->go, FUTEX_WAKE, STAYING_THREADS);
		sleep_for(SIM_MS); /* until all have left the kernel */
		await_full_pace();
		for (int i = 0; i < STAYING_THREADS; i++) {
			int64_t begin_ns = now_ns();

			pthread_join(threads[i], NULL);
			join_ns[i] = (double)(now_ns() - begin_ns);
		}
		if (round < 0)
			continue;
		add_event(shared, 0,
			  calibrate_median(create_ns + SPARE_STACKS + 2, (size_t)new) -
				  calibrate_median(create_ns, SPARE_STACKS));
		add_event(shared, 1,
			  calibrate_median(cpu_ns + SPARE_STACKS + 2, (size_t)new) -
				  calibrate_median(cpu_ns, SPARE_STACKS));
		add_event(shared, 2,
			  calibrate_median(join_ns + SPARE_STACKS + 2, (size_t)new) -
				  calibrate_median(join_ns, SPARE_STACKS));
	}
}

bool calibrate_stacks(struct calibration *calibration)
{
	struct shared *shared = shared_new();
	bool ok;

	if (!shared)
		return fail(calibration, "mmap");
	ok = in_child(calibration, stay_with_stacks, shared);
	if (ok) {
		calibration_put_batches(calibration, COST_THREAD_STACK, shared->events[0], shared->event_counts[0],
					"of the default size");
		calibration_put_batches(calibration, COST_THREAD_STACK_TOUCH, shared->events[1],
					shared->event_counts[1], "a page of it, CPU time");
		calibration_put_batches(calibration, COST_THREAD_STACK_FREE, shared->events[2],
					shared->event_counts[2], "of the default size");
	}
	munmap(shared, sizeof(*shared));
	return ok;
}

bool calibrate_threads(struct calibration *calibration)
{
	struct shared *shared = shared_new();
	bool ok;

	if (!shared)
		return fail(calibration, "mmap");
	ok = in_child(calibration, enter_threads, shared) &&
	     put_kind(calibration, COST_THREAD_CREATE, shared, 0, "on the creator's core") &&
	     put_kind(calibration, COST_THREAD_ENTRY, shared, 1, "CPU time, on the creator's core") &&
	     put_kind(calibration, COST_THREAD_EXIT, shared, 2, "CPU time");
	munmap(shared, sizeof(*shared));
	return ok;
}
