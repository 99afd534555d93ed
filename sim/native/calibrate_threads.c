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
	return NULL;
}

/* Kind 0: pthread_create, with the child going to an idle core. */
static void create_threads(struct calibration *calibration, struct shared *shared)
{
	(void)calibration;
	for (int i = 0; i < 380; i++) {
		int64_t begin_ns, created_ns;
		pthread_t thread;

		await_full_pace();
		begin_ns = now_ns();
		if (pthread_create(&thread, NULL, note_and_end, shared) != 0)
			_exit(1);
		created_ns = now_ns();
		pthread_join(thread, NULL);
		/* The first ones make the stack that the later ones take over. */
		if (i >= 20)
			add_event(shared, 0, (double)(created_ns - begin_ns));
		sleep_for(50000);
	}
}

/* On one core, because an idle core's slow first steps are part of wake.idle_*. Kind 1: CPU time at the child's
 * first statement; 2: CPU time from its last one on, found as the process's less what is known. */
static void enter_threads(struct calibration *calibration, struct shared *shared)
{
	pin(calibration->here);
	for (int batch = -1; batch < CALIBRATE_BATCHES; batch++) {
		int64_t process_ns, caller_ns, known_ns = 0;

		await_full_pace();
		process_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
		caller_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
		for (int i = 0; i < 40; i++) {
			pthread_t thread;

			if (pthread_create(&thread, NULL, note_and_end, shared) != 0)
				_exit(1);
			pthread_join(thread, NULL);
			known_ns += shared->cpu_ns;
			if (batch >= 0)
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
/* What an interpreter touches of a thread's stack on its way to the first statement. */
#define TOUCHED_BYTES (16 << 10)

static void *touch_and_stay(void *argument)
{
	struct shared *shared = argument;
	volatile char touched[TOUCHED_BYTES];

	for (size_t at = 0; at < sizeof(touched); at += 4096)
		touched[at] = 1;
	shared->cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	atomic_fetch_add(&shared->back, 1);
	while (atomic_load(&shared->go) == 0)
		futex(&shared->go, FUTEX_WAIT, 0);
	return NULL;
}

/* Kind 0: what a new stack adds to the creator's time; 1: to the thread's. */
static void stay_with_stacks(struct calibration *calibration, struct shared *shared)
{
	(void)calibration;
	for (int round = -1; round < CALIBRATE_BATCHES; round++) {
		pthread_t threads[STAYING_THREADS];
		double create_ns[STAYING_THREADS], cpu_ns[STAYING_THREADS];
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
				continue;
			cpu_ns[i] = (double)shared->cpu_ns;
			sleep_for(100000);
		}
		atomic_store(&shared->go, 1);
		futex(&shared->go, FUTEX_WAKE, STAYING_THREADS);
		for (int i = 0; i < STAYING_THREADS; i++)
			pthread_join(threads[i], NULL);
		if (round < 0)
			continue;
		add_event(shared, 0,
			  calibrate_median(create_ns + SPARE_STACKS + 2, (size_t)new) -
				  calibrate_median(create_ns, SPARE_STACKS));
		add_event(shared, 1,
			  calibrate_median(cpu_ns + SPARE_STACKS + 2, (size_t)new) -
				  calibrate_median(cpu_ns, SPARE_STACKS));
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
					shared->event_counts[1], "16 KiB of it, CPU time");
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
	ok = in_child(calibration, create_threads, shared) && in_child(calibration, enter_threads, shared) &&
	     put_kind(calibration, COST_THREAD_CREATE, shared, 0,
		      calibration->there < 0 ? "on one CPU" : "the wake-up of an idle core included") &&
	     put_kind(calibration, COST_THREAD_ENTRY, shared, 1, "CPU time, on the creator's core") &&
	     put_kind(calibration, COST_THREAD_EXIT, shared, 2, "CPU time");
	munmap(shared, sizeof(*shared));
	return ok;
}
