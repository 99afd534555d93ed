/*
 * plot_timeline.c - a lane for each thread, process, task or core: what it is at, when.
 *
 * A lane keeps every slice that is as long as a picture can show, and for each bin of that length the sum of the
 * shorter ones by kind; where those fill most of a bin, the kind with most of the time is drawn. So a trace of any
 * length needs memory for the picture only. Lanes beyond --max-lanes are put together into one.
 */
#include <math.h>
#include <string.h>

#include "sim/base/units.h"
#include "sim/report/timeline.h"

#define PICTURE_BINS 720
/* Of a terminal's line, what is not the plot: label, borders. */
#define DUMB_LABEL_COLUMNS 24

/* ---- Lanes ---- */

static size_t *lane_slot(struct timeline *timeline, size_t run, int64_t id)
{
	struct region *region = timeline->plot->region;

	if (run >= timeline->run_capacity) {
		size_t capacity = 2 * run + 8;
		size_t **slots = region_alloc_array(region, capacity, sizeof(slots[0]));
		size_t *capacities = region_alloc_array(region, capacity, sizeof(capacities[0]));

		for (size_t i = 0; i < timeline->run_capacity; i++) {
			slots[i] = timeline->lane_of[i];
			capacities[i] = timeline->lane_of_capacity[i];
		}
		timeline->lane_of = slots;
		timeline->lane_of_capacity = capacities;
		timeline->run_capacity = capacity;
	}
	if ((size_t)id >= timeline->lane_of_capacity[run]) {
		size_t capacity = 2 * (size_t)id + 16;
		size_t *slots = region_alloc_array(region, capacity, sizeof(slots[0]));

		for (size_t i = 0; i < timeline->lane_of_capacity[run]; i++)
			slots[i] = timeline->lane_of[run][i];
		region_free(region, timeline->lane_of[run]);
		timeline->lane_of[run] = slots;
		timeline->lane_of_capacity[run] = capacity;
	}
	return &timeline->lane_of[run][id];
}

static struct lane *lane_find(struct timeline *timeline, size_t run, int64_t id)
{
	size_t index;

	if (id < 0 || run >= timeline->run_capacity || (size_t)id >= timeline->lane_of_capacity[run])
		return NULL;
	index = timeline->lane_of[run][id];
	return index ? &timeline->lanes[index - 1] : NULL;
}

static struct lane *lane_add(struct timeline *timeline, size_t run, int64_t id)
{
	struct region *region = timeline->plot->region;
	struct lane *lane = lane_find(timeline, run, id);

	if (lane)
		return lane;
	timeline->lanes =
		region_grow(region, timeline->lanes, timeline->lane_count, &timeline->lane_capacity, sizeof(*lane));
	lane = &timeline->lanes[timeline->lane_count++];
	*lane = (struct lane){ .run = run, .id = id, .process = -1, .thread = -1 };
	if (id >= 0)
		*lane_slot(timeline, run, id) = timeline->lane_count;
	return lane;
}

/* ---- First reading: what there is ---- */

static void meet(struct timeline *timeline, const struct trace_row *row)
{
	struct region *region = timeline->plot->region;
	enum lane_kind lanes = timeline->plot->options->lanes;
	bool is_thread = !strcmp(row->kind, "thread"), is_task = !strcmp(row->kind, "task");
	struct lane *lane;

	if (row->thread < 0)
		return;
	if (lanes == LANE_CORE && !strcmp(row->kind, "state") && row->core >= 0) {
		lane = lane_add(timeline, row->run, row->core);
		lane->label = region_format(region, "core %lld", (long long)row->core);
	} else if (lanes == LANE_TASK && is_task && row->value >= 0 && row->value < 10000000) {
		lane = lane_add(timeline, row->run, row->value);
		lane->label = region_format(region, "%s %lld", row->name, (long long)row->value);
		lane->thread = row->thread;
		lane->start_ns = row->start_ns;
		lane->end_ns = row->end_ns;
		lane->task_count = 1;
	} else if (lanes == LANE_THREAD || lanes == LANE_PROCESS) {
		int64_t id = lanes == LANE_THREAD ? row->thread : row->process;

		if (is_thread && !lane_find(timeline, row->run, id)) {
			lane = lane_add(timeline, row->run, id);
			lane->process = row->process;
			lane->label =
				lanes == LANE_THREAD
					? region_format(region, "%s, t%lld", row->name, (long long)row->thread)
					: region_format(region, "%s, p%lld", row->name, (long long)row->process);
		}
		lane = lane_find(timeline, row->run, id);
		if (lane)
			lane->task_count += is_task;
	}
}

