/*
 * task_statistics.h - what is kept of the tasks of a run: sojourns, in all and by class; what a warm-up leaves out; whether
 * the backlog of an open load grows without end.
 */
#ifndef MODELS_SIMULATE_TASK_STATISTICS_H
#define MODELS_SIMULATE_TASK_STATISTICS_H

#include "sim/engine/statistics.h"
#include "sim/results/results.h"
#include "sim/scenario/workload.h"

struct simulation;
struct task_instance;
struct task_release;

/* Sums of sojourns over tasks by their release, in at most GROWTH_BLOCKS blocks of equal time: when they are full,
 * two become one. */
#define GROWTH_BLOCKS 64
struct growth {
	unsigned int shift; /* a block is 1 << shift ns */
	__int128 sum_ns[GROWTH_BLOCKS];
	uint64_t count[GROWTH_BLOCKS];
};

/* Of one task of a mix. */
struct class_statistics {
	uint64_t released, completed, not_completed;
	struct sample_set sojourns;
};

struct task_statistics {
	struct sample_set sojourns; /* of the tasks that are measured, in order of their ends */
	struct class_statistics *classes; /* by task; NULL: the run has no mix */
	struct growth growth;		  /* of an open load */
	sim_ns arrivals_over_ns;	  /* -1: further ones come */
	uint64_t arrived;		  /* until then */
	int64_t backlog;		  /* then */
	/* Since the warm-up was over; without one, since the start. */
	bool is_measuring;
	sim_ns from_ns;
	uint64_t begun, waited, completed, left_out;
	sim_ns left_out_ns[64]; /* time parts of those left out, which nobody reads */
};

void task_statistics_init(struct simulation *simulation);
/* The clock has started. */
void task_statistics_start(struct simulation *simulation);
/* A counted instance is released, begins, and ends after it had begun. */
struct task_release task_statistics_release(struct simulation *simulation, uint32_t task);
void task_statistics_begun(struct task_instance *instance);
void task_statistics_ended(struct task_instance *instance, bool completed);
/* It ends without having begun. */
void task_statistics_turned_away(struct task_instance *instance);
/* No further arrival comes. */
void task_statistics_arrivals_over(struct simulation *simulation);

/* Where the time of the instance's parts is summed. */
sim_ns *task_statistics_time_in(const struct task_instance *instance);

/* Sojourns, classes, throughput, waited fraction and numbers in flight. */
void task_statistics_read(struct simulation *simulation, struct region *region, struct variant_result *result);

#endif
