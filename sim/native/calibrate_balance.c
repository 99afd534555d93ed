/*
 * calibrate_balance.c - whether a core that runs out of work takes a thread that waits for another core.
 *
 * One thread works on one core, another is woken there and has to wait, a third stops working on the other core.
 * The mainline kernel lets that core take the waiting thread at once, but tries the less often the less it was good
 * for of late (newidle balance); kernels that keep threads together hardly do at all.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sim/native/calibrate_tools.h"

#define TRIALS 20
#define GROUPS 2
#define PAUSE_NS (6 * SIM_MS)
#define WORK_NS (2 * SIM_MS)
#define AT_ONCE_NS (300 * SIM_US)

struct trial {
	int busy_cpu, idle_cpu;
	atomic_uint worker_go, waiter_go;
	atomic_uint works;	    /* the worker has begun */
	_Atomic int64_t waiter_ran; /* when, and on which CPU */
	atomic_int waiter_cpu;
};

static void await_go(atomic_uint *word, unsigned seen)
{
	while (atomic_load(word) == seen)
		futex(word, FUTEX_WAIT, seen);
}

static void give_go(atomic_uint *word)
{
	atomic_fetch_add(word, 1);
	futex(word, FUTEX_WAKE, 1);
}

static void *work(void *argument)
{
	struct trial *trial = argument;

	pin(trial->busy_cpu);
	for (unsigned round = 0;; round++) {
		await_go(&trial->worker_go, round);
		atomic_store(&trial->works, round + 1);
		spin_for(WORK_NS);
	}
	return NULL;
}

static void *wait_for_core(void *argument)
{
	struct trial *trial = argument;
	struct sched_param parameters = { 0 };

	sched_setscheduler(0, SCHED_BATCH, &parameters); /* never preempts whoever wakes it */
	for (unsigned round = 0;; round++) {
		await_go(&trial->waiter_go, round);
		atomic_store(&trial->waiter_cpu, sched_getcpu());
		atomic_store(&trial->waiter_ran, now_ns());
	}
	return NULL;
}

static void confine(pthread_t thread, int cpu, int other)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	CPU_SET((size_t)other, &set);
	pthread_setaffinity_np(thread, sizeof(set), &set);
}

/* 1 when the waiting thread was taken at once, 0 when not, -1 when it did not have to wait. */
static int is_taken(struct trial *trial, pthread_t waiter, unsigned round)
{
	int64_t idle_from_ns, ran_ns;

	confine(waiter, trial->busy_cpu, trial->busy_cpu);
	sleep_for(PAUSE_NS);
	spin_for(SIM_MS / 5);
	give_go(&trial->worker_go);
	while (atomic_load(&trial->works) != round + 1)
		continue;
	give_go(&trial->waiter_go);
	confine(waiter, trial->busy_cpu, trial->idle_cpu);
	idle_from_ns = now_ns();
	sleep_for(WORK_NS / 2);
	sleep_for(WORK_NS);
	ran_ns = atomic_load(&trial->waiter_ran);
	if (ran_ns < idle_from_ns)
		return -1;
	return atomic_load(&trial->waiter_cpu) == trial->idle_cpu && ran_ns < idle_from_ns + AT_ONCE_NS;
}

static void try_often(struct calibration *calibration, struct shared *shared)
{
	static struct trial trial;
	pthread_t worker, waiter;
	unsigned round = 0;

	trial.busy_cpu = calibration->here;
	trial.idle_cpu = calibration->there;
	pin(trial.idle_cpu);
	if (pthread_create(&worker, NULL, work, &trial) != 0 ||
	    pthread_create(&waiter, NULL, wait_for_core, &trial) != 0)
		_exit(1);
	for (int group = 0; group < GROUPS; group++) {
		int taken = 0, valid = 0;

		for (int i = 0; i < TRIALS; i++) {
			int result = is_taken(&trial, waiter, round++);

			valid += result >= 0;
			taken += result > 0;
		}
		if (valid > 0)
			add_event(shared, 0, (double)taken / valid);
	}
}

bool calibrate_newidle(struct calibration *calibration)
{
	struct shared *shared;
	bool ok;

	if (calibration->there < 0) {
		calibration_put_assumed(calibration, COST_SCHED_NEWIDLE, 1, "only one CPU is allowed");
		return true;
	}
	shared = shared_new();
	if (!shared)
		return fail(calibration, "mmap");
	ok = in_child(calibration, try_often, shared);
	if (ok && shared->event_counts[0] == 0)
		calibration_put_assumed(calibration, COST_SCHED_NEWIDLE, 1, "a woken thread never had to wait");
	else if (ok)
		calibration_put_batches(calibration, COST_SCHED_NEWIDLE, shared->events[0], shared->event_counts[0],
					"of 20 threads that waited each");
	munmap(shared, sizeof(*shared));
	return ok;
}