static bool read_once(struct timeline *timeline, void (*take)(struct timeline *, const struct trace_row *))
{
	const struct plot_options *options = timeline->plot->options;
	struct trace_rows rows;
	struct trace_row row;

	trace_rows_init(&rows, options->inputs, options->input_count, timeline->plot->region);
	timeline->plot->error->status = 0;
	while (trace_rows_next(&rows, &row, timeline->plot->error))
		take(timeline, &row);
	return timeline->plot->error->status == 0;
}

static void meet_row(struct timeline *timeline, const struct trace_row *row)
{
	trace_headings_add(&timeline->headings, row, timeline->plot->region);
	timeline->headings.runs[row->run].wanted =
		plot_wants_variant(timeline->plot, timeline->headings.runs[row->run].variant);
	meet(timeline, row);
}

/* ---- Which lanes are shown, and where ---- */

/* How far the numbers of a run's lanes go. */
static int64_t id_limit(const struct timeline *timeline, size_t run)
{
	return run < timeline->run_capacity ? (int64_t)timeline->lane_of_capacity[run] : 0;
}

/* Those that execute tasks come first to be shown. */
static size_t choose(struct timeline *timeline, size_t run, size_t most)
{
	size_t chosen = 0;

	for (int with_tasks = 1; with_tasks >= 0; with_tasks--)
		for (int64_t id = 0; id < id_limit(timeline, run) && chosen < most; id++) {
			struct lane *lane = lane_find(timeline, run, id);

			if (lane && (lane->task_count > 0) == with_tasks) {
				lane->shown = true;
				chosen++;
			}
		}
	return chosen;
}

static void prepare_lane(struct timeline *timeline, struct lane *lane)
{
	lane->bins = region_alloc_array(timeline->plot->region, timeline->bin_count + 1, sizeof(lane->bins[0]));
}

/* One row for each run's heading, then its lanes; y counts down from 0. */
static int place(struct timeline *timeline)
{
	struct region *region = timeline->plot->region;
	size_t most = timeline->plot->options->max_lanes;
	int y = 0;

	timeline->others = region_alloc_array(region, timeline->headings.count, sizeof(timeline->others[0]));
	for (size_t run = 0; run < timeline->headings.count; run++) {
		size_t total = 0, shown;

		if (!timeline->headings.runs[run].wanted)
			continue;
		for (size_t i = 0; i < timeline->lane_count; i++)
			total += timeline->lanes[i].run == run;
		shown = choose(timeline, run, total > most ? most - 1 : most);
		y--;
		for (int64_t id = 0; id < id_limit(timeline, run); id++) {
			struct lane *lane = lane_find(timeline, run, id);

			if (!lane || !lane->shown)
				continue;
			lane->y = y--;
			prepare_lane(timeline, lane);
		}
		if (total > shown) {
			struct lane *others = lane_add(timeline, run, -1);

			others->label = region_format(region, "%zu others", total - shown);
			others->members = total - shown;
			others->shown = true;
			others->y = y--;
			prepare_lane(timeline, others);
			timeline->others[run] = timeline->lane_count;
			plot_note(timeline->plot,
				  "%s: %zu of %zu lanes, the others in one, which shows what most are at",
				  trace_heading_label(&timeline->headings, run, region), shown, total);
		}
	}
	return y;
}

/* ---- Second reading: what they are at ---- */

static struct lane *shown_lane(struct timeline *timeline, size_t run, int64_t id)
{
	struct lane *lane = lane_find(timeline, run, id);

	if (!lane || !timeline->headings.runs[run].wanted)
		return NULL;
	if (lane->shown)
		return lane;
	return timeline->others[run] ? &timeline->lanes[timeline->others[run] - 1] : NULL;
}

/* The share of each bin that the slice covers. */
static void add_to_bins(const struct timeline *timeline, struct lane *lane, sim_ns start_ns, sim_ns end_ns,
			enum activity_kind kind)
{
	size_t bin = (size_t)((start_ns - timeline->from_ns) / timeline->bin_ns);

