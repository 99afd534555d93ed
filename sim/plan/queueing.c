/*
 * queueing.c - see queueing.h.
 */
#include "sim/plan/queueing.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_roots.h>
#include <math.h>

/* The percentile's root is found to this relative width. */
#define ROOT_RATIO 1e-12
#define ROOT_ROUNDS 200

/* By the recursion 1 / B(c) = 1 + c / load / B(c - 1), which neither overflows nor cancels. */
double erlang_b(int servers, double load)
{
	double b = 1;

	for (int i = 1; i <= servers; i++)
		b = load * b / (i + load * b);
	return b;
}

double erlang_c(int servers, double load)
{
	double b = erlang_b(servers, load);

	if (load >= servers)
		return 1;
	return b / (1 - load / servers * (1 - b));
}

static bool is_stable(int servers, double arrivals_per_s, double service_s)
{
	return servers >= 1 && arrivals_per_s > 0 && service_s > 0 && arrivals_per_s * service_s < servers;
}

/* What follows from the mean wait by Little's law. */
static void fill(struct queue_theory *queue, int servers, double arrivals_per_s, double service_s,
		 double wait_probability, double wait_mean_s)
{
	*queue = (struct queue_theory){
		.servers = servers,
		.arrivals_per_s = arrivals_per_s,
		.service_s = service_s,
		.utilisation = arrivals_per_s * service_s / servers,
		.wait_probability = wait_probability,
		.wait_mean_s = wait_mean_s,
		.sojourn_mean_s = wait_mean_s + service_s,
		.in_system_mean = arrivals_per_s * (wait_mean_s + service_s),
	};
}

bool queue_mmc(int servers, double arrivals_per_s, double service_s, struct queue_theory *queue)
{
	double wait;

	if (!is_stable(servers, arrivals_per_s, service_s))
		return false;
	wait = erlang_c(servers, arrivals_per_s * service_s);
	fill(queue, servers, arrivals_per_s, service_s, wait, wait / (servers / service_s - arrivals_per_s));
	return true;
}

bool queue_mg1(double arrivals_per_s, double service_s, double service_variance, struct queue_theory *queue)
{
	double load = arrivals_per_s * service_s;

	if (!is_stable(1, arrivals_per_s, service_s) || !(service_variance >= 0) || !isfinite(service_variance))
		return false;
	fill(queue, 1, arrivals_per_s, service_s, load,
	     arrivals_per_s * (service_variance + service_s * service_s) / (2 * (1 - load)));
	return true;
}

/* The rate at which a queue of those who wait is worked off, less that at which it grows. */
static double drain_per_s(const struct queue_theory *queue)
{
	return queue->servers / queue->service_s - queue->arrivals_per_s;
}

double queue_mmc_wait_percentile(const struct queue_theory *queue, double p)
{
	if (1 - p >= queue->wait_probability)
		return 0;
	return log(queue->wait_probability / (1 - p)) / drain_per_s(queue);
}

/* P(sojourn > t): an exponential service after an exponential wait, or after none. */
static double sojourn_tail(const struct queue_theory *queue, double t)
{
	double mu = 1 / queue->service_s, drain = drain_per_s(queue), wait = queue->wait_probability;

	if (fabs(drain - mu) < 1e-9 * mu)
		return exp(-mu * t) * (1 + wait * mu * t);
	return exp(-mu * t) * (1 - wait) + wait * (drain * exp(-mu * t) - mu * exp(-drain * t)) / (drain - mu);
}

struct tail_root {
	const struct queue_theory *queue;
	double log_tail;
};

/* In logarithms, so that far tails have as good a root as near ones. */
static double tail_excess(double t, void *parameters)
{
	const struct tail_root *root = parameters;

	return log(sojourn_tail(root->queue, t)) - root->log_tail;
}

