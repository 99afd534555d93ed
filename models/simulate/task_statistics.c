/*
 * task_statistics.c - see task_statistics.h.
 *
 * Source      MSER-5: White, Cobb, Spratt, "A comparison of five steady-state truncation heuristics for simulation"
 *             (2000): of the means of five tasks each, so many are left out that the standard error of the others'
 *             mean is least; more than half of them are never left out.
 *
 * Overload    An open load has more work than is done when its backlog does not come from chance and the wait
 *             grows. By chance alone, with as much work as can just be done, the backlog after n arrivals is about
 *             sqrt(2n) times a normal variate (arrivals and services independent and exponential), so beyond
 *             OVERLOAD_DEVIATIONS of it chance is ruled out. Many tasks in flight may also simply take long: then
 *             those released late take no longer than those released earlier: in a queue the last quarter than the
 *             second, in a loop or under a GIL, where all share what there is and early ones wait for late ones,
 *             too, than the very first.
 */
#include "models/simulate/task_statistics.h"

#include <inttypes.h>
#include <math.h>

#include "models/simulate/background.h"
#include "models/simulate/task_program.h"

#define MSER_BATCH 5
#define OVERLOAD_DEVIATIONS 3.3 /* exceeded by chance once in 2,000 */
#define OVERLOAD_GROWTH 1.25	/* the mean sojourn of the last quarter over that of earlier ones */
#define OVERLOAD_LEAST_ARRIVALS 100
/* From here on the first sixteenth is so many that its mean does not lie that far off by chance. */
#define OVERLOAD_LEAST_ARRIVALS_OF_FIRST 6400

_Static_assert(sizeof(((struct task_statistics *)0)->left_out_ns) / sizeof(sim_ns) >= ACTIVITY_LIMIT,
	       "there is a place for every activity");

/* ---- Keeping ---- */

void task_statistics_init(struct simulation *simulation)
{
	struct task_statistics *statistics = &simulation->statistics;
	const struct workload *workload = simulation->workload;

	sample_set_init(&statistics->sojourns, simulation->region);
	statistics->arrivals_over_ns = -1;
	if (workload->run.mix_count == 0)
		return;
	statistics->classes =
		region_alloc_array(simulation->region, workload->task_count, sizeof(*statistics->classes));
	for (uint32_t i = 0; i < workload->task_count; i++)
		sample_set_init(&statistics->classes[i].sojourns, simulation->region);
}

/* The time of cores that the program has used. */
static sim_ns program_busy_ns(const struct simulation *simulation)
{
	return machine_busy_ns(simulation->machine) - (simulation->background ? background_busy_ns(simulation) : 0);
}

static void begin_measuring(struct simulation *simulation)
{
	sim_ns now_ns = engine_now(simulation->engine);

	simulation->statistics.is_measuring = true;
	simulation->statistics.from_ns = now_ns;
	simulation->busy_at_start_ns = program_busy_ns(simulation);
	level_init(&simulation->in_flight, now_ns, simulation->in_flight.value);
}

void task_statistics_start(struct simulation *simulation)
{
	begin_measuring(simulation);
	simulation->statistics.is_measuring = simulation->workload->run.warm_up_ns <= 0;
}

static struct class_statistics *class_of(const struct task_instance *instance)
{
	struct class_statistics *classes = task_simulation(instance)->statistics.classes;

	return classes ? &classes[task_index(instance)] : NULL;
}

struct task_release task_statistics_release(struct simulation *simulation, uint32_t task)
{
	struct task_statistics *statistics = &simulation->statistics;
	const sim_ns now_ns = engine_now(simulation->engine);

	/* The figures begin with the first task that counts in them. */
	if (!statistics->is_measuring && now_ns - simulation->start_ns >= simulation->workload->run.warm_up_ns)
		begin_measuring(simulation);
	statistics->left_out += !statistics->is_measuring;
	if (statistics->classes)
		statistics->classes[task].released++;
	level_add(&simulation->in_flight, now_ns, 1);
	simulation->released++;
	return (struct task_release){
		.at_ns = (uint64_t)now_ns & (uint64_t)INT64_MAX,
		.is_measured = statistics->is_measuring,
	};
}

void task_statistics_begun(struct task_instance *instance)
{
	struct task_statistics *statistics = &task_simulation(instance)->statistics;
	sim_ns waited_ns = engine_now(task_simulation(instance)->engine) - instance->release_ns;

	statistics->begun += instance->is_measured;
	statistics->waited += instance->is_measured && waited_ns > 0;
	task_statistics_time_in(instance)[instance->in_coroutine ? ACTIVITY_LOOP_WAIT : ACTIVITY_QUEUE_WAIT] +=
		waited_ns;
}

sim_ns *task_statistics_time_in(const struct task_instance *instance)
{
	return instance->is_measured ? task_simulation(instance)->time_in_ns
				     : task_simulation(instance)->statistics.left_out_ns;
}

