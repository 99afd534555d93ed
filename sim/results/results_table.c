/*
 * results_table.c - results for people: a line a variant, then what stands out, in sentences.
 */
#include <math.h>
#include <string.h>

#include "sim/base/units.h"
#include "sim/results/explanation.h"
#include "sim/results/results.h"
#include "sim/results/stream.h"
#include "sim/results/text_table.h"

/* Parts of the time smaller than this are left out of the last column. */
#define PART_SHOWN_RATIO 0.01
#define PARTS_SHOWN 3
/* From this part of the tasks' time on, waiting for the GIL gets a sentence, and queueing a word in it. */
#define GIL_WAIT_TOLD_RATIO (1.0 / 3)
#define QUEUEING_TOLD_RATIO 0.02

static const char *const part_words[TIME_PART_COUNT] = {
	[TIME_PYTHON] = "python",
	[TIME_C] = "C code",
	[TIME_NATIVE] = "native",
	[TIME_GIL_WAIT] = "GIL wait",
	[TIME_RUN_QUEUE] = "no core",
	[TIME_IO] = "io",
	[TIME_LOCK_WAIT] = "lock wait",
	[TIME_QUEUE_WAIT] = "queue wait",
	[TIME_IPC] = "ipc",
	[TIME_START_UP] = "start-up",
	[TIME_LOOP_WAIT] = "loop wait",
	[TIME_SWITCHING] = "switching",
	[TIME_THROTTLED] = "throttled",
};

/* The sum of the parts that are known; 0 when none is. */
static double time_sum(const struct variant_result *variant)
{
	double sum = 0;

	for (int part = 0; part < TIME_PART_COUNT; part++)
		if (isfinite(variant->time_in_s[part]))
			sum += variant->time_in_s[part];
	return sum;
}

static void time_cell(struct text_table *table, double seconds)
{
	char text[32] = "-";

	if (isfinite(seconds))
		units_format_duration_short(seconds, text);
	text_table_cell(table, "%s", text);
}

/* Three digits, with a prefix where the number is large. */
static void rate_cell(struct text_table *table, double per_s)
{
	if (!isfinite(per_s))
		text_table_cell(table, "-");
	else if (per_s >= 1e6)
		text_table_cell(table, "%.3gM/s", per_s / 1e6);
	else if (per_s >= 1e4)
		text_table_cell(table, "%.3gk/s", per_s / 1e3);
	else if (per_s >= 100)
		text_table_cell(table, "%.0f/s", per_s);
	else
		text_table_cell(table, "%.3g/s", per_s);
}

static void speedup_cell(struct text_table *table, double speedup)
{
	if (!isfinite(speedup))
		text_table_cell(table, "-");
	else
		text_table_cell(table, "%.*fx", speedup < 100 ? 2 : 0, speedup);
}

/* "GIL wait 74%, python 25%": the largest parts, the largest first. */
static void parts_cell(struct text_table *table, const struct variant_result *variant)
{
	double sum = time_sum(variant);
	bool shown[TIME_PART_COUNT] = { false };
	char text[200] = "";
	size_t length = 0;

	for (int rank = 0; rank < PARTS_SHOWN && sum > 0; rank++) {
		int largest = -1;

		for (int part = 0; part < TIME_PART_COUNT; part++)
			if (!shown[part] && isfinite(variant->time_in_s[part]) &&
			    (largest < 0 || variant->time_in_s[part] > variant->time_in_s[largest]))
				largest = part;
		if (largest < 0 || variant->time_in_s[largest] < PART_SHOWN_RATIO * sum)
			break;
		shown[largest] = true;
		length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%s %.0f%%",
					   length > 0 ? ", " : "", part_words[largest],
					   100 * variant->time_in_s[largest] / sum);
	}
	text_table_cell(table, "%s", text);
}

