/*
 * calibrate_machine.c - all MACHINE rows of parameters.h, by micro-benchmarks of the kernel and the hardware.
 *
 * Each measurement is one function of calibrate_*.c and one row of the table below. They are taken in the state in
 * which the cost arises: a wake-up of an idle core with that core idle, one on a busy core with waker and wakee
 * on it. What the machine model charges separately is subtracted, in the model's terms:
 *
 *	waking		the wakee runs wake.idle_* after the waker's call began; the waker pays wake.call*
 *	one core	half a round trip of a ping-pong = wake.call + sched.switch (blocking is part of the switch)
 *	timers		a sleeper runs timer.slack + wake.timer_* after its deadline; one that goes off on a busy core
 *			takes timer.interrupt of it, whatever it wakes apart
 *	new threads	the caller pays thread.create, with its wake-up of an idle core; CPU time of the
 *			child until its first statement is thread.entry
 *
 * Several measurements run in forked children, so that gilsim stays small and comes to no harm. Memory
 * shared with them holds raw events; reducing them to a value is the parent's.
 */
#include "sim/native/calibrate_tools.h"

#include "sim/native/native_process.h"

/* In this order: later ones subtract what earlier ones have measured. */
static const struct {
	const char *what;
	bool (*measure)(struct calibration *calibration);
} measurements[] = {
	{ "scheduler", calibrate_scheduler },
	{ "limits", calibrate_limits },
	{ "system calls", calibrate_syscall },
	{ "calls of a futex", calibrate_futex_call },
	{ "pipes", calibrate_pipe },
	{ "fresh memory", calibrate_memory },
	{ "context switches", calibrate_switches },
	{ "timers", calibrate_timer },
	{ "timer interrupts", calibrate_timer_interrupts },
	{ "waking idle cores", calibrate_idle_wakes },
	{ "waking on busy cores", calibrate_busy_wakes },
	{ "threads", calibrate_threads },
	{ "stacks", calibrate_stacks },
	{ "processes", calibrate_processes },
	{ "migration", calibrate_migration },
	{ "copies across cores", calibrate_copy_across },
	{ "addresses forgotten", calibrate_shootdown },
	{ "all cores busy", calibrate_all_busy },
	{ "keeping together", calibrate_packing },
	{ "slices", calibrate_slices },
	{ "running out of work", calibrate_newidle },
};
#define MEASUREMENT_COUNT (sizeof(measurements) / sizeof(measurements[0]))

bool calibrate_machine(struct calibration *calibration)
{
	const size_t count = MEASUREMENT_COUNT;

	for (size_t i = 0; i < count; i++) {
		if (calibration->progress && !calibration->progress(calibration->context,
								    (double)i / (double)count,
								    measurements[i].what)) {
			native_error_set(calibration->error, "interrupted");
			return false;
		}
		if (!measurements[i].measure(calibration))
			return false;
	}
	if (calibration->progress)
		calibration->progress(calibration->context, 1, "done");
	return true;
}
