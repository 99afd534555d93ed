/*
 * usl.c - see usl.h.
 */
#include "sim/report/usl.h"

#include <gsl/gsl_multifit.h>
#include <math.h>

double usl_throughput(const struct usl *usl, double n)
{
	return usl->lambda * n / (1 + usl->sigma * (n - 1) + usl->kappa * n * (n - 1));
}

/*
 * n / X = a + b (n - 1) + c n (n - 1) with a = 1/lambda, b = sigma/lambda, c = kappa/lambda, by the terms asked
 * for. Each equation is divided by its left side, so that what is minimised is relative.
 */
static bool solve(const double *n, const double *throughput, size_t count, const bool used[3], double out[3])
{
	size_t terms = (size_t)used[0] + used[1] + used[2];
	gsl_matrix *matrix = gsl_matrix_alloc(count, terms);
	gsl_matrix *covariance = gsl_matrix_alloc(terms, terms);
	gsl_vector *ones = gsl_vector_alloc(count), *solution = gsl_vector_alloc(terms);
	gsl_multifit_linear_workspace *workspace = gsl_multifit_linear_alloc(count, terms);
	double chi_squared;
	bool solved;
	size_t column = 0;

	for (size_t i = 0; i < count; i++) {
		const double values[3] = { 1, n[i] - 1, n[i] * (n[i] - 1) };

		column = 0;
		for (size_t term = 0; term < 3; term++)
			if (used[term])
				gsl_matrix_set(matrix, i, column++, values[term] * throughput[i] / n[i]);
		gsl_vector_set(ones, i, 1);
	}
	solved = gsl_multifit_linear(matrix, ones, solution, covariance, &chi_squared, workspace) == 0;
	column = 0;
	for (size_t term = 0; term < 3; term++)
		out[term] = used[term] ? gsl_vector_get(solution, column++) : 0;
	gsl_multifit_linear_free(workspace);
	gsl_vector_free(solution);
	gsl_vector_free(ones);
	gsl_matrix_free(covariance);
	gsl_matrix_free(matrix);
	return solved;
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
	double terms[3];
	bool found = false;

	for (size_t i = 0; i < count; i++)
		if (!(n[i] >= 1) || !(throughput[i] > 0) || !isfinite(n[i]) || !isfinite(throughput[i]))
			return false;
	if (count_different(n, count) < 3)
		return false;
	for (size_t trial = 0; trial < sizeof(trials) / sizeof(trials[0]) && !found; trial++)
		found = solve(n, throughput, count, trials[trial], terms) && terms[0] > 0 && terms[1] >= 0 &&
			terms[2] >= 0;
	if (!found)
		return false;
	usl->lambda = 1 / terms[0];
	usl->sigma = terms[1] / terms[0];
	usl->kappa = terms[2] / terms[0];
	usl->peak_n = usl->kappa > 0 && usl->sigma < 1 ? sqrt((1 - usl->sigma) / usl->kappa) : INFINITY;
	usl->peak_throughput = isfinite(usl->peak_n) ? usl_throughput(usl, usl->peak_n) : (double)INFINITY;
	usl->r_squared = explained(usl, n, throughput, count);
	return true;
}
