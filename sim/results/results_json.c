/*
 * results_json.c - results as JSON: the schema of the design, section 4. Keys may be added; those
 * that are there stay.
 */
#include <math.h>
#include <string.h>

#include "sim/results/explanation.h"
#include "sim/results/json_writer.h"
#include "sim/results/production.h"
#include "sim/results/theory.h"
#include "sim/results/version.h"

/* -1 and NaN both stand for a count that is not known. */
static void key_count(struct json_writer *writer, const char *key, double count)
{
	json_writer_key_number(writer, key, count < 0 ? NAN : count);
}

static void key_interval(struct json_writer *writer, const char *key, const struct interval *interval, bool is_time)
{
	void (*write)(struct json_writer *, double) = is_time ? json_writer_seconds : json_writer_number;

	json_writer_key(writer, key);
	if (isnan(interval->low)) {
		json_writer_null(writer);
		return;
	}
	json_writer_open(writer, '[');
	write(writer, interval->low);
	write(writer, interval->high);
	json_writer_close(writer, ']');
}

static void print_counts(struct json_writer *writer, const struct variant_result *variant)
{
	key_count(writer, "completed", variant->completed);
	key_count(writer, "failed", variant->failed);
	key_count(writer, "timed_out", variant->timed_out);
	key_count(writer, "cancelled", variant->cancelled);
	key_count(writer, "rejected", variant->rejected);
	key_count(writer, "unfinished", variant->unfinished);
	key_count(writer, "retries", variant->retries);
	key_count(writer, "lost_updates", variant->lost_updates);
	json_writer_key(writer, "deadlock");
	if (variant->measured)
		json_writer_bool(writer, variant->deadlock);
	else
		json_writer_null(writer);
	if (variant->deadlock_report)
		json_writer_key_string(writer, "deadlock_report", variant->deadlock_report);
	if (variant->limit_reached) {
		json_writer_key(writer, "limit_reached");
		json_writer_bool(writer, true);
	}
}

static void print_summary(struct json_writer *writer, const struct summary *sojourn)
{
	json_writer_key(writer, "sojourn_s");
	json_writer_open_compact(writer, '{');
	json_writer_key_seconds(writer, "mean", sojourn->mean);
	json_writer_key_seconds(writer, "p50", sojourn->p50);
	json_writer_key_seconds(writer, "p90", sojourn->p90);
	json_writer_key_seconds(writer, "p95", sojourn->p95);
	json_writer_key_seconds(writer, "p99", sojourn->p99);
	json_writer_key_seconds(writer, "max", sojourn->max);
	json_writer_close(writer, '}');
}

static void print_sojourn(struct json_writer *writer, const struct variant_result *variant)
{
	print_summary(writer, &variant->sojourn);
	json_writer_key_string(writer, "percentiles", variant->percentiles_exact ? "exact" : "histogram");
}

static void print_times(struct json_writer *writer, const struct variant_result *variant)
{
	json_writer_key(writer, "time_in_s");
	json_writer_open_compact(writer, '{');
	for (int part = 0; part < TIME_PART_COUNT; part++)
		json_writer_key_seconds(writer, time_part_names[part], variant->time_in_s[part]);
	json_writer_close(writer, '}');

	json_writer_key(writer, "gil_wait_behind_s");
	json_writer_open_compact(writer, '{');
	json_writer_key_seconds(writer, "python", variant->gil_wait_behind_python_s);
	json_writer_key_seconds(writer, "c", variant->gil_wait_behind_c_s);
	json_writer_close(writer, '}');

	json_writer_key(writer, "loop_lag_s");
	json_writer_open_compact(writer, '{');
	json_writer_key_seconds(writer, "mean", variant->loop_lag_mean_s);
	json_writer_key_seconds(writer, "p99", variant->loop_lag_p99_s);
	json_writer_key_seconds(writer, "max", variant->loop_lag_max_s);
	json_writer_close(writer, '}');

	json_writer_key(writer, "stages");
	json_writer_open(writer, '[');
	for (size_t i = 0; i < variant->stage_count; i++) {
		json_writer_open_compact(writer, '{');
		json_writer_key_string(writer, "name", variant->stages[i].name);
		json_writer_key_seconds(writer, "start_s", variant->stages[i].start_s);
		json_writer_key_seconds(writer, "end_s", variant->stages[i].end_s);
		json_writer_close(writer, '}');
	}
	json_writer_close(writer, ']');
	/* By name of the task, where the run has a mix of several. */
	json_writer_key(writer, "classes");
	json_writer_open_compact(writer, '{');
	for (size_t i = 0; i < variant->class_count; i++) {
		const struct class_result *of_class = &variant->classes[i];

		json_writer_key(writer, of_class->name);
		json_writer_open_compact(writer, '{');
		key_count(writer, "released", of_class->released);
		key_count(writer, "completed", of_class->completed);
		key_count(writer, "not_completed", of_class->not_completed);
		print_summary(writer, &of_class->sojourn);
		json_writer_close(writer, '}');
	}
	json_writer_close(writer, '}');
}

