/*
 * timers.h - the kernel's timers of a core: who waits there until when, and the interrupt that ends their waits.
 *
 * Source      Linux 6.12, kernel/time/hrtimer.c: hrtimer_interrupt(), __hrtimer_run_queues(). What an interrupt
 *             takes is measured (`gilsim calibrate`, timer.interrupt): 1 to 2 us on a machine of one's own, 12 to
 *             25 us on a virtual one, where the hypervisor has the timer; sixteen that end together take no more
 *             than one.
 * Modelled    a timer goes off when its slack is used up, on the core where its thread fell asleep; all others of
 *             that core end with it whose own time has come, slack or not. A busy core stands still meanwhile, and
 *             what comes due until the interrupt is over belongs to it. The wake-ups are at its end. A timer that
 *             goes off before the core's other ones and before its next tick is told to the hardware
 *             (hrtimer_reprogram()), which takes timer.arm: on a virtual machine that leaves it for the hypervisor.
 * Left out    the time that either takes a core that idles then: wake.timer_* have it. Telling the hardware that
 *             the first timer will not go off after all. Moving timers of idle cores elsewhere.
 */
#ifndef MODELS_MACHINE_TIMERS_H
#define MODELS_MACHINE_TIMERS_H

#include "sim/base/sim_time.h"
#include "sim/engine/engine.h"

struct core;
struct os_thread;

/* Timers by when their slack is used up: so much time shares a bucket, and it begins anew after so many. */
#define TIMER_BUCKET_SHIFT 16
#define TIMER_BUCKET_COUNT 256
#define TIMER_WORD_COUNT (TIMER_BUCKET_COUNT / 64)

/* In order of their ends, those of later rounds behind. */
struct timer_bucket {
	struct os_thread *first, *last;
};

struct core_timers {
	struct timer_bucket *buckets;
	uint64_t occupied[TIMER_WORD_COUNT]; /* a bit for each bucket that is not empty */
	struct os_thread *next;		     /* whose timer goes off next; NULL: there is none */
	uint32_t lane;			     /* of the event for that, the only one: most timers are cleared before */
	event_handle interrupt;		     /* under way: it will be over then */
};

/* A thread's own timer. */
struct thread_timer {
	sim_ns from_ns, until_ns; /* its own time, and with its slack */
	event_handle number;	  /* when it was set, for the order of what comes at the same instant */
	struct os_thread *next, *previous;
	struct core *core; /* where it is set; NULL: it is not */
	bool gone_off;	   /* it waits for the end of the interrupt */
};

void timers_init(struct core *core);
/* The running thread is about to block for so long at most. Returns what that takes its core. */
sim_ns timers_set(struct os_thread *thread, sim_ns deadline_ns, sim_ns slack_ns);
/* It has been woken; nothing happens where no timer is set. */
void timers_clear(struct os_thread *thread);

#endif
