/*
 * calibrate.h - what the two calibrations share: putting a measured value into a profile.
 *
 * A value is the median over batches; its spread is half the distance between the 10 % and the 90 %
 * quantile of the batches, relative to the median.
 */
#ifndef SIM_NATIVE_CALIBRATE_H
#define SIM_NATIVE_CALIBRATE_H

#include <stddef.h>

#include "sim/base/region.h"
#include "sim/native/native.h"
#include "sim/profile/profile.h"

/* Into how many batches single events are grouped. */
#define CALIBRATE_BATCHES 25

struct calibration {
	struct profile_value *values; /* where to, indexed by enum cost */
	struct region *region;
	char date[16];
	int here, there; /* two CPUs, not siblings where there is a choice; `there` is -1 if only one is allowed */
	native_progress_fn *progress; /* may be NULL */
	void *context;
	struct native_error *error;
};

/* One value a batch. Negative medians become 0: costs are found by subtraction. The batches get sorted. */
void calibration_put_batches(struct calibration *calibration, enum cost cost, double *batches, size_t count,
			     const char *remark);
/* Single events in the order in which they were measured: each batch is a median of neighbours. */
void calibration_put_events(struct calibration *calibration, enum cost cost, const double *events, size_t count,
			    const char *remark);
/* Read from the system; `source` says where. */
void calibration_put_system(struct calibration *calibration, enum cost cost, double value, const char *source);
/* Not measurable here; `reason` says why. */
void calibration_put_assumed(struct calibration *calibration, enum cost cost, double value, const char *reason);
/* What has been put so far. */
double calibration_value(const struct calibration *calibration, enum cost cost);

/* Type 7; both sort. */
double calibrate_quantile(double *values, size_t count, double fraction);
double calibrate_median(double *values, size_t count);

/* calibrate_machine.c: measures all MACHINE rows. */
bool calibrate_machine(struct calibration *calibration);

#endif
