/*
 * cold.h - caches that have gone cold while a thread waited.
 *
 * Source      measured (calibrate_processes.py, `cold caches`): on a virtual machine 11 us of library code take 18 us more
 *             after the core has idled for 10 to 200 us, 25 us after 0.5 ms, 40 us after 2 ms, 65 us after 5 ms, 100 us after
 *             10 ms and 175 us after 30 ms; with busy neighbours 27, 43, 80, 190, 210 us and, at 300 ms, 215 us. And
 *             (calibrate.py, `many threads`): threads that hand on a token in a ring on one core take 9 to 12 us a
 *             hop while they are 4 to 100, and 2, 7, 9 and 11 us more when they are 200, 500, 1,000 and 2,000.
 * Modelled    a thread that goes on has that much to lose, by how long its core has idled since a thread of its
 *             process last executed the same code there (whoever has the physical core meanwhile evicts it), or by
 *             another process having run there just before. Library code, which is never at the same place for long,
 *             runs slower by a fixed factor until that is used up; so a short call loses little and a long one no
 *             more than all.
 *             What each thread has for itself, stacks and frames and what the kernel keeps of it, stays in a core's
 *             caches until too many others have run there: then a switch to it takes more, by the logarithm of their
 *             number between a quarter of cold.crowd_threads and four times that.
 * Left out    the tasks' own steps, which are loops over little; the kernel's code.
 * Assumed     who has run in between, of all threads that there are, were different ones.
 */
#ifndef MODELS_MACHINE_COLD_H
#define MODELS_MACHINE_COLD_H

#include "models/machine/frame.h"
#include "sim/base/sim_time.h"
#include "sim/profile/profile.h"

struct core;
struct os_process;
struct os_thread;

/* Up to the one idle time as much is lost as after a moment; from the other on, all that there is to lose. */
#define COLD_SHORT_IDLE_NS (200 * SIM_US)
#define COLD_LONG_IDLE_NS (20 * SIM_MS)

struct cold_costs {
	double factor; /* what cold code takes on top, in proportion; 0: nothing is ever cold */
	sim_ns short_ns, long_ns, switch_ns;
	double growth; /* of the loss between the two, as a power of the idle time */
	sim_ns crowd_ns; /* what a switch takes on top where very many threads take turns */
	int64_t crowd_threads; /* half of that where so many do */
};

/* What threads of one process execute that have the same body, and where it was last. */
struct cold_code {
	program_fn *body;
	const struct core *core; /* NULL: nowhere yet */
	sim_ns last_ns, idle_ns; /* when that was, and for how long the core had idled until then */
	struct cold_code *next;
};

struct cold_costs cold_costs_of(const struct costs *costs);
/* The one of this process for that body. */
struct cold_code *cold_code_of(struct os_process *process, program_fn *body);
/* Both only where cold.factor is not 0. The running thread is about to wait. */
void cold_begin_wait(struct os_thread *thread);
/* `next` goes on on the core; core->last ran there before. */
void cold_resume(struct core *core, struct os_thread *next);
/* What the switch to `next` takes on top by how many others have run on the core since it did. */
sim_ns cold_crowd(const struct core *core, const struct os_thread *next);
/* What `work_ns` of library code takes on top now. */
sim_ns cold_charge(struct os_thread *thread, sim_ns work_ns);

#endif