	while (start_ns < end_ns && bin <= timeline->bin_count) {
		sim_ns bin_end_ns = timeline->from_ns + (sim_ns)(bin + 1) * timeline->bin_ns;
		sim_ns until_ns = end_ns < bin_end_ns ? end_ns : bin_end_ns;

		lane->bins[bin++][kind] += until_ns - start_ns;
		start_ns = until_ns;
	}
}

static void add_slice(struct timeline *timeline, struct lane *lane, sim_ns start_ns, sim_ns end_ns,
		      enum activity_kind kind)
{
	struct lane_slice *last = lane->slice_count > 0 ? &lane->slices[lane->slice_count - 1] : NULL;

	if (start_ns < timeline->from_ns)
		start_ns = timeline->from_ns;
	if (end_ns > timeline->to_ns)
		end_ns = timeline->to_ns;
	if (start_ns >= end_ns)
		return;
	if (lane->members > 0 || timeline->plot->options->format == PLOT_DUMB ||
	    end_ns - start_ns < timeline->bin_ns) {
		timeline->merged |= lane->members == 0;
		add_to_bins(timeline, lane, start_ns, end_ns, kind);
		return;
	}
	if (last && last->end_ns == start_ns && last->kind == kind) {
		last->end_ns = end_ns;
		return;
	}
	lane->slices = region_grow(timeline->plot->region, lane->slices, lane->slice_count, &lane->slice_capacity,
				   sizeof(*last));
	lane->slices[lane->slice_count++] = (struct lane_slice){ start_ns, end_ns, kind };
}

static void take_state(struct timeline *timeline, const struct trace_row *row)
{
	enum activity_kind kind = activity_kind_of(row->what, row->core);
	struct lane *lane = NULL;

	switch (timeline->plot->options->lanes) {
	case LANE_THREAD:
		lane = shown_lane(timeline, row->run, row->thread);
		break;
	case LANE_PROCESS:
		lane = shown_lane(timeline, row->run, row->process);
		break;
	case LANE_CORE:
		lane = row->core >= 0 ? shown_lane(timeline, row->run, row->core) : NULL;
		break;
	case LANE_TASK:
		for (size_t i = 0; i < timeline->lane_count && !lane; i++) {
			struct lane *task = &timeline->lanes[i];

			if (task->shown && task->run == row->run && task->thread == row->thread &&
			    row->start_ns >= task->start_ns && row->start_ns < task->end_ns)
				lane = task;
		}
		break;
	}
	if (lane)
		add_slice(timeline, lane, row->start_ns, row->end_ns, kind);
}

static int y_of_thread(struct timeline *timeline, size_t run, int64_t thread)
{
	const struct lane *lane = lane_find(timeline, run, thread);

	return lane && lane->shown && timeline->headings.runs[run].wanted ? lane->y : 0;
}

static void take_mark(struct timeline *timeline, const struct trace_row *row, bool is_hand_over)
{
	struct mark mark = { .time_ns = row->start_ns,
			     .y = y_of_thread(timeline, row->run, row->thread),
			     .from_y = y_of_thread(timeline, row->run, row->value),
			     .is_hand_over = is_hand_over };

	if (timeline->plot->options->lanes != LANE_THREAD || mark.y == 0 || (is_hand_over && mark.from_y == 0) ||
	    mark.time_ns < timeline->from_ns || mark.time_ns > timeline->to_ns ||
	    timeline->mark_count > 4 * TIMELINE_MARKS)
		return;
	timeline->marks = region_grow(timeline->plot->region, timeline->marks, timeline->mark_count,
				      &timeline->mark_capacity, sizeof(mark));
	timeline->marks[timeline->mark_count++] = mark;
}

static void take_row(struct timeline *timeline, const struct trace_row *row)
{
	if (!strcmp(row->kind, "state")) {
		take_state(timeline, row);
	} else if (!strcmp(row->kind, "task")) {
		enum lane_kind lanes = timeline->plot->options->lanes;
		int64_t id = lanes == LANE_TASK ? row->value : lanes == LANE_PROCESS ? row->process : row->thread;
		struct lane *lane = lanes == LANE_CORE ? NULL : shown_lane(timeline, row->run, id);

		/* A native run tells nothing else. */
		if (lane && !timeline->headings.runs[row->run].has_states)
			add_slice(timeline, lane, row->start_ns, row->end_ns, KIND_TASK);
	} else if (!strcmp(row->kind, "instant") && !strcmp(row->what, "drop_request")) {
		take_mark(timeline, row, false);
	} else if (!strcmp(row->kind, "hand_over")) {
		take_mark(timeline, row, true);
	}
}