/* `released_ns`: after the start. */
static void growth_add(struct growth *growth, sim_ns released_ns, sim_ns sojourn_ns)
{
	while (released_ns >> growth->shift >= GROWTH_BLOCKS) {
		for (size_t i = 0; i < GROWTH_BLOCKS; i++) {
			bool is_half = i < GROWTH_BLOCKS / 2;

			growth->sum_ns[i] = is_half ? growth->sum_ns[2 * i] + growth->sum_ns[2 * i + 1] : 0;
			growth->count[i] = is_half ? growth->count[2 * i] + growth->count[2 * i + 1] : 0;
		}
		growth->shift++;
	}
	growth->sum_ns[released_ns >> growth->shift] += sojourn_ns;
	growth->count[released_ns >> growth->shift]++;
}

void task_statistics_ended(struct task_instance *instance, bool completed)
{
	struct simulation *simulation = task_simulation(instance);
	struct task_statistics *statistics = &simulation->statistics;
	struct class_statistics *of_class = class_of(instance);
	sim_ns now_ns = engine_now(simulation->engine);
	sim_ns sojourn_ns = now_ns - instance->release_ns;

	level_add(&simulation->in_flight, now_ns, -1);
	growth_add(&statistics->growth, instance->release_ns - simulation->start_ns, sojourn_ns);
	if (of_class) {
		of_class->completed += completed;
		of_class->not_completed += !completed;
	}
	/* What is done in the time that is measured is throughput, whenever it was asked for. */
	statistics->completed += statistics->is_measuring && completed;
	if (!instance->is_measured)
		return;
	sample_set_add(&statistics->sojourns, sojourn_ns);
	if (of_class)
		sample_set_add(&of_class->sojourns, sojourn_ns);
}

void task_statistics_turned_away(struct task_instance *instance)
{
	level_add(&task_simulation(instance)->in_flight, engine_now(task_simulation(instance)->engine), -1);
	if (class_of(instance))
		class_of(instance)->not_completed++;
}

void task_statistics_arrivals_over(struct simulation *simulation)
{
	struct task_statistics *statistics = &simulation->statistics;

	statistics->arrivals_over_ns = engine_now(simulation->engine);
	statistics->arrived = simulation->released;
	statistics->backlog = simulation->in_flight.value;
}

/* ---- Reading ---- */

static struct summary summary_of(struct sample_set *sojourns)
{
	struct summary summary = { NAN, NAN, NAN, NAN, NAN, NAN };

	if (sojourns->count == 0)
		return summary;
	summary.mean = sample_set_mean(sojourns) / 1e9;
	summary.p50 = sample_set_percentile(sojourns, 0.5) / 1e9;
	summary.p90 = sample_set_percentile(sojourns, 0.9) / 1e9;
	summary.p95 = sample_set_percentile(sojourns, 0.95) / 1e9;
	summary.p99 = sample_set_percentile(sojourns, 0.99) / 1e9;
	summary.max = sim_time_seconds(sojourns->max);
	return summary;
}

static double mean_of_blocks(const struct growth *growth, sim_ns first_ns, sim_ns end_ns)
{
	__int128 sum_ns = 0;
	uint64_t count = 0;

	for (sim_ns i = first_ns >> growth->shift; i < end_ns >> growth->shift; i++) {
		sum_ns += growth->sum_ns[i];
		count += growth->count[i];
	}
	return count > 0 ? (double)sum_ns / (double)count : 0;
}

static bool is_overloaded(const struct simulation *simulation)
{
	const struct run *run = &simulation->workload->run;
	const struct task_statistics *statistics = &simulation->statistics;
	const uint64_t arrived = statistics->arrived;
	const sim_ns span_ns = statistics->arrivals_over_ns - simulation->start_ns;
	double earlier_ns;

	/* A load that changes by intention has no state that it could tend to. */
	if (run->kind != RUN_ARRIVALS || run->rate_count > 0 || run->log || arrived < OVERLOAD_LEAST_ARRIVALS)
		return false;
	earlier_ns = mean_of_blocks(&statistics->growth, span_ns / 4, span_ns / 2);
	if (arrived >= OVERLOAD_LEAST_ARRIVALS_OF_FIRST)
		earlier_ns = fmin(earlier_ns, mean_of_blocks(&statistics->growth, 0, span_ns / 16));
	return (double)statistics->backlog > OVERLOAD_DEVIATIONS * sqrt(2 * (double)arrived) &&
	       mean_of_blocks(&statistics->growth, span_ns / 4 * 3, span_ns) > OVERLOAD_GROWTH * earlier_ns;
}

static void add_note(struct variant_result *result, struct region *region, const char *text)
{
	result->note = result->note ? region_format(region, "%s; %s", result->note, text) : text;
}

