/*
 * measurements.h - what `validate` has measured, in a file: it can be predicted again after a change of a model or
 * of costs, without the noise of another measurement.
 */
#ifndef SIM_CLI_MEASUREMENTS_H
#define SIM_CLI_MEASUREMENTS_H

#include "sim/cli/native_rounds.h"

/* One scenario on one interpreter: how it was loaded, and its rounds. */
struct measurement {
	const char *path, *profile; /* of the scenario; by name or path */
	struct text_list overrides, variants;
	uint64_t seed;
	enum native_backend backend;
	struct native_python python;
	int cpus;		     /* that gilsim might use then */
	double spin_ns[3];	     /* what an iteration was taken to last: steps were made of so many of them */
	struct native_rounds rounds; /* `scenario` and `python` are not set by reading */
};

struct measurement_list {
	struct measurement *items;
	size_t count, capacity;
};

/* `rounds` of a scenario loaded with these arguments; it is borrowed. */
void measurements_add(struct measurement_list *list, const struct scenario_arguments *arguments, const char *path,
		      const struct native_rounds *rounds, struct region *region);
/* Writes all of them, or nothing; false with errno set. */
bool measurements_write(const struct measurement_list *list, const char *path, struct region *region);
/* False with a reason in `error`: no such file, or no measurements in it. Texts last as long as the region. */
bool measurements_read(struct measurement_list *list, const char *path, struct region *region,
		       struct native_error *error);
/*
 * Makes the rounds those of `scenario`, loaded as the measurement says. False with a reason: it has changed since,
 * or a step would be of another length.
 */
bool measurement_bind(struct measurement *measurement, const struct scenario *scenario, struct native_error *error);

#endif