static void print_ci95(struct json_writer *writer, const struct variant_result *variant)
{
	bool any = false;

	for (int i = 0; i < SAMPLED_COUNT; i++)
		any |= !isnan(variant->ci95[i].low);
	json_writer_key(writer, "ci95");
	if (!any) {
		json_writer_null(writer);
		return;
	}
	json_writer_open_compact(writer, '{');
	for (int i = 0; i < SAMPLED_COUNT; i++)
		key_interval(writer, sampled_keys[i], &variant->ci95[i], sampled_is_time((enum sampled)i));
	json_writer_close(writer, '}');
}

static void print_samples(struct json_writer *writer, const struct variant_result *variant, int replications)
{
	if (!variant->samples[0])
		return;
	json_writer_key(writer, "samples");
	json_writer_open(writer, '{');
	for (int i = 0; i < SAMPLED_COUNT; i++) {
		json_writer_key(writer, sampled_keys[i]);
		json_writer_open_compact(writer, '[');
		for (int replication = 0; replication < replications; replication++)
			(sampled_is_time((enum sampled)i) ? json_writer_seconds : json_writer_number)(
				writer, variant->samples[i][replication]);
		json_writer_close(writer, ']');
	}
	if (variant->paces) {
		json_writer_key(writer, "pace");
		json_writer_open_compact(writer, '[');
		for (int replication = 0; replication < replications; replication++)
			json_writer_number(writer, variant->paces[replication]);
		json_writer_close(writer, ']');
	}
	json_writer_close(writer, '}');
}

static void print_variant(struct json_writer *writer, const struct variant_result *variant, int replications)
{
	json_writer_open(writer, '{');
	json_writer_key_string(writer, "name", variant->name);
	json_writer_key_string(writer, "model", variant->model);
	json_writer_key(writer, "workers");
	if (variant->workers > 0)
		json_writer_integer(writer, variant->workers);
	else
		json_writer_null(writer);
	json_writer_key(writer, "measured");
	json_writer_bool(writer, variant->measured);
	if (!variant->measured)
		json_writer_key_string(writer, "why_not", variant->why_not);
	json_writer_key_seconds(writer, "makespan_s", variant->makespan_s);
	json_writer_key_number(writer, "speedup", variant->speedup);
	json_writer_key_number(writer, "throughput_per_s", variant->throughput_per_s);
	print_counts(writer, variant);
	print_sojourn(writer, variant);
	json_writer_key(writer, "overloaded");
	if (variant->measured)
		json_writer_bool(writer, variant->overloaded);
	else
		json_writer_null(writer);
	json_writer_key_number(writer, "backlog_growth_per_s", variant->backlog_growth_per_s);
	json_writer_key_number(writer, "waited_fraction", variant->waited_fraction);
	json_writer_key(writer, "in_flight");
	json_writer_open_compact(writer, '{');
	json_writer_key_number(writer, "mean", variant->in_flight_mean);
	key_count(writer, "max", variant->in_flight_max);
	json_writer_close(writer, '}');
	print_times(writer, variant);
	json_writer_key(writer, "utilisation");
	json_writer_open_compact(writer, '{');
	json_writer_key_number(writer, "cores", variant->utilisation_cores);
	json_writer_key_number(writer, "gil", variant->utilisation_gil);
	json_writer_close(writer, '}');
	key_count(writer, "context_switches", variant->context_switches);
	key_count(writer, "gil_switches", variant->gil_switches);
	key_count(writer, "peak_memory_bytes", variant->peak_memory_bytes);
	key_count(writer, "events", variant->events);
	print_ci95(writer, variant);
	print_samples(writer, variant, replications);
	if (variant->note)
		json_writer_key_string(writer, "note", variant->note);
	if (variant->production_count > 0) {
		json_writer_key(writer, "production");
		production_print_json(variant, writer);
	}
	if (variant->known_error) {
		json_writer_key(writer, "known_error");
		json_writer_open_compact(writer, '{');
		json_writer_key_string(writer, "of", variant->known_error->kind);
		json_writer_key_string(writer, "metric", variant->known_error->metric);
		json_writer_key(writer, "rows");
		json_writer_integer(writer, (int64_t)variant->known_error->rows);
		json_writer_key_number(writer, "median", variant->known_error->median);
		json_writer_key_number(writer, "p90", variant->known_error->p90);
		json_writer_close(writer, '}');
	}
	if (variant->theory) {
		json_writer_key(writer, "theory");
		theory_print_json(variant->theory, writer);
	}
	if (variant->explanation) {
		json_writer_key(writer, "explain");
		explanation_print_json(variant->explanation, writer);
	}
	json_writer_close(writer, '}');
}

