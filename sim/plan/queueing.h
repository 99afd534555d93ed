/*
 * queueing.h - what theory says in closed form of queues and of speed-ups: the cross-checks of simulations.
 *
 * Sources     L. Kleinrock, "Queueing Systems", vol. 1, 1975: M/M/1, M/M/c, M/G/1 (Pollaczek and Khinchine). J. P.
 *             Buzen, "Computational Algorithms for Closed Queueing Networks", CACM 16 (1973). G. M. Amdahl, AFIPS
 *             1967; J. L. Gustafson, CACM 31 (1988).
 *
 * All times are seconds, all rates per second. Queues are first come, first served and without a bound.
 */
#ifndef SIM_PLAN_QUEUEING_H
#define SIM_PLAN_QUEUEING_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/base/region.h"

/* The share of customers that an M/M/c/c loss system turns away (Erlang B); `load` is arrivals x service time, >= 0. */
double erlang_b(int servers, double load);
/* The probability of waiting in M/M/c (Erlang C); 1 where load >= servers. */
double erlang_c(int servers, double load);

/* An open queue in its steady state. */
struct queue_theory {
	int servers;
	double arrivals_per_s, service_s; /* mean of the service time */
	double utilisation;		  /* of a server */
	double wait_probability;	  /* of having to wait at all */
	double wait_mean_s, sojourn_mean_s;
	double in_system_mean; /* waiting or served */
};

/* M/M/c. False when it has no steady state (arrivals x service >= servers) or an argument makes no sense. */
bool queue_mmc(int servers, double arrivals_per_s, double service_s, struct queue_theory *queue);
/* M/G/1 with this variance of the service time, in s². False as for queue_mmc(). */
bool queue_mg1(double arrivals_per_s, double service_s, double service_variance, struct queue_theory *queue);
/* Of an M/M/c queue: the time that a share `p` of all customers wait, or stay, no longer than. 0 <= p < 1. */
double queue_mmc_wait_percentile(const struct queue_theory *queue, double p);
double queue_mmc_sojourn_percentile(const struct queue_theory *queue, double p);

/* A station of a closed network, visited once a cycle. */
struct station {
	double demand_s; /* mean service time of a cycle */
	int servers;	 /* 0: any number, nobody waits there (a delay) */
};

struct closed_theory {
	double throughput_per_s; /* cycles */
	double sojourn_s;	 /* of a cycle without the think time */
};

/*
 * `customers` of one class that think for `think_s` on average and then visit each station, exactly: what mean value
 * analysis gives, computed by convolution, because the marginal probabilities that MVA needs for several servers
 * cancel. Stations are processor sharing, or first come, first served with exponential service. False for no
 * customers, no station, a negative time, or a cycle that takes none. `region` lends working memory.
 */
bool closed_network(const struct station *stations, size_t station_count, double think_s, int customers,
		    struct region *region, struct closed_theory *theory);

/* How much faster `n` workers are when a share `serial` of the work, 0 to 1, can only be done one after the other. */
double amdahl_speedup(double serial, double n);
/* How much more work `n` workers do in the time of one when the serial share of that time stays what it is. */
double gustafson_speedup(double serial, double n);

#endif
