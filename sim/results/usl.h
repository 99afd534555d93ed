/*
 * usl.h - the Universal Scalability Law fitted to measured throughputs.
 *
 *   X(n) = lambda n / (1 + sigma (n - 1) + kappa n (n - 1))
 *
 * Source      N. J. Gunther, "Guerrilla Capacity Planning", 2007: sigma is contention, kappa coherency.
 */
#ifndef SIM_RESULTS_USL_H
#define SIM_RESULTS_USL_H

#include <stdbool.h>
#include <stddef.h>

struct usl {
	double lambda, sigma, kappa;
	/* Half widths of the 95 % intervals of sigma and kappa; NaN where there are no more points than parameters,
	 * or where the parameter would be below 0 and is 0 therefore. */
	double sigma_half, kappa_half;
	double peak_n, peak_throughput; /* infinite when kappa is 0 */
	double r_squared;		/* of the throughputs */
};

/*
 * Least squares of the relative errors of n / X, which is linear in the parameters; none is below 0. False: fewer
 * than three different n, or throughputs that are not above 0.
 */
bool usl_fit(const double *n, const double *throughput, size_t count, struct usl *usl);
double usl_throughput(const struct usl *usl, double n);

#endif