double queue_mmc_sojourn_percentile(const struct queue_theory *queue, double p)
{
	struct tail_root parameters = { queue, log1p(-p) };
	gsl_function function = { tail_excess, &parameters };
	gsl_root_fsolver *solver;
	double high = queue->service_s, t = 0;

	if (!(p > 0))
		return 0;
	while (tail_excess(high, &parameters) > 0)
		high *= 2;
	solver = gsl_root_fsolver_alloc(gsl_root_fsolver_brent);
	if (!solver)
		return NAN;
	if (gsl_root_fsolver_set(solver, &function, 0, high) == GSL_SUCCESS)
		for (int round = 0; round < ROOT_ROUNDS; round++) {
			if (gsl_root_fsolver_iterate(solver) != GSL_SUCCESS ||
			    gsl_root_test_interval(gsl_root_fsolver_x_lower(solver), gsl_root_fsolver_x_upper(solver),
						   0, ROOT_RATIO) == GSL_SUCCESS)
				break;
		}
	t = gsl_root_fsolver_root(solver);
	gsl_root_fsolver_free(solver);
	return t;
}

/* ---- Closed networks ---- */

/* log(demand^n / (product of min(k, servers) for k up to n)): how likely n customers are at a station, but for a
 * factor that all its states share. */
static void log_weights(double demand, int servers, int customers, double *weights)
{
	weights[0] = 0;
	for (int n = 1; n <= customers; n++)
		weights[n] = weights[n - 1] + log(demand) - log(servers == 0 || n < servers ? n : servers);
}

/* From logarithms to weights of which the largest is 1: what underflows beside it has no part in any sum. */
static void normalise(double *weights, int customers)
{
	double largest = weights[0];

	for (int n = 1; n <= customers; n++)
		largest = fmax(largest, weights[n]);
	for (int n = 0; n <= customers; n++)
		weights[n] = exp(weights[n] - largest);
}

/* The network's normalising constants with one more station, in place. */
static void convolve(double *constants, const double *weights, int customers)
{
	for (int n = customers; n >= 0; n--) {
		double sum = 0;

		for (int k = 0; k <= n; k++)
			sum += weights[k] * constants[n - k];
		constants[n] = sum;
	}
}

bool closed_network(const struct station *stations, size_t station_count, double think_s, int customers,
		    struct region *region, struct closed_theory *theory)
{
	double delay_s = think_s, slowest_s = 0, unit_s, *constants, *weights;

	if (customers < 1 || station_count < 1 || !(think_s >= 0))
		return false;
	for (size_t i = 0; i < station_count; i++) {
		if (!(stations[i].demand_s >= 0) || stations[i].servers < 0)
			return false;
		if (stations[i].servers == 0)
			delay_s += stations[i].demand_s;
		else
			slowest_s = fmax(slowest_s, stations[i].demand_s / stations[i].servers);
	}
	/* In units of the bottleneck's time no weight grows without bounds. */
	unit_s = slowest_s > 0 ? slowest_s : delay_s;
	if (!(unit_s > 0) || !isfinite(delay_s) || !isfinite(slowest_s))
		return false;
	constants = region_alloc_array(region, (size_t)customers + 1, sizeof(*constants));
	weights = region_alloc_array(region, (size_t)customers + 1, sizeof(*weights));
	constants[0] = 1;
	if (delay_s > 0) {
		log_weights(delay_s / unit_s, 0, customers, constants);
		normalise(constants, customers);
	}
	for (size_t i = 0; i < station_count; i++) {
		double demand = stations[i].demand_s / unit_s;

		if (stations[i].servers == 0 || !(demand > 0))
			continue;
		if (stations[i].servers == 1) {
			for (int n = 1; n <= customers; n++)
				constants[n] += demand * constants[n - 1];
			continue;
		}
		log_weights(demand, stations[i].servers, customers, weights);
		normalise(weights, customers);
		convolve(constants, weights, customers);
	}
	theory->throughput_per_s = constants[customers - 1] / constants[customers] / unit_s;
	theory->sojourn_s = customers / theory->throughput_per_s - think_s;
	region_free(region, weights);
	region_free(region, constants);
	return isfinite(theory->throughput_per_s);
}

double amdahl_speedup(double serial, double n)
{
	return 1 / (serial + (1 - serial) / n);
}

double gustafson_speedup(double serial, double n)
{
	return serial + (1 - serial) * n;
}
