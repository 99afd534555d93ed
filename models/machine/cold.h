/*
 * cold.h - caches that have gone cold while a thread waited.
 *
 * Source      measured (calibrate_processes.py, `cold caches`): on a virtual machine 8 us of library code take
 *             28 us after the core has idled for 0.2 ms, 78 us after 5 ms and 146 us after 20 ms, and no more then.
 * Modelled    a thread that goes on has that much to lose, by how long its core has idled since a thread of its
 *             process last executed the same code there (whoever has the physical core meanwhile evicts it), or by
 *             another process having run there just before. Library code, which is never at the same place for long,
 *             runs slower by a fixed factor until that is used up; so a short call loses little and a long one no
 *             more than all.
 * Left out    the tasks' own steps, which are loops over little; the kernel's code; what different threads of a
 *             process have in common.
 */
#ifndef MODELS_MACHINE_COLD_H
#define MODELS_MACHINE_COLD_H

#include "models/machine/frame.h"
#include "sim/base/sim_time.h"
#include "sim/profile/profile.h"

struct core;
struct os_process;
struct os_thread;

struct cold_costs {
	double factor; /* what cold code takes on top, in proportion; 0: nothing is ever cold */
	sim_ns short_ns, long_ns, switch_ns;
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
/* What `work_ns` of library code takes on top now. */
sim_ns cold_charge(struct os_thread *thread, sim_ns work_ns);

#endif
