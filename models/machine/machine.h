/*
 * machine.h - a simulated computer: cores, their run queues, the kernel's costs, and a CPU quota.
 *
 * Source      Linux 6.18 (EEVDF, kernel/sched/fair.c) and 6.1 (CFS); which of the two, and every cost, comes from
 *             the profile.
 * Left out    NUMA, SMT siblings as such (their slowdown is part of cpu.all_busy_speed), real-time classes, nice
 *             levels, load tracking (PELT): queue lengths stand in for loads.
 */
#ifndef MODELS_MACHINE_MACHINE_H
#define MODELS_MACHINE_MACHINE_H

#include "models/machine/bandwidth.h"
#include "models/machine/cold.h"
#include "models/machine/utilisation.h"
#include "models/machine/os_thread.h"
#include "sim/base/pool.h"
#include "sim/base/region.h"
#include "sim/engine/engine.h"
#include "sim/engine/trace.h"
#include "sim/profile/profile.h"

struct machine_config {
	int cores;
	int kernel_cpus; /* CPUs that the kernel scales its slices by; more than `cores` when pinned to some of them
			  */
	double quota_cores; /* 0: none */
	sim_ns quota_period_ns;
	const struct costs *costs;  /* borrowed */
	uint64_t seed, replication; /* for the phases of the ticks */
	const struct trace_sink *trace;
	int64_t memory_bytes; /* RAM; 0: enough */
	const char *const *activity_names; /* of ACTIVITY_LIMIT or fewer, for the trace; NULL: no states are traced */
};

/* How a core that runs out of work has fared when it looked for more; of NEWIDLE_PARTS (placement.c). */
struct newidle {
	uint32_t calls, found, parts;
	sim_ns since_ns;
};

struct core {
	struct machine_model *machine;
	int index;
	struct os_thread *current; /* who runs, or is being switched to; NULL: idle */
	struct os_thread *next;	   /* who has just come to it while it idled; NULL: the queue tells */
	struct os_thread *last;	   /* who ran last: whose address space is loaded */
	uint64_t switch_count;
	bool switching;		   /* the context switch to `current` is under way */
	bool need_resched;	   /* `current` shall give way as soon as it comes to a point in time */
	bool in_call;		   /* and that is after what it computes next: the rest of a system call */
	event_handle interrupt;	   /* from another core, on its way: it will make `current` give way */
	bool advancing;		   /* core_run() is at work on it */
	bool computing;		   /* its lane stands for the end of the current work */
	/* Its next event: the end of the computation or of the context switch, or, while it idles, that the first who was
	 * sent to it has come. */
	uint32_t lane;
	sim_ns computing_since_ns;
	double computing_speed;
	sim_ns idle_since_ns;
	sim_ns busy_ns; /* in all */
	sim_ns busy_since_ns;
	struct utilisation utilisation; /* kept where threads are packed by it */

	/* Run queue (kernel: cfs_rq); `current` is not in the array. */
	struct os_thread **queue; /* in order of arrival */
	size_t queue_count, queue_capacity;
	sim_ns min_vruntime;
	const struct os_thread *yielded; /* CFS: who asked not to be picked next; else NULL */
	__int128 vruntime_sum; /* of the queued */
	uint32_t expected;     /* threads on their way here: waking with this core as target */
	sim_ns arrival_ns;     /* when they come, all at once */
	struct os_thread *arriving; /* the first of them, while the lane is its; else NULL */
	uint64_t arriving_reason;

	event_handle tick;
	event_handle slice_end; /* of the current thread, where slices have timers */
	sim_ns tick_phase_ns, next_tick_ns;
	sim_ns next_balance_ns;
	uint32_t balance_failed;
	struct newidle newidle;

	struct core_timers timers;
	sim_ns arming_ns; /* what the thread that blocks has yet to do: its timer is to be armed */
	struct core_bandwidth bandwidth;
};

struct machine_model {
	struct engine *engine;
	struct region *region;
	struct machine_config config;
	const struct costs *costs;
	struct core *cores;
	int core_count;
	int busy_count;
	uint64_t *computing; /* a bit for each core whose current work ends with an event */
	int computing_count; /* of them */
	uint32_t pack_below; /* of UTILISATION_FULL; 0: never */
	bool slows;	     /* cores slow each other: all_busy_speed is not 1 */
	double *speeds;	     /* of a core, by how many are busy */
	double speed;	     /* now */
	bool overloaded;     /* some core has had more than one thread since one without work last looked for some */

