/*
 * results.c - what a run measured: figures by name, means over replications, speed-ups.
 */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/base/units.h"
#include "sim/results/figures.h"
#include "sim/results/results_stats.h"

/* Who gives up work is not the fastest for that; shares of it that differ by less are chance. */
#define LOST_ALIKE 0.01

const char *const time_part_names[TIME_PART_COUNT] = {
	[TIME_PYTHON] = "python",
	[TIME_C] = "c",
	[TIME_NATIVE] = "native",
	[TIME_GIL_WAIT] = "gil_wait",
	[TIME_RUN_QUEUE] = "run_queue",
	[TIME_IO] = "io",
	[TIME_LOCK_WAIT] = "lock_wait",
	[TIME_QUEUE_WAIT] = "queue_wait",
	[TIME_IPC] = "ipc",
	[TIME_START_UP] = "start_up",
	[TIME_LOOP_WAIT] = "loop_wait",
	[TIME_SWITCHING] = "switching",
	[TIME_THROTTLED] = "throttled",
};

const char *const sampled_keys[SAMPLED_COUNT] = {
	[SAMPLED_MAKESPAN] = "makespan_s",
	[SAMPLED_SPEEDUP] = "speedup",
	[SAMPLED_THROUGHPUT] = "throughput_per_s",
	[SAMPLED_P50] = "p50_s",
	[SAMPLED_P99] = "p99_s",
};

const struct figure figures[] = {
#define F(metric_, column_, unit_, member)                                                                         \
	{ .metric = metric_, .column = column_, .unit = unit_, .offset = offsetof(struct variant_result, member) },
	VARIANT_FIGURES(F)
#undef F
};
const size_t figure_count = sizeof(figures) / sizeof(figures[0]);

/* Short for sojourn.p50 and so on. */
#define SHORT_NAMES "p50", "p90", "p95", "p99"

const char *const metric_names[] = {
#define F(metric_, column_, unit_, member) metric_,
	VARIANT_FIGURES(F)
#undef F
		"deadlock",
	SHORT_NAMES, NULL
};

static const struct figure *figure_find(const char *metric)
{
	static const char *const short_names[] = { SHORT_NAMES };
	static const char *const long_names[] = { "sojourn.p50", "sojourn.p90", "sojourn.p95", "sojourn.p99" };

	for (size_t i = 0; i < sizeof(short_names) / sizeof(short_names[0]); i++)
		if (!strcmp(metric, short_names[i]))
			metric = long_names[i];
	for (size_t i = 0; i < figure_count; i++)
		if (!strcmp(metric, figures[i].metric))
			return &figures[i];
	return NULL;
}

void variant_result_init(struct variant_result *result)
{
	*result = (struct variant_result){ .measured = true, .percentiles_exact = true };
	for (size_t i = 0; i < figure_count; i++)
		*figure_of(result, &figures[i]) = NAN;
	for (int i = 0; i < SAMPLED_COUNT; i++)
		result->ci95[i] = (struct interval){ NAN, NAN };
}

static const char *copy_text(const char *text, struct region *region)
{
	return text ? region_strdup(region, text) : NULL;
}

struct variant_result variant_result_copy(const struct variant_result *result, struct region *region)
{
	struct variant_result copy = *result;

	copy.why_not = copy_text(result->why_not, region);
	copy.deadlock_report = copy_text(result->deadlock_report, region);
	copy.note = copy_text(result->note, region);
	if (result->stage_count > 0) {
		copy.stages = region_alloc_array(region, result->stage_count, sizeof(copy.stages[0]));
		memcpy(copy.stages, result->stages, result->stage_count * sizeof(copy.stages[0]));
		for (size_t i = 0; i < copy.stage_count; i++)
			copy.stages[i].name = copy_text(result->stages[i].name, region);
	}
	if (result->class_count > 0) {
		copy.classes = region_alloc_array(region, result->class_count, sizeof(copy.classes[0]));
		memcpy(copy.classes, result->classes, result->class_count * sizeof(copy.classes[0]));
	}
	return copy;
}