static void print_head(const struct results *results, FILE *stream)
{
	fprintf(stream, "%s", results->scenario ? results->scenario : "(no name)");
	if (results->about)
		fprintf(stream, ": %s", results->about);
	fprintf(stream, "\n%s", results->python_executable ? "measured: " : "simulated: ");
	if (results->machine_profile)
		fprintf(stream, "profile %s, ", results->machine_profile);
	fprintf(stream, "%d core%s", results->machine_cores, results->machine_cores == 1 ? "" : "s");
	if (results->machine_quota_cores > 0)
		fprintf(stream, ", quota of %.3g cores", results->machine_quota_cores);
	if (results->python_version)
		fprintf(stream, "; Python %s", results->python_version);
	if (results->python_gil)
		fprintf(stream, ", GIL %s", results->python_gil);
	if (results->python_executable)
		fprintf(stream, " (%s)", results->python_executable);
	fprintf(stream, "; seed %llu", (unsigned long long)results->seed);
	if (results->replications > 1)
		fprintf(stream, ", means of %d %s", results->replications,
			results->python_executable ? "rounds" : "replications");
	fputs("\n\n", stream);
}

static void add_row(struct text_table *table, const struct results *results, size_t index, size_t best)
{
	const struct variant_result *variant = &results->variants[index];

	text_table_cell(table, "%s%s", index == best ? "*" : "", index == results->baseline ? "=" : "");
	text_table_cell(table, "%s", variant->name);
	text_table_cell(table, "%s", variant->model ? variant->model : "");
	if (variant->workers > 0)
		text_table_cell(table, "%d", variant->workers);
	else
		text_table_cell(table, "-");
	time_cell(table, variant->makespan_s);
	if (isfinite(variant->makespan_ci95.low) && variant->makespan_s > 0)
		text_table_cell(table, "%.1f%%",
				50 * (variant->makespan_ci95.high - variant->makespan_ci95.low) /
					variant->makespan_s);
	else
		text_table_cell(table, "%s", "");
	speedup_cell(table, variant->speedup);
	rate_cell(table, variant->throughput_per_s);
	time_cell(table, variant->sojourn.p50);
	time_cell(table, variant->sojourn.p99);
	if (variant->measured)
		parts_cell(table, variant);
	else
		text_table_cell(table, "not measured: %s", variant->why_not ? variant->why_not : "no reason given");
}

/* Outcomes other than "completed", as far as there are any. */
static void print_outcomes(const struct variant_result *variant, FILE *stream)
{
	const struct {
		double count;
		const char *word;
	} outcomes[] = {
		{ variant->failed, "failed" },
		{ variant->timed_out, "timed out" },
		{ variant->cancelled, "cancelled" },
		{ variant->rejected, "rejected" },
		{ variant->unfinished, "unfinished" },
		{ variant->retries, "retries" },
		{ variant->lost_updates, "lost updates" },
	};
	bool any = false;

	for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++) {
		if (!(outcomes[i].count > 0))
			continue;
		if (any)
			fputs(", ", stream);
		else
			fprintf(stream, "%s: %.6g completed, ", variant->name, variant->completed);
		fprintf(stream, "%.6g %s", outcomes[i].count, outcomes[i].word);
		any = true;
	}
	if (any)
		fputc('\n', stream);
	if (variant->limit_reached)
		fprintf(stream, "%s: stopped at its limit\n", variant->name);
	if (variant->deadlock)
		fprintf(stream, "%s: deadlock: %s\n", variant->name,
			variant->deadlock_report ? variant->deadlock_report : "no report");
}

/* The tasks of a mix, each by its name. */
static void print_classes(const struct results *results, struct region *region, FILE *stream)
{
	static const char *const heads[] = { "", "variant", "task", "released", "completed", "mean", "p50", "p99" };
	struct text_table table;
	bool any = false;

	text_table_init(&table, region, "lllrrrrr");
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		text_table_cell(&table, "%s", heads[i]);
	for (size_t i = 0; i < results->variant_count; i++)
		for (size_t k = 0; k < results->variants[i].class_count; k++) {
			const struct class_result *of_class = &results->variants[i].classes[k];

			any = true;
			text_table_cell(&table, "%s", "");
			text_table_cell(&table, "%s", k == 0 ? results->variants[i].name : "");
			text_table_cell(&table, "%s", of_class->name);
			text_table_cell(&table, "%.6g", of_class->released);
			text_table_cell(&table, "%.6g", of_class->completed);
			time_cell(&table, of_class->sojourn.mean);
			time_cell(&table, of_class->sojourn.p50);
			time_cell(&table, of_class->sojourn.p99);
		}
	if (any) {
		fputc('\n', stream);
		text_table_print(&table, false, stream);
	}
}

