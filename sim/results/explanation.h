/*
 * explanation.h - why a prediction is what it is: what each cost adds to an ideal run, and what a faster step gives.
 *
 * sim/plan/explain.h makes them. They live beside the figures of their variant (struct variant_result).
 */
#ifndef SIM_RESULTS_EXPLANATION_H
#define SIM_RESULTS_EXPLANATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct json_writer;

/* E(ENUM, name in JSON, title): what can be taken away from a run, in the order of the waterfall. */
#define EXPLAINED_COSTS(E) \
	E(GIL, "gil", "the GIL") \
	E(CORES, "cores", "too few cores") \
	E(WORKERS, "workers", "too few workers") \
	E(RESOURCES, "resources", "bounded resources") \
	E(ARRIVALS, "arrivals", "uneven arrivals") \
	E(QUOTA, "quota", "CPU quota") \
	E(BACKGROUND, "background", "other processes") \
	E(BUSY_CORES, "busy_cores", "slower busy cores") \
	E(BUILD, "build", "slower build") \
	E(START_UP, "start_up", "start-up") \
	E(IPC, "ipc", "pickling, pipes") \
	E(SWITCHING, "switching", "switches, wake-ups") \
	E(LIBRARY, "library", "library code")

enum explained_cost {
#define E(symbol, name, title) EXPLAINED_##symbol,
	EXPLAINED_COSTS(E)
#undef E
		EXPLAINED_COUNT
};

struct explained_cost_name {
	const char *name, *title;
};
extern const struct explained_cost_name explained_costs[EXPLAINED_COUNT];

/* What a step's duration being EXPLAINED_FASTER shorter changes, relative to the prediction: -0.07 is 7 % less. */
#define EXPLAINED_FASTER 0.1

struct step_effect {
	const char *task;
	size_t index;	  /* of the step in its task, steps inside others counted */
	const char *kind; /* "python", ...; "request" stands for the service's time */
	int line;	  /* of the scenario file */
	double makespan, p50, p99;
};

struct explanation {
	const char *metric;	      /* "makespan" or "sojourn.mean": which figure is explained, in seconds */
	double predicted_s, ideal_s;  /* as it is, and with nothing of what is below */
	bool present[EXPLAINED_COUNT]; /* whether the workload has any of it */
	double saves_s[EXPLAINED_COUNT]; /* what is gained by taking away this alone; below 0: it helps */
	double interaction_s; /* predicted - ideal - the sum of saves: what only several together take or give */
	struct step_effect *steps;
	size_t step_count, steps_left_out; /* more than are tried */
};

/* The waterfall and the table of steps, for people. */
void explanation_print(const struct explanation *explanation, const char *variant, FILE *stream);
/* The value of the key `explain`. */
void explanation_print_json(const struct explanation *explanation, struct json_writer *writer);

#endif