/* ---- The whole ---- */

static const char *title_of(const struct timeline *timeline)
{
	static const char *const what[] = { [LANE_THREAD] = "threads",
					    [LANE_PROCESS] = "processes",
					    [LANE_TASK] = "tasks",
					    [LANE_CORE] = "cores" };
	const char *scenario = NULL;

	for (size_t i = 0; i < timeline->headings.count; i++)
		if (timeline->headings.runs[i].wanted && !scenario)
			scenario = timeline->headings.runs[i].scenario;
	return region_format(timeline->plot->region, "%s: what its %s are at", scenario ? scenario : "",
			     what[timeline->plot->options->lanes]);
}

static bool set_window(struct timeline *timeline)
{
	const struct plot_options *options = timeline->plot->options;
	sim_ns last_ns = 0;

	for (size_t i = 0; i < timeline->headings.count; i++)
		if (timeline->headings.runs[i].wanted && timeline->headings.runs[i].last_ns > last_ns)
			last_ns = timeline->headings.runs[i].last_ns;
	timeline->from_ns = options->from_ns;
	timeline->to_ns = options->to_ns > 0 ? options->to_ns : last_ns;
	if (timeline->from_ns >= timeline->to_ns)
		return data_fail(timeline->plot->error, 2,
				 "nothing lies between --from and --to: the trace ends at %.9g s",
				 sim_time_seconds(last_ns));
	timeline->bin_count =
		options->format == PLOT_DUMB ? (size_t)(options->columns - DUMB_LABEL_COLUMNS) : PICTURE_BINS;
	timeline->bin_ns = (timeline->to_ns - timeline->from_ns) / (sim_ns)timeline->bin_count;
	if (timeline->bin_ns < 1)
		timeline->bin_ns = 1;
	return true;
}

/* The unit of the axis: seconds times this. */
static void put_unit(struct timeline *timeline)
{
	sim_ns length_ns = timeline->to_ns - timeline->from_ns;
	double scale = length_ns >= 2 * SIM_S ? 1 : length_ns >= 2 * SIM_MS ? 1e3 : 1e6;

	plot_number(timeline->plot, "time_scale", scale);
	plot_text(timeline->plot, "time_unit", "%s", scale == 1 ? "s" : scale == 1e3 ? "ms" : "us");
	plot_number(timeline->plot, "from_s", sim_time_seconds(timeline->from_ns));
	plot_number(timeline->plot, "to_s", sim_time_seconds(timeline->to_ns));
}

bool plot_prepare_timeline(struct plot *plot)
{
	struct timeline timeline = { .plot = plot };
	char shortest[32];
	int lowest, kind_count;

	if (!read_once(&timeline, meet_row))
		return false;
	if (timeline.lane_count == 0)
		return data_fail(plot->error, 2, "the trace has nothing of that kind to draw");
	if (!set_window(&timeline))
		return false;
	lowest = place(&timeline);
	if (lowest == 0)
		return data_fail(plot->error, 2, "the trace has no variant of that name");
	if (!read_once(&timeline, take_row))
		return false;
	if (timeline.merged && plot->options->format != PLOT_DUMB) {
		units_format_duration_short(sim_time_seconds(timeline.bin_ns), shortest);
		plot_note(plot, "slices shorter than %s are put together: the longest in sum is drawn", shortest);
	}
	plot_text(plot, "title", "%s", title_of(&timeline));
	put_unit(&timeline);
	plot_number(plot, "lowest", lowest);
	plot_number(plot, "label_columns", DUMB_LABEL_COLUMNS);
	plot->foot = trace_headings_foot(&timeline.headings, plot->region);
	if (!timeline_write_data(&timeline, &kind_count))
		return false;
	plot->text_rows = 9 - 2 * lowest;
	plot->height_px = 165 + 27 * -lowest + 17 * (kind_count + 2) / 2;
	return true;
}