double variant_result_metric(const struct variant_result *result, const char *metric)
{
	const struct figure *figure = figure_find(metric);
	double value;

	if (!result->measured)
		return NAN;
	if (!strcmp(metric, "deadlock"))
		return result->deadlock;
	value = figure ? figure_value(result, figure) : NAN;
	/* -1 stands for a count that is not known. */
	return figure && figure->unit == 'c' && value < 0 ? NAN : value;
}

bool results_metric_exists(const char *metric, char *unit)
{
	const struct figure *figure = figure_find(metric);

	if (!figure && strcmp(metric, "deadlock") != 0)
		return false;
	*unit = figure ? figure->unit : 'c';
	return true;
}

void results_figure_text(double value, char unit, char text[32])
{
	if (!isfinite(value))
		snprintf(text, 32, "-");
	else if (unit == 's')
		units_format_duration_short(value, text);
	else if (unit == 'b' && value >= 1 << 30)
		snprintf(text, 32, "%.2f GiB", value / (1 << 30));
	else if (unit == 'b')
		snprintf(text, 32, "%.1f MiB", value / (1 << 20));
	else if (unit == '/' && value >= 1e6)
		snprintf(text, 32, "%.4gM/s", value / 1e6);
	else if (unit == '/' && value >= 1e4)
		snprintf(text, 32, "%.4gk/s", value / 1e3);
	else
		snprintf(text, 32, "%.4g%s", value, unit == '/' ? "/s" : "");
}

void results_fill_speedups(struct results *results)
{
	double baseline;

	if (results->variant_count == 0)
		return;
	assert(results->baseline < results->variant_count);
	baseline = results->variants[results->baseline].makespan_s;
	for (size_t i = 0; i < results->variant_count; i++) {
		double makespan = results->variants[i].makespan_s;

		results->variants[i].speedup = makespan > 0 ? baseline / makespan : NAN;
	}
}

/* The share of its tasks that a variant has not completed. */
static double lost_share(const struct variant_result *variant)
{
	const double losses[] = { variant->failed, variant->timed_out, variant->cancelled, variant->rejected,
				  variant->unfinished };
	double lost = 0;

	for (size_t i = 0; i < sizeof(losses) / sizeof(losses[0]); i++)
		lost += losses[i] > 0 ? losses[i] : 0; /* NaN: not counted natively */
	return lost > 0 ? lost / (lost + fmax(variant->completed, 0)) : 0;
}

size_t results_best(const struct results *results)
{
	size_t best = SIZE_MAX;
	double least_lost = INFINITY;

	for (size_t i = 0; i < results->variant_count; i++)
		if (results->variants[i].measured && isfinite(results->variants[i].makespan_s))
			least_lost = fmin(least_lost, lost_share(&results->variants[i]));
	for (size_t i = 0; i < results->variant_count; i++) {
		double makespan = results->variants[i].makespan_s;

		if (!results->variants[i].measured || !isfinite(makespan) ||
		    lost_share(&results->variants[i]) > least_lost + LOST_ALIKE)
			continue;
		if (best == SIZE_MAX || makespan < results->variants[best].makespan_s)
			best = i;
	}
	return best;
}

/* The mean of a stage's times over the replications; only what all of them have passed in that order. */
static void combine_stages(const struct results *replications, size_t count, size_t variant, struct region *region,
			   struct variant_result *out)
{
	const struct variant_result *first = &replications[0].variants[variant];

	out->stages = region_alloc_array(region, first->stage_count, sizeof(out->stages[0]));
	for (size_t stage = 0; stage < first->stage_count; stage++) {
		struct stage_result mean = { .name = first->stages[stage].name };

		for (size_t i = 0; i < count; i++) {
			const struct variant_result *result = &replications[i].variants[variant];

			if (stage >= result->stage_count || strcmp(result->stages[stage].name, mean.name) != 0) {
				out->stage_count = stage;
				return;
			}
			mean.start_s += result->stages[stage].start_s / (double)count;
			mean.end_s += result->stages[stage].end_s / (double)count;
		}
		out->stages[stage] = mean;
	}
	out->stage_count = first->stage_count;
}

