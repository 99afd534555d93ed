/*
 * cold.h - caches that have gone cold while a thread waited.
 *
 * Source      measured (calibrate_processes.py, `cold caches`), on virtual machines whose cores have neighbours. 18
 *             us of library code take 20 us more after the core has idled for 0.1 ms, 60 us after 1 ms, 100 us
 *             after 5 ms and 160 us after 20 ms. Where the core has executed a loop of other bytecode or C
 *             meanwhile, which needs next to no cache itself, they take 3, 30, 90 and 170 us more: neighbours evict
 *             what is not used, whoever runs. And pieces of 2, 11, 23 and 54 us lose 49, 170, 207 and 260 us after
 *             30 ms of idling: by the power 0.7 of their length, then by 0.27 of it, as more of a library is more
 *             of the same functions; after 0.1 ms by 0.8 and 0.3. In a fresh process asyncio.run() takes 530 us,
 *             then 210, then 165; a first piece of library code what it takes after 20 ms. And (calibrate.py, `many
 *             threads`): threads that hand on a token in a ring on one core take 9 to 12 us a hop while they are 4
 *             to 100, and 2, 7, 9 and 11 us more when they are 200, 500, 1,000 and 2,000.
 * Modelled    a thread that goes on has that much to lose, by how long its core has idled since a thread of its
 *             process last executed the same code there, by how long ago that was, or by another process having run
 *             there just before; a step of its own task makes the library around it cold likewise, and what a
 *             program executes first is as cold as it gets. Library code, which is never at the same place for
 *             long, loses by powers of how much of it is executed, up to cold.large_work; more is the same again.
 *             What each thread has for itself, stacks and frames and what the kernel keeps of it, stays in a core's
 *             caches until too many others have run there: then a switch to it takes more, by the logarithm of
 *             their number between a quarter of cold.crowd_threads and four times that.
 * Left out    the tasks' own steps, which are loops over little; the kernel's code; that a thread may execute the
 *             same few functions over and over, which then lose no more.
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

/* Up to the one time of idling as much is lost as after a moment; from the other on, all that there is to lose. */
#define COLD_SHORT_TIME_NS (200 * SIM_US)
#define COLD_LONG_TIME_NS (20 * SIM_MS)

struct cold_costs {
	double work_ns; /* the library code that loses the following, in proportion; 0: nothing is ever cold */
	sim_ns short_ns, long_ns, busy_ns, switch_ns;
	double idle_growth, busy_growth; /* of a loss between the two times, as a power of the time */
	double less_growth, more_growth; /* the same by how much code, for less than cold.work and for more */
	double most_work;		 /* so many times cold.work lose the most */
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
/* The following only where cold.work is not 0. The running thread is about to wait. */
void cold_begin_wait(struct os_thread *thread);
/* `next` goes on on the core; core->last ran there before. */
void cold_resume(struct core *core, struct os_thread *next);
/* The running thread does something else for so long: a step. */
void cold_work(struct os_thread *thread, sim_ns work_ns);
/* What the switch to `next` takes on top by how many others have run on the core since it did. */
sim_ns cold_crowd(const struct core *core, const struct os_thread *next);
/* What `work_ns` of library code takes on top now. */
sim_ns cold_charge(struct os_thread *thread, sim_ns work_ns);

#endif
