/*
 * theory_helper.h - what queueing theory says exactly (with sim/plan/queueing.h), and whether an estimate agrees with it.
 */
#ifndef TESTS_MODEL_THEORY_HELPER_H
#define TESTS_MODEL_THEORY_HELPER_H

#include <stddef.h>

#include "sim/plan/queueing.h"

/* Of a figure's mean over replications. */
struct estimate {
	double sum, sum_of_squares;
	size_t count;
};

void estimate_add(struct estimate *estimate, double value);
double estimate_mean(const struct estimate *estimate);
/* Half the width of the interval of that confidence (0.999), by Student's t. */
double estimate_half_width(const struct estimate *estimate, double confidence);
/* Fails the test unless `exact` is in the interval of 99.9 % confidence. */
void expect_covers(const struct estimate *estimate, double exact, const char *what);
/* Nor may the interval be wider than a fifth of it: for what is not rare. */
void expect_within(const struct estimate *estimate, double exact, const char *what);

/* The p-quantile of the sojourn in M/M/c with service rate mu, first come, first served. */
double sojourn_percentile(int servers, double arrival, double mu, double p);

#endif