static void add_share(struct summary *mean, const struct summary *summary, double share)
{
	mean->mean += summary->mean * share;
	mean->p50 += summary->p50 * share;
	mean->p90 += summary->p90 * share;
	mean->p95 += summary->p95 * share;
	mean->p99 += summary->p99 * share;
	mean->max += summary->max * share;
}

static void combine_classes(const struct results *replications, size_t count, size_t variant, struct region *region,
			    struct variant_result *out)
{
	double share = 1 / (double)count;

	if (out->class_count == 0)
		return;
	out->classes = region_alloc_array(region, out->class_count, sizeof(out->classes[0]));
	for (size_t i = 0; i < out->class_count; i++) {
		struct class_result *mean = &out->classes[i];

		mean->name = replications[0].variants[variant].classes[i].name;
		for (size_t k = 0; k < count; k++) {
			const struct class_result *one = &replications[k].variants[variant].classes[i];

			mean->released += one->released * share;
			mean->completed += one->completed * share;
			mean->not_completed += one->not_completed * share;
			add_share(&mean->sojourn, &one->sojourn, share);
		}
	}
}

static void combine_variant(const struct results *replications, size_t count, size_t variant, struct region *region,
			    double *samples, struct variant_result *out)
{
	static const char *const sampled_metrics[SAMPLED_COUNT] = {
		[SAMPLED_MAKESPAN] = "makespan", [SAMPLED_SPEEDUP] = "speedup", [SAMPLED_THROUGHPUT] = "throughput",
		[SAMPLED_P50] = "p50",		 [SAMPLED_P99] = "p99",
	};

	/* What no mean is taken of is the first replication's: names, notes, the first report. */
	*out = replications[0].variants[variant];
	for (size_t figure = 0; figure < figure_count; figure++) {
		for (size_t i = 0; i < count; i++)
			samples[i] = figure_value(&replications[i].variants[variant], &figures[figure]);
		*figure_of(out, &figures[figure]) = count == 1 ? samples[0] : stats_mean(samples, count);
	}
	for (size_t sampled = 0; sampled < SAMPLED_COUNT; sampled++) {
		const struct figure *figure = figure_find(sampled_metrics[sampled]);

		for (size_t i = 0; i < count; i++)
			samples[i] = figure_value(&replications[i].variants[variant], figure);
		out->ci95[sampled] = stats_mean_ci95(samples, count);
		if (count > 1 && count <= SAMPLES_MOST) {
			double *kept = region_alloc_array(region, count, sizeof(*kept));

			memcpy(kept, samples, count * sizeof(*kept));
			out->samples[sampled] = kept;
		}
	}
	for (size_t i = 0; i < count; i++) {
		const struct variant_result *result = &replications[i].variants[variant];

		out->deadlock |= result->deadlock;
		out->limit_reached |= result->limit_reached;
		out->overloaded |= result->overloaded;
		out->percentiles_exact &= result->percentiles_exact;
		if (!out->deadlock_report)
			out->deadlock_report = result->deadlock_report;
		if (!out->note)
			out->note = result->note;
		if (out->measured && !result->measured) {
			out->measured = false;
			out->why_not = result->why_not;
		}
	}
	combine_stages(replications, count, variant, region, out);
	if (count > 1)
		combine_classes(replications, count, variant, region, out);
}

void results_combine(const struct results *replications, size_t count, struct region *region, struct results *out)
{
	double *samples = region_alloc_array(region, count, sizeof(*samples));

	assert(count > 0);
	*out = replications[0];
	out->replications = (int)count;
	out->variants = region_alloc_array(region, out->variant_count, sizeof(out->variants[0]));
	for (size_t i = 0; i < count; i++)
		samples[i] = replications[i].spin_rate_ratio;
	out->spin_rate_ratio = stats_mean(samples, count);
	for (size_t variant = 0; variant < out->variant_count; variant++) {
		for (size_t i = 0; i < count; i++)
			assert(replications[i].variant_count == out->variant_count);
		combine_variant(replications, count, variant, region, samples, &out->variants[variant]);
	}
	region_free(region, samples);
}
