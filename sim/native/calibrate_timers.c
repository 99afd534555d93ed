/*
 * calibrate_timers.c - how late timers end waits, and what they take from who runs.
 */
#include "sim/native/calibrate_tools.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

/* Kind 0: how late short sleeps end; 1: long ones. */
static void sleep_often(struct calibration *calibration, struct shared *shared)
{
	static const struct {
		int64_t sleep_ns;
		int kind;
	} sleeps[] = { { 50000, 0 }, { 100000, 0 }, { 200000, 0 }, { 20000000, 1 }, { 30000000, 1 } };
	long slack_ns = prctl(PR_GET_TIMERSLACK);

	pin(calibration->there < 0 ? calibration->here : calibration->there);
	for (int round = 0; round < 12; round++) {
		for (size_t i = 0; i < sizeof(sleeps) / sizeof(sleeps[0]); i++) {
			int64_t due_ns = now_ns() + sleeps[i].sleep_ns;
			const struct timespec due = { due_ns / SIM_S, due_ns % SIM_S };

			clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
			add_event(shared, sleeps[i].kind, (double)(now_ns() - due_ns - slack_ns));
		}
	}
}

bool calibrate_timer(struct calibration *calibration)
{
	struct shared *shared = shared_new();
	bool ok;

	if (!shared)
		return fail(calibration, "mmap");
	ok = in_child(calibration, sleep_often, shared) &&
	     put_kind(calibration, COST_WAKE_TIMER_SHALLOW, shared, 0,
		      "lateness of sleeps of 0.05 to 0.2 ms, less timer.slack") &&
	     put_kind(calibration, COST_WAKE_TIMER_DEEP, shared, 1,
		      "lateness of sleeps of 20 and 30 ms, less timer.slack");
	munmap(shared, sizeof(*shared));
	return ok;
}

/* Well before the next tick, mostly, and long after all others. */
#define SOON_NS (100 * SIM_US)
#define LATE_NS (10 * SIM_S)
#define ARM_ROUNDS 1000

static int64_t arm_ns(int timer, int64_t delay_ns)
{
	static const struct itimerspec never;
	const struct itimerspec delay = { .it_value = { delay_ns / SIM_S, delay_ns % SIM_S } };
	int64_t begin_ns, end_ns;

	begin_ns = now_ns();
	if (timerfd_settime(timer, 0, &delay, NULL) != 0)
		_exit(1);
	end_ns = now_ns();
	timerfd_settime(timer, 0, &never, NULL);
	return end_ns - begin_ns;
}

/* In a child, which goes to the other core if there is one, and begins when that is at its full pace. */
static int timer_of_other_core(const struct calibration *calibration)
{
	int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);

	if (timer < 0)
		_exit(1);
	pin(calibration->there < 0 ? calibration->here : calibration->there);
	await_full_pace();
	return timer;
}

/* Kind 0: what it takes to be the first. */
static void arm_often(struct calibration *calibration, struct shared *shared)
{
	int timer = timer_of_other_core(calibration);

	for (int round = 0; round < ARM_ROUNDS; round++) {
		int64_t soon_ns = arm_ns(timer, SOON_NS), late_ns = arm_ns(timer, LATE_NS);

		add_event(shared, 0, soon_ns > late_ns ? (double)(soon_ns - late_ns) : 0);
	}
	close(timer);
}

/* Longer than any interrupt, shorter than what lies between two ticks of the kernel. */
#define INTERRUPT_NS (100 * SIM_US)
#define INTERRUPT_ROUNDS 100

/* Looks at the clock all the time: the longest gap around `due_ns`. */
static int64_t longest_gap(int64_t due_ns)
{
	int64_t longest_ns = 0, last_ns = now_ns();

	while (last_ns < due_ns + INTERRUPT_NS) {
		int64_t at_ns = now_ns();

		if (at_ns > due_ns - INTERRUPT_NS / 10 && at_ns - last_ns > longest_ns)
			longest_ns = at_ns - last_ns;
		last_ns = at_ns;
	}
	return longest_ns;
}

/* Timers for which nobody waits go off while this core computes. */
static void interrupt_often(struct calibration *calibration, struct shared *shared)
{
	static const int64_t delays_ns[] = { 100000, 300000, 1000000 };
	int timer = timer_of_other_core(calibration);

	for (int round = 0; round < INTERRUPT_ROUNDS; round++) {
		for (size_t i = 0; i < sizeof(delays_ns) / sizeof(delays_ns[0]); i++) {
			int64_t due_ns = now_ns() + delays_ns[i];
			const struct itimerspec due = { .it_value = { due_ns / SIM_S, due_ns % SIM_S } };

			if (timerfd_settime(timer, TFD_TIMER_ABSTIME, &due, NULL) != 0)
				_exit(1);
			add_event(shared, 0, (double)longest_gap(due_ns));
		}
	}
	close(timer);
}

bool calibrate_timer_interrupts(struct calibration *calibration)
{
	struct shared *shared = shared_new();
	bool ok;

	if (!shared)
		return fail(calibration, "mmap");
	ok = in_child(calibration, arm_often, shared) &&
	     put_kind(calibration, COST_TIMER_ARM, shared, 0, "timerfd_settime() of 0.1 ms, less the same of 10 s");
	shared->event_counts[0] = 0;
	ok = ok && in_child(calibration, interrupt_often, shared) &&
	     put_kind(calibration, COST_TIMER_INTERRUPT, shared, 0, "the gap that a timer leaves in a spinning thread's time");
	munmap(shared, sizeof(*shared));
	return ok;
}