/* Where waiting for the GIL is much of what tasks do once a worker has them, what the waiters stood behind, and whether
 * asking would have helped. */
static void print_gil_wait(const struct variant_result *variant, FILE *stream)
{
	double queueing = fmax(variant->time_in_s[TIME_QUEUE_WAIT], 0); /* NaN: not known */
	double sum = time_sum(variant) - queueing;
	double wait = variant->time_in_s[TIME_GIL_WAIT];
	double behind_c = variant->gil_wait_behind_c_s, behind_python = variant->gil_wait_behind_python_s;

	if (!(sum > 0) || !(wait >= sum * GIL_WAIT_TOLD_RATIO))
		return;
	fprintf(stream, "%s: %.0f%% of task time%s is GIL wait", variant->name, 100 * wait / sum,
		queueing > sum * QUEUEING_TOLD_RATIO ? ", queueing apart," : "");
	/* Threads that execute no task wait, too; so the share is of all waits. */
	if (behind_c >= behind_python && behind_c > 0)
		fprintf(stream, ", %.0f%% of it behind C code that holds the GIL and cannot be asked to drop it",
			100 * behind_c / (behind_c + behind_python));
	else if (behind_python > 0)
		fprintf(stream, ", %.0f%% of it behind other threads' bytecode, one switch interval at a time",
			100 * behind_python / (behind_c + behind_python));
	fputc('\n', stream);
}

/* Variants of the same kind share a line. */
static void print_known_errors(const struct results *results, FILE *stream)
{
	bool titled = false;

	for (size_t i = 0; i < results->variant_count; i++) {
		const struct known_error *known = results->variants[i].known_error;
		bool said = !known || !results->variants[i].measured;

		for (size_t other = 0; other < i && !said; other++) {
			const struct known_error *earlier = results->variants[other].known_error;

			said = earlier && results->variants[other].measured && !strcmp(earlier->kind, known->kind) &&
			       !strcmp(earlier->metric, known->metric) && earlier->rows == known->rows;
		}
		if (said)
			continue;
		if (!titled)
			fputs("\nhow far off such predictions were, where measured:\n", stream);
		titled = true;
		fprintf(stream, "  %s of %s: %.1f%% in the median, nine of ten within %.1f%% (%zu rows)\n", known->metric,
			known->kind, 100 * known->median, 100 * known->p90, known->rows);
	}
}

/* Each different note once, with the variants that it holds for. */
static void print_notes(const struct results *results, FILE *stream)
{
	for (size_t i = 0; i < results->variant_count; i++) {
		const char *note = results->variants[i].note;
		bool said = false;
		size_t sharing = 0;

		if (!note)
			continue;
		for (size_t other = 0; other < results->variant_count; other++)
			if (results->variants[other].note && !strcmp(results->variants[other].note, note)) {
				said |= other < i;
				sharing++;
			}
		if (said)
			continue;
		fputs("note", stream);
		if (sharing < results->variant_count) {
			const char *before = " (";

			for (size_t other = i; other < results->variant_count; other++)
				if (results->variants[other].note && !strcmp(results->variants[other].note, note)) {
					fprintf(stream, "%s%s", before, results->variants[other].name);
					before = ", ";
				}
			fputc(')', stream);
		}
		fprintf(stream, ": %s\n", note);
	}
}

bool results_print_table(const struct results *results, bool color, FILE *stream)
{
	static const char *const heads[] = {
		"",	   "variant",	 "model", "workers", "makespan",	   "+-95%",
		"speedup", "throughput", "p50",	  "p99",     "where the time went"
	};
	struct region region;
	struct text_table table;
	size_t best = results_best(results);

	region_init(&region);
	text_table_init(&table, &region, "lllrrrrrrrl");
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		text_table_cell(&table, "%s", heads[i]);
	for (size_t i = 0; i < results->variant_count; i++) {
		if (i == best)
			table.bold_row = text_table_rows(&table);
		add_row(&table, results, i, best);
	}
	print_head(results, stream);
	text_table_print(&table, color, stream);
	print_classes(results, &region, stream);
	fputs("\n* fastest, = baseline\n", stream);
	for (size_t i = 0; i < results->variant_count; i++)
		if (results->variants[i].measured)
			print_outcomes(&results->variants[i], stream);
	for (size_t i = 0; i < results->variant_count; i++)
		if (results->variants[i].measured)
			print_gil_wait(&results->variants[i], stream);
	print_notes(results, stream);
	print_known_errors(results, stream);
	region_release(&region);
	return stream_finish(stream);
}

