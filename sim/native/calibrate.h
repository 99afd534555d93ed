/*
 * calibrate.h - what the two calibrations share: putting a measured value into a profile.
 *
 * Everything is measured in NATIVE_CALIBRATION_PASSES passes, spread over the whole calibration, and each by a fresh
 * process: neighbours of a virtual machine slow a core for seconds, and where a process's memory happens to lie decides
 * some costs. Many short passes say more than few long ones, because passes differ by more than the batches of one do. A
 * value is the median over the batches of all passes. Its spread says how well that median is known, relative to it: half
 * the range of the passes' own medians, or half of a median's 95 % interval by the quartiles of the batches (McGill, Tukey
 * and Larsen, 1978), whichever is more. One pass in five may be a neighbour's: neighbours make a core slower, never faster,
 * so the slowest does not count. Two calibrations that nothing but chance tells apart then have 6 values in 100 whose
 * spreads do not meet (medians of 5 normal draws each; PROFILE_CHANCE_RATIO).
 */
#ifndef SIM_NATIVE_CALIBRATE_H
#define SIM_NATIVE_CALIBRATE_H

#include <stddef.h>

#include "sim/base/region.h"
#include "sim/native/native.h"
#include "sim/profile/profile.h"

/* Into how many batches single events are grouped, in each pass. */
#define CALIBRATE_BATCHES 6

/* What all passes so far have given of one cost. */
struct native_samples {
	double *batches;
	size_t count, capacity;
	int measured_count; /* for the user: events, not batches, where it was events */
	double pass_medians[NATIVE_CALIBRATION_PASSES];
	int pass_count;
};

struct calibration {
	struct profile_value *values;	/* where to, indexed by enum cost */
	struct native_samples *samples; /* likewise */
	struct region *region;
	char date[16];
	int here, there; /* two CPUs, not siblings where there is a choice; `there` is -1 if only one is allowed */
	native_progress_fn *progress; /* may be NULL */
	void *context;
	struct native_error *error;
};

/* One value a batch. Negative medians become 0: costs are found by subtraction. The batches get sorted. Once a pass. */
void calibration_put_batches(struct calibration *calibration, enum cost cost, double *batches, size_t count,
			     const char *remark);
/* Single events in the order in which they were measured: each batch is a median of neighbours. */
void calibration_put_events(struct calibration *calibration, enum cost cost, const double *events, size_t count,
			    const char *remark);
/* Read from the system; `source` says where. */
void calibration_put_system(struct calibration *calibration, enum cost cost, double value, const char *source);
/* Not measurable here; `reason` says why. What an earlier pass has measured stays. */
void calibration_put_assumed(struct calibration *calibration, enum cost cost, double value, const char *reason);
/* What has been put so far. */
double calibration_value(const struct calibration *calibration, enum cost cost);

/* Type 7; both sort. */
double calibrate_quantile(double *values, size_t count, double fraction);
double calibrate_median(double *values, size_t count);

/* calibrate_machine.c: measures all MACHINE rows. */
bool calibrate_machine(struct calibration *calibration);

#endif
