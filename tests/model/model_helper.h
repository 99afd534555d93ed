/*
 * model_helper.h - workloads written by hand for the tests of models.
 *
 * A bench holds one workload and its region; its costs are those of the profile `ideal`, and a test changes what
 * it is about. Times are uneven on purpose: 1 and 100 hide missing factors.
 */
#ifndef TESTS_MODEL_MODEL_HELPER_H
#define TESTS_MODEL_MODEL_HELPER_H

#include "models/simulate/simulate.h"
#include "sim/base/region.h"
#include "sim/scenario/workload.h"

#define MODEL_MAX_STEPS 32
#define MODEL_MAX_TASKS 8

struct model_bench {
	struct region region;
	struct workload workload;
	struct step steps[MODEL_MAX_STEPS];
	struct task tasks[MODEL_MAX_TASKS];
	struct resource resources[4];
	sim_ns items_ns[64];
	struct variant_result result;
};

/* Python 3.12 with the GIL, no costs, a task "work" without steps, run sequentially no times. */
void model_bench_init(struct model_bench *bench, int cores);
void model_bench_release(struct model_bench *bench);
/* Begins a further task; the steps added next are its own. Returns its index. */
uint32_t model_bench_task(struct model_bench *bench, const char *name, bool daemon);
/* Adds a step to the last task; returns it for what else it needs. */
struct step *model_bench_step(struct model_bench *bench, enum step_kind kind, sim_ns duration_ns);
/* Starts `count` instances of a task, in the unnamed group. */
struct step *model_bench_spawn(struct model_bench *bench, uint32_t task, int64_t count);
struct step *model_bench_exponential(struct model_bench *bench, enum step_kind kind, sim_ns mean_ns);
/* Adds a step with a body; the steps added until model_bench_end() are in it. */
struct step *model_bench_begin(struct model_bench *bench, enum step_kind kind);
void model_bench_end(struct model_bench *bench, struct step *step);
void model_bench_run_count(struct model_bench *bench, enum model_kind model, int workers, int64_t count);
void model_bench_run_items(struct model_bench *bench, enum model_kind model, int workers, const sim_ns *items_ns,
			   size_t count);
void model_bench_run_poisson(struct model_bench *bench, int workers, double rate_per_s, int64_t count);
void model_bench_run_program(struct model_bench *bench, uint32_t main_task, enum spawn_kind spawn);
void model_bench_set_cost(struct model_bench *bench, enum cost cost, double value);
/* Simulates replication 0 into bench->result, or another one. */
const struct variant_result *model_bench_simulate(struct model_bench *bench);
const struct variant_result *model_bench_replicate(struct model_bench *bench, uint64_t replication);
/* Simulates with a trace in memory; free() it. */
char *model_bench_trace(struct model_bench *bench, bool unmerged);

#endif