static void count_cell(struct text_table *table, double count)
{
	if (isfinite(count) && count >= 0)
		text_table_cell(table, "%.6g", count);
	else
		text_table_cell(table, "-");
}

static void mean_cell(struct text_table *table, double mean)
{
	if (isfinite(mean) && mean >= 0)
		text_table_cell(table, "%.1f", mean);
	else
		text_table_cell(table, "-");
}

static void percent_cell(struct text_table *table, double ratio)
{
	if (isfinite(ratio))
		text_table_cell(table, "%.1f%%", 100 * ratio);
	else
		text_table_cell(table, "-");
}

bool results_print_explanation(const struct results *results, FILE *stream)
{
	static const struct {
		const char *what, *metric;
		void (*cell)(struct text_table *, double);
	} rows[] = {
		{ "completed", "completed", count_cell },
		{ "sojourn mean", "sojourn.mean", time_cell },
		{ "  p50", "sojourn.p50", time_cell },
		{ "  p90", "sojourn.p90", time_cell },
		{ "  p95", "sojourn.p95", time_cell },
		{ "  p99", "sojourn.p99", time_cell },
		{ "  max", "sojourn.max", time_cell },
		{ "GIL wait behind bytecode", "gil_wait_behind.python", time_cell },
		{ "  behind C code", "gil_wait_behind.c", time_cell },
		{ "cores busy", "utilisation.cores", percent_cell },
		{ "GIL held", "utilisation.gil", percent_cell },
		{ "tasks in flight, mean", "in_flight.mean", mean_cell },
		{ "  max", "in_flight.max", count_cell },
		{ "context switches", "context_switches", count_cell },
		{ "GIL hand-overs", "gil_switches", count_cell },
	};
	struct region region;
	struct text_table table;
	char *alignment;

	region_init(&region);
	alignment = region_alloc(&region, results->variant_count + 2);
	memset(alignment, 'r', results->variant_count + 1);
	alignment[0] = 'l';
	text_table_init(&table, &region, alignment);
	text_table_cell(&table, "summed over tasks");
	for (size_t i = 0; i < results->variant_count; i++)
		text_table_cell(&table, "%s", results->variants[i].name);
	for (int part = 0; part < TIME_PART_COUNT; part++) {
		bool any = false;

		for (size_t i = 0; i < results->variant_count; i++)
			any |= results->variants[i].time_in_s[part] > 0;
		if (!any)
			continue;
		text_table_cell(&table, "%s", part_words[part]);
		for (size_t i = 0; i < results->variant_count; i++) {
			double sum = time_sum(&results->variants[i]);
			double seconds = results->variants[i].time_in_s[part];
			char text[32];

			if (!isfinite(seconds) || sum <= 0) {
				text_table_cell(&table, "-");
				continue;
			}
			units_format_duration_short(seconds, text);
			text_table_cell(&table, "%s %5.1f%%", text, 100 * seconds / sum);
		}
	}
	for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
		text_table_cell(&table, "%s", rows[row].what);
		for (size_t i = 0; i < results->variant_count; i++)
			rows[row].cell(&table, variant_result_metric(&results->variants[i], rows[row].metric));
	}
	fputc('\n', stream);
	text_table_print(&table, false, stream);
	for (size_t i = 0; i < results->variant_count; i++)
		for (size_t stage = 0; stage < results->variants[i].stage_count; stage++) {
			const struct stage_result *reached = &results->variants[i].stages[stage];
			char start[32], end[32];

			units_format_duration_short(reached->start_s, start);
			units_format_duration_short(reached->end_s, end);
			fprintf(stream, "%s: stage %s from %s to %s\n", results->variants[i].name, reached->name,
				start, end);
		}
	for (size_t i = 0; i < results->variant_count; i++) {
		if (results->variants[i].explanation)
			explanation_print(results->variants[i].explanation, results->variants[i].name, stream);
		else
			fprintf(stream, "\n%s: nothing to explain: it did not come to its end\n",
				results->variants[i].name);
	}
	region_release(&region);
	return stream_finish(stream);
}
