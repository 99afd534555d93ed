/*
 * usl.c - see usl.h.
 */
#include "sim/results/usl.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_multifit.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

double usl_throughput(const struct usl *usl, double n)
{
	return usl->lambda * n / (1 + usl->sigma * (n - 1) + usl->kappa * n * (n - 1));
}

/* a, b and c below, and the covariances of their estimates. */
struct terms {
	double value[3], covariance[3][3];
	bool used[3];
};

/*
 * n / X = a + b (n - 1) + c n (n - 1) with a = 1/lambda, b = sigma/lambda, c = kappa/lambda, by the terms asked
 * for. Each equation is divided by its left side, so that what is minimised is relative.
 */
static bool solve(const double *n, const double *throughput, size_t count, struct terms *out)
{
	size_t columns[3], term_count = 0;
	gsl_matrix *matrix, *covariance;
	gsl_vector *ones, *solution;
	gsl_multifit_linear_workspace *workspace;
	double chi_squared;
	bool solved;

	for (size_t term = 0; term < 3; term++)
		columns[term] = out->used[term] ? term_count++ : SIZE_MAX;
	matrix = gsl_matrix_alloc(count, term_count);
	covariance = gsl_matrix_alloc(term_count, term_count);
	ones = gsl_vector_alloc(count);
	solution = gsl_vector_alloc(term_count);
	workspace = gsl_multifit_linear_alloc(count, term_count);
	for (size_t i = 0; i < count; i++) {
		const double values[3] = { 1, n[i] - 1, n[i] * (n[i] - 1) };

		for (size_t term = 0; term < 3; term++)
			if (out->used[term])
				gsl_matrix_set(matrix, i, columns[term], values[term] * throughput[i] / n[i]);
		gsl_vector_set(ones, i, 1);
	}
	solved = gsl_multifit_linear(matrix, ones, solution, covariance, &chi_squared, workspace) == 0;
	for (size_t i = 0; i < 3; i++) {
		out->value[i] = out->used[i] ? gsl_vector_get(solution, columns[i]) : 0;
		for (size_t j = 0; j < 3; j++)
			out->covariance[i][j] = out->used[i] && out->used[j] ?
							gsl_matrix_get(covariance, columns[i], columns[j]) :
							0;
	}
	gsl_multifit_linear_free(workspace);
	gsl_vector_free(solution);
	gsl_vector_free(ones);
	gsl_matrix_free(covariance);
	gsl_matrix_free(matrix);
	return solved;
}

/* The 95 % half width of the quotient of a term and the first, by the delta method. */
static double half_width(const struct terms *terms, size_t term, size_t count)
{
	size_t used = (size_t)terms->used[0] + terms->used[1] + terms->used[2];
	double ratio = terms->value[term] / terms->value[0];
	double variance = terms->covariance[term][term] + ratio * ratio * terms->covariance[0][0] -
			  2 * ratio * terms->covariance[0][term];

	if (!terms->used[term] || count <= used)
		return NAN;
	return gsl_cdf_tdist_Pinv(0.975, (double)(count - used)) * sqrt(fmax(0, variance)) / terms->value[0];
}

static size_t count_different(const double *n, size_t count)
{
	size_t different = 0;

	for (size_t i = 0; i < count; i++) {
		bool seen = false;

		for (size_t j = 0; j < i; j++)
			seen |= n[j] == n[i];
		different += !seen;
	}
	return different;
}

static double explained(const struct usl *usl, const double *n, const double *throughput, size_t count)
{
	double mean = 0, total = 0, rest = 0;

	for (size_t i = 0; i < count; i++)
		mean += throughput[i] / (double)count;
	for (size_t i = 0; i < count; i++) {
		double miss = throughput[i] - usl_throughput(usl, n[i]);

		total += (throughput[i] - mean) * (throughput[i] - mean);
		rest += miss * miss;
	}
	return total > 0 ? 1 - rest / total : 1;
}

bool usl_fit(const double *n, const double *throughput, size_t count, struct usl *usl)
{
	/* A parameter that comes out below 0 has no meaning: the fit is made without it. */
	static const bool trials[][3] = {
		{ true, true, true }, { true, true, false }, { true, false, true }, { true, false, false }
	};
	struct terms terms;
	bool found = false;

	for (size_t i = 0; i < count; i++)
		if (!(n[i] >= 1) || !(throughput[i] > 0) || !isfinite(n[i]) || !isfinite(throughput[i]))
			return false;
	if (count_different(n, count) < 3)
		return false;
	for (size_t trial = 0; trial < sizeof(trials) / sizeof(trials[0]) && !found; trial++) {
		memcpy(terms.used, trials[trial], sizeof(terms.used));
		found = solve(n, throughput, count, &terms) && terms.value[0] > 0 && terms.value[1] >= 0 &&
			terms.value[2] >= 0;
	}
	if (!found)
		return false;
	usl->lambda = 1 / terms.value[0];
	usl->sigma = terms.value[1] / terms.value[0];
	usl->kappa = terms.value[2] / terms.value[0];
	usl->sigma_half = half_width(&terms, 1, count);
	usl->kappa_half = half_width(&terms, 2, count);
	usl->peak_n = usl->kappa > 0 && usl->sigma < 1 ? sqrt((1 - usl->sigma) / usl->kappa) : INFINITY;
	usl->peak_throughput = isfinite(usl->peak_n) ? usl_throughput(usl, usl->peak_n) : (double)INFINITY;
	usl->r_squared = explained(usl, n, throughput, count);
	return true;
}
