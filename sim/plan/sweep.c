/*
 * sweep.c - see sweep.h.
 *
 * A point is one job: the scenario is loaded with the point's settings, evaluated, printed into memory and stored,
 * all by the same thread. What is stored is a function of the point alone, so neither the number of jobs nor the
 * order in which they finish nor a kill in between shows in it.
 */
#include "sim/plan/sweep.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/wish.h"
#include "sim/plan/parallel.h"
#include "sim/results/results.h"

struct sweeper {
	const struct sweep *sweep;
	uint64_t *pending; /* numbers of the points to do */
	uint64_t pending_count;
	_Atomic int end; /* enum sweep_end */
	uint64_t done;
};

uint64_t *sweep_pending_points(const struct sweep *sweep, uint64_t *count, struct region *region)
{
	uint64_t points = sweep_axes_points(sweep->axes);
	uint64_t *pending = region_alloc_array(region, points / sweep->shard_count + 1, sizeof(*pending));

	*count = 0;
	for (uint64_t number = sweep->shard; number < points; number += sweep->shard_count)
		if (!sweep_store_has(sweep->store, number))
			pending[(*count)++] = number;
	return pending;
}

/* ---- One point ---- */

static const char **overrides_of(const struct sweep *sweep, uint64_t number, struct region *region)
{
	const struct scenario_options *given = &sweep->source.options;
	const char **overrides =
		region_alloc_array(region, given->override_count + sweep->axes->count, sizeof(*overrides));

	for (size_t i = 0; i < given->override_count; i++)
		overrides[i] = given->overrides[i];
	sweep_axes_settings(sweep->axes, number, overrides + given->override_count, region);
	return overrides;
}

static const char *joined(const char *const *texts, size_t count, struct region *region)
{
	const char *all = "";

	for (size_t i = 0; i < count; i++)
		all = region_format(region, "%s%s%s", all, i > 0 ? " " : "", texts[i]);
	return all;
}

/* A stream into memory; take_text() ends it. */
struct text_stream {
	FILE *stream;
	char *text;
	size_t length;
};

static FILE *open_text(struct text_stream *text, struct region *region)
{
	text->stream = open_memstream(&text->text, &text->length);
	if (!text->stream)
		region_fail(region);
	return text->stream;
}

static const char *take_text(struct text_stream *text, struct region *region)
{
	fclose(text->stream);
	return region_take_text(region, text->text);
}

static bool wishes_to_stop(const struct sweep *sweep)
{
	return wish_is_there(sweep->evaluation.wish_to_stop);
}

enum sweep_end sweep_evaluate_point(const struct sweep *sweep, uint64_t number, struct region *region,
				    struct sweep_point *point, struct results *results)
{
	const char **overrides = overrides_of(sweep, number, region);
	const char **values = region_alloc_array(region, sweep->axes->count, sizeof(*values));
	size_t given = sweep->source.options.override_count, override_count = given + sweep->axes->count;
	struct evaluation evaluation = sweep->evaluation;
	struct scenario *scenario;
	struct diagnostics diagnostics;
	struct text_stream text;

	diagnostics_init(&diagnostics, region);
	scenario =
		scenario_source_load(&sweep->source, overrides + given, sweep->axes->count, region, &diagnostics);
	if (!scenario) {
		diagnostics_print(&diagnostics, sweep->messages);
		return SWEEP_BAD_POINT;
	}
	evaluation.jobs = 1;
	*results = evaluate(scenario, &evaluation, region);
	results->overrides = overrides;
	results->override_count = override_count;
	if (wishes_to_stop(sweep)) /* what it has may be a part only */
		return SWEEP_STOPPED;
	for (size_t i = 0; i < sweep->axes->count; i++)
		values[i] = sweep_axes_value(sweep->axes, number, i);
	point->number = number;
	point->settings = joined(overrides + given, sweep->axes->count, region);
	results_print_json(results, 1, open_text(&text, region));
	point->json = take_text(&text, region);
	results_print_csv_rows(results, values, sweep->axes->count, open_text(&text, region));
	point->csv = take_text(&text, region);
	return SWEEP_DONE;
}

const char *sweep_csv_header(const struct sweep_axes *axes, struct region *region)
{
	const char **paths = region_alloc_array(region, axes->count, sizeof(*paths));
	struct text_stream text;

	for (size_t i = 0; i < axes->count; i++)
		paths[i] = axes->items[i].path;
	results_print_csv_header(paths, axes->count, open_text(&text, region));
	return take_text(&text, region);
}

/* ---- All of them ---- */

/* Of several ends, the first counts. */
static void end_with(struct sweeper *sweeper, enum sweep_end end)
{
	int none = SWEEP_DONE;

	atomic_compare_exchange_strong(&sweeper->end, &none, end);
}

static void *do_point(void *context, size_t index, struct region *region)
{
	struct sweeper *sweeper = context;
	struct sweep_point point;
	struct results results;
	enum sweep_end end;

	if (sweeper->end != SWEEP_DONE)
		return NULL;
	end = sweep_evaluate_point(sweeper->sweep, sweeper->pending[index], region, &point, &results);
	if (end == SWEEP_DONE && !sweep_store_put(sweeper->sweep->store, &point, &results))
		end = SWEEP_STORE_FAILED;
	end_with(sweeper, end);
	return NULL;
}

static bool note_point(void *context, size_t index, void *result)
{
	struct sweeper *sweeper = context;

	(void)index;
	(void)result;
	if (sweeper->end != SWEEP_DONE)
		return false;
	sweeper->done++;
	if (sweeper->sweep->progress)
		sweeper->sweep->progress(sweeper->sweep->context, sweeper->done, sweeper->pending_count);
	return true;
}

enum sweep_end sweep_run(const struct sweep *sweep, struct region *region)
{
	struct sweeper sweeper = { .sweep = sweep };
	struct parallel parallel = {
		.threads = sweep->evaluation.jobs,
		.wish_to_stop = sweep->evaluation.wish_to_stop,
		.region = region,
		.work = do_point,
		.take = note_point,
		.context = &sweeper,
	};

	sweeper.pending = sweep_pending_points(sweep, &sweeper.pending_count, region);
	parallel.count = sweeper.pending_count;
	if (parallel_run(&parallel) < parallel.count)
		end_with(&sweeper, SWEEP_STOPPED);
	return (enum sweep_end)sweeper.end;
}