static void read_overload(const struct simulation *simulation, struct region *region, struct variant_result *result)
{
	const struct task_statistics *statistics = &simulation->statistics;
	double span_s = sim_time_seconds(statistics->arrivals_over_ns - simulation->start_ns);

	result->overloaded = true;
	result->backlog_growth_per_s = (double)statistics->backlog / span_s;
	result->sojourn = (struct summary){ NAN, NAN, NAN, NAN, NAN, NAN };
	add_note(result, region,
		 region_format(region,
			       "overloaded: %.6g/s arrive, and the backlog grows by %.6g/s; how long a task takes depends "
			       "only on how long this goes on",
			       (double)statistics->arrived / span_s, result->backlog_growth_per_s));
}

/* How many of the values, which are in order of time, MSER-5 leaves out; SIZE_MAX when no part of them is steady. */
static size_t mser_truncation(const struct sample_set *set)
{
	size_t batches = set->count / MSER_BATCH, best = 0;
	double sum = 0, sum_of_squares = 0, least = INFINITY;
	double shift = sample_set_mean(set); /* squares of differences from it lose no digits */

	for (size_t i = batches; i-- > 0;) {
		double mean = 0, left;

		for (size_t k = 0; k < MSER_BATCH; k++)
			mean += (double)set->values[i * MSER_BATCH + k] - shift;
		mean /= MSER_BATCH;
		sum += mean;
		sum_of_squares += mean * mean;
		left = (double)(batches - i);
		/* Of the last few batches the error is small by chance. */
		if (i <= batches / 2 && (sum_of_squares - sum * sum / left) / (left * left) <= least) {
			least = (sum_of_squares - sum * sum / left) / (left * left);
			best = i;
		}
	}
	return batches < 2 * MSER_BATCH || best == batches / 2 ? SIZE_MAX : best * MSER_BATCH;
}

static void leave_out_by_mser(struct simulation *simulation, struct region *region, struct variant_result *result)
{
	struct sample_set *sojourns = &simulation->statistics.sojourns;
	struct sample_set steady;
	size_t left_out = sample_set_is_exact(sojourns) ? mser_truncation(sojourns) : SIZE_MAX;

	if (left_out == SIZE_MAX || left_out == 0) {
		add_note(result, region,
			 left_out == 0 ? "warm-up: MSER-5 finds none" :
					 "warm-up: MSER-5 finds no end of it, so that nothing is left out");
		return;
	}
	sample_set_init(&steady, simulation->region);
	for (size_t i = left_out; i < sojourns->count; i++)
		sample_set_add(&steady, sojourns->values[i]);
	*sojourns = steady;
	add_note(result, region,
		 region_format(region, "warm-up: the first %zu tasks to end are in no sojourn (MSER-5)", left_out));
}

static void read_classes(struct simulation *simulation, struct region *region, struct variant_result *result)
{
	const struct run *run = &simulation->workload->run;

	result->class_count = run->mix_count;
	result->classes = region_alloc_array(region, run->mix_count, sizeof(*result->classes));
	for (uint32_t i = 0; i < run->mix_count; i++) {
		struct class_statistics *of_class = &simulation->statistics.classes[run->mix[i].task];

		result->classes[i] = (struct class_result){
			.name = simulation->workload->tasks[run->mix[i].task].name,
			.released = (double)of_class->released,
			.completed = (double)of_class->completed,
			.not_completed = (double)of_class->not_completed,
			.sojourn = summary_of(&of_class->sojourns),
		};
		if (result->overloaded)
			result->classes[i].sojourn = result->sojourn;
	}
}

void task_statistics_read(struct simulation *simulation, struct region *region, struct variant_result *result)
{
	struct task_statistics *statistics = &simulation->statistics;
	const struct run *run = &simulation->workload->run;
	sim_ns measured_ns = simulation->end_ns - statistics->from_ns;

	if (statistics->arrivals_over_ns < 0) /* the run was cut short */
		task_statistics_arrivals_over(simulation);
	if (measured_ns > 0 && statistics->is_measuring) {
		result->throughput_per_s = (double)statistics->completed / sim_time_seconds(measured_ns);
		result->utilisation_cores =
			(double)(program_busy_ns(simulation) - simulation->busy_at_start_ns) /
			((double)measured_ns * simulation->machine->core_count);
		result->in_flight_mean = level_mean(&simulation->in_flight, simulation->end_ns);
	}
	result->in_flight_max = (double)simulation->in_flight.max;
	if (statistics->begun > 0)
		result->waited_fraction = (double)statistics->waited / (double)statistics->begun;
	if (run->warm_up_ns == WARM_UP_MSER)
		leave_out_by_mser(simulation, region, result);
	else if (run->warm_up_ns > 0)
		add_note(result, region,
			 region_format(region, "warm-up: the first %" PRIu64 " tasks are in no figure of time%s",
				       statistics->left_out, statistics->is_measuring ? "" : ", and there are no others"));
	result->percentiles_exact = sample_set_is_exact(&statistics->sojourns);
	result->sojourn = summary_of(&statistics->sojourns);
	result->backlog_growth_per_s = run->kind == RUN_ARRIVALS ? 0 : NAN;
	if (is_overloaded(simulation))
		read_overload(simulation, region, result);
	if (statistics->classes)
		read_classes(simulation, region, result);
}