	/* Costs in whole nanoseconds, read once. */
	sim_ns switch_ns, switch_process_ns, migration_ns, wake_call_ns, wake_call_idle_ns, wake_call_busy_ns, wake_busy_ns,
		wake_idle_shallow_ns, wake_idle_deep_ns, idle_deep_after_ns, wake_timer_shallow_ns, wake_timer_deep_ns,
		timer_slack_ns, timer_interrupt_ns, timer_arm_ns;
	struct cold_costs cold;
	double vary_half_width; /* relative, of latencies */
	double newidle;		/* how often a core that runs out of work looks for more: at first; 1: always */
	sim_ns tick_ns;
	sim_ns base_slice_ns, latency_ns, min_granularity_ns, wakeup_granularity_ns;
	bool eevdf, has_slice_timers;

	struct bandwidth bandwidth;

	/* By the eights of bytes that their locals take; of FRAME_ELSEWHERE nothing is ever taken. */
	struct pool frames[FRAME_ELSEWHERE + 1];
	int32_t next_thread_id, next_process_id, next_lock_id;
	uint64_t context_switches;
	uint64_t latency_path; /* of the stream of wake-up latencies */
	double latency_draw;   /* the next of them, made ahead: nobody waits for it */
	uint64_t gap_stream;
	uint64_t newidle_key;
	uint64_t latency_count, gap_count, newidle_count; /* drawn so far */
	uint64_t live_threads;
	int64_t memory_bytes, peak_memory_bytes; /* of all processes, what they share counted once */
	int64_t message_count; /* sent so far, to number them */
	bool out_of_memory; /* more was asked for than there is: the engine was stopped */
	const struct trace_sink *trace;
};

struct machine_model *machine_new(struct region *region, struct engine *engine,
				  const struct machine_config *config);

static inline sim_ns machine_now(const struct machine_model *machine)
{
	return engine_now(machine->engine);
}

/* A cost of the profile in whole nanoseconds. */
static inline sim_ns machine_cost(const struct machine_model *machine, enum cost cost)
{
	return cost_ns(machine->costs, cost);
}

/* A latency as it varies from one wake-up to the next: uniform around its median, 80 % of it within wake.jitter. */
sim_ns machine_vary(struct machine_model *machine, sim_ns latency_ns);

/* A time of that mean with nothing regular about it (exponential): for gaps between events that nobody has modelled
 * one by one, where a fixed length would let two threads miss each other for ever. */
sim_ns machine_irregular(struct machine_model *machine, sim_ns mean_ns);

/* Core time used so far, summed over cores. */
sim_ns machine_busy_ns(const struct machine_model *machine);

/* For the two below: one record of a trace that wants it. */
void machine_emit(const struct machine_model *machine, const struct os_thread *thread, enum trace_phase phase,
		  const char *what, const char *name, int64_t value);
void machine_emit_state(const struct os_thread *thread);

/* Tells the trace, if there is one that wants this phase; else it costs a test. */
static inline void machine_trace(const struct machine_model *machine, const struct os_thread *thread,
				 enum trace_phase phase, const char *what, const char *name, int64_t value)
{
	if (trace_wants(machine->trace, phase))
		machine_emit(machine, thread, phase, what, name, value);
}

/* A message sets out from this thread. Its number is to travel with it; numbers grow, and 0 is none's. */
static inline int64_t machine_send(const struct os_thread *sender, const char *what, const char *name)
{
	int64_t number = ++sender->machine->message_count;

	machine_trace(sender->machine, sender, TRACE_SEND, what, name, number);
	return number;
}

/* It has come to this thread. 0: something that no thread has sent. */
static inline void machine_receive(const struct os_thread *receiver, const char *what, const char *name, int64_t number)
{
	if (number > 0)
		machine_trace(receiver->machine, receiver, TRACE_RECEIVE, what, name, number);
}

/* What the thread is at from now on, and on which core. */
static inline void machine_trace_state(const struct os_thread *thread)
{
	if (trace_wants(thread->machine->trace, TRACE_STATE))
		machine_emit_state(thread);
}

#endif
