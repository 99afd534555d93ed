/*
 * workload_arrivals.c - when the requests of an open load come, and of which task each is: a pure function of the
 * workload and the seed, the same for the simulator and for native runs. Nothing is stored but where it is.
 *
 * A rate that changes over time is met by inversion: the time between two bursts is drawn on a clock that runs a second
 * while one arrival is due, and found on the real clock by the area below the rate, which is straight between points.
 * So the same draws serve every rate, and with independent exponential times the arrivals are a Poisson process of
 * exactly that rate.
 */
#include <math.h>

#include "sim/scenario/workload.h"

uint32_t workload_run_task(const struct workload *workload, uint64_t replication, uint64_t index)
{
	const struct run *run = &workload->run;
	struct variate variate;
	uint32_t share = 0;
	double u;

	if (run->mix_count == 0)
		return run->task;
	variate = variate_open(workload->seed, replication, random_hash_name("mix"), 0, index);
	u = variate_uniform(&variate);
	while (share + 1 < run->mix_count && u >= run->mix[share].cumulative)
		share++;
	return run->mix[share].task;
}

void arrival_source_init(struct arrival_source *source, const struct workload *workload, uint64_t replication)
{
	*source = (struct arrival_source){
		.workload = workload,
		.replication = replication,
		.stream = random_stream_open(workload->seed, replication, random_hash_name("arrivals")),
	};
}

/* ---- The rate over time ---- */

/* The piece of the curve that begins with the point last passed. */
struct piece {
	sim_ns start_ns, end_ns;     /* in this cycle; SIM_NS_MAX: it has no end */
	double start_per_s, end_per_s;
};

static struct piece piece_of(const struct run *run, uint32_t point)
{
	struct piece piece = { .start_ns = run->rates[point].at_ns, .start_per_s = run->rates[point].per_s };

	if (point + 1 < run->rate_count) {
		piece.end_ns = run->rates[point + 1].at_ns;
		piece.end_per_s = run->rates[point + 1].per_s;
	} else {
		piece.end_ns = run->rates_every_ns > 0 ? run->rates_every_ns : SIM_NS_MAX;
		piece.end_per_s = piece.start_per_s;
	}
	return piece;
}

/* After how many ns the area below a rate that starts at `per_s` and grows by `slope` a ns is `due`: in a form that is good
 * for a slope of 0, too. The clocks' seconds are ns on both sides. */
static double time_for_area(double per_s, double slope, double due)
{
	return 2 * due / (per_s + sqrt(fmax(0, per_s * per_s + 2 * slope * due)));
}

/* The time after `from_ns` at which `due` ns have passed on the arrivals' clock; false: never. */
static bool pass_on_curve(struct arrival_source *source, double due)
{
	const struct run *run = &source->workload->run;

	for (;;) {
		struct piece piece = piece_of(run, source->rate);
		sim_ns now_ns = source->at_ns - source->cycle_ns;
		bool is_endless = piece.end_ns == SIM_NS_MAX;
		double slope = is_endless ? 0
					  : (piece.end_per_s - piece.start_per_s) /
						    (double)(piece.end_ns - piece.start_ns);
		double per_s = piece.start_per_s + slope * (double)(now_ns - piece.start_ns);
		double area = is_endless ? (per_s > 0 ? INFINITY : 0)
					 : (per_s + piece.end_per_s) / 2 * (double)(piece.end_ns - now_ns);

		if (due < area) {
			sim_ns step_ns = sim_time_round(time_for_area(per_s, slope, due));

			/* Rounding must not pass the piece's end. */
			if (!is_endless && step_ns > piece.end_ns - now_ns)
				step_ns = piece.end_ns - now_ns;
			source->at_ns = sim_time_add(source->at_ns, step_ns);
			return true;
		}
		if (is_endless)
			return false;
		due -= area;
		source->at_ns = source->cycle_ns + piece.end_ns;
		if (++source->rate == run->rate_count) {
			source->rate = 0;
			source->cycle_ns = source->at_ns;
		}
	}
}

/* ---- The next one ---- */

static bool pass_to_next_burst(struct arrival_source *source)
{
	const struct run *run = &source->workload->run;
	uint64_t burst = source->index / (uint64_t)(run->burst > 0 ? run->burst : 1);
	struct variate variate = random_stream_variate(source->stream, 0, burst);
	sim_ns spacing_ns = distribution_draw_ns(&run->spacing, &variate);

	if (run->rate_count > 0)
		return pass_on_curve(source, (double)spacing_ns);
	source->at_ns = sim_time_add(source->at_ns, spacing_ns);
	return true;
}

bool arrival_source_next(struct arrival_source *source, uint32_t *task)
{
	const struct run *run = &source->workload->run;

	if (run->count > 0 && source->index == (uint64_t)run->count)
		return false;
	if (run->log) {
		if (source->index == run->log_count)
			return false;
		source->at_ns = run->log[source->index].at_ns;
		*task = run->log[source->index].task;
	} else {
		if ((run->burst <= 1 || source->index % (uint64_t)run->burst == 0) && !pass_to_next_burst(source))
			return false;
		*task = workload_run_task(source->workload, source->replication, source->index);
	}
	if (run->arrivals_for_ns > 0 && source->at_ns >= run->arrivals_for_ns)
		return false;
	source->index++;
	return true;
}