/* What --set changed, by path: what results of several runs differ in, and so the axes of plots. */
static void print_overrides(struct json_writer *writer, const struct results *results)
{
	if (results->override_count == 0)
		return;
	json_writer_key(writer, "set");
	json_writer_open_compact(writer, '{');
	for (size_t i = 0; i < results->override_count; i++) {
		const char *equals = strchr(results->overrides[i], '=');
		char path[256];

		if (!equals || equals - results->overrides[i] >= (ptrdiff_t)sizeof(path))
			continue;
		snprintf(path, sizeof(path), "%.*s", (int)(equals - results->overrides[i]), results->overrides[i]);
		json_writer_key_string(writer, path, equals + 1);
	}
	json_writer_close(writer, '}');
}

static void print_results(struct json_writer *writer, const struct results *results)
{
	size_t best = results_best(results);

	json_writer_open(writer, '{');
	json_writer_key_string(writer, "gilsim", GILSIM_VERSION);
	json_writer_key_string(writer, "scenario", results->scenario);
	json_writer_key_string(writer, "about", results->about);
	json_writer_key_string(writer, "file", results->file);
	json_writer_key_string(writer, "source", results->source);
	json_writer_key(writer, "seed");
	json_writer_unsigned(writer, results->seed);
	json_writer_key(writer, "replications");
	json_writer_integer(writer, results->replications);
	print_overrides(writer, results);
	json_writer_key(writer, "machine");
	json_writer_open_compact(writer, '{');
	json_writer_key_string(writer, "profile", results->machine_profile);
	json_writer_key(writer, "cores");
	json_writer_integer(writer, results->machine_cores);
	json_writer_key_number(writer, "quota_cores", results->machine_quota_cores > 0 ? results->machine_quota_cores : NAN);
	json_writer_close(writer, '}');
	json_writer_key(writer, "python");
	json_writer_open_compact(writer, '{');
	json_writer_key_string(writer, "version", results->python_version);
	json_writer_key_string(writer, "gil", results->python_gil);
	json_writer_key_string(writer, "executable", results->python_executable);
	json_writer_key_number(writer, "spin_rate_ratio", results->spin_rate_ratio);
	json_writer_close(writer, '}');
	json_writer_key(writer, "variants");
	json_writer_open(writer, '[');
	for (size_t i = 0; i < results->variant_count; i++)
		print_variant(writer, &results->variants[i], results->replications);
	json_writer_close(writer, ']');
	if (results->scalability) {
		json_writer_key(writer, "scalability");
		scalability_print_json(results->scalability, writer);
	}
	json_writer_key_string(writer, "baseline",
		   results->baseline < results->variant_count ? results->variants[results->baseline].name : NULL);
	json_writer_key_string(writer, "best", best == SIZE_MAX ? NULL : results->variants[best].name);
	json_writer_close(writer, '}');
}

bool results_print_json(const struct results *results, size_t count, FILE *stream)
{
	struct json_writer writer;

	json_writer_init(&writer, stream);
	if (count != 1)
		json_writer_open(&writer, '[');
	for (size_t i = 0; i < count; i++)
		print_results(&writer, &results[i]);
	if (count != 1)
		json_writer_close(&writer, ']');
	return json_writer_finish(&writer);
}
