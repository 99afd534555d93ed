/*
 * report_timeline.c - see report_timeline.h.
 */
#include "sim/report/report_timeline.h"

#include <string.h>

#include "sim/report/activity_kinds.h"
#include "sim/report/html.h"
#include "sim/report/trace_rows.h"

struct page_slice {
	sim_ns start_ns, end_ns;
	enum activity_kind kind;
	int64_t core;
};

struct page_task {
	sim_ns start_ns, end_ns;
	int64_t number;
	size_t name;
};

struct page_lane {
	size_t run;
	int64_t thread;
	const char *label;
	struct page_slice *slices;
	size_t slice_count, slice_capacity;
	struct page_task *tasks;
	size_t task_count, task_capacity;
	/* Short slices that are being put together. */
	struct page_slice pending;
	sim_ns pending_ns[KIND_COUNT];
};

struct page {
	struct region *region;
	struct trace_headings headings;
	struct page_lane *lanes;
	size_t lane_count, lane_capacity;
	const char **names;
	size_t name_count, name_capacity;
	sim_ns least_ns;
	size_t slice_count;
};

/* Colours and heights as in plots/common.gp and plots/timeline.gp. */
static const struct {
	const char *color;
	double half;
} looks[KIND_COUNT] = {
	[KIND_PYTHON] = { "#005b96", 0.42 }, [KIND_C] = { "#d9691a", 0.42 },
	[KIND_NATIVE] = { "#5cc9a7", 0.42 }, [KIND_GIL_WAIT] = { "#e3cf1c", 0.22 },
	[KIND_READY] = { "#b5588f", 0.22 },  [KIND_IO] = { "#9a9a9a", 0.07 },
	[KIND_WAIT] = { "#c4c4c4", 0.07 },   [KIND_START_UP] = { "#e69f00", 0.3 },
	[KIND_OTHER] = { "#6b6b6b", 0.34 },  [KIND_TASK] = { "#56b4e9", 0.42 },
};

static struct page_lane *find_lane(struct page *page, size_t run, int64_t thread)
{
	/* The newest first: a trace tells of the run that it is at. */
	for (size_t i = page->lane_count; i > 0; i--)
		if (page->lanes[i - 1].run == run && page->lanes[i - 1].thread == thread)
			return &page->lanes[i - 1];
	return NULL;
}

static size_t find_name(struct page *page, const char *name)
{
	for (size_t i = 0; i < page->name_count; i++)
		if (!strcmp(page->names[i], name))
			return i;
	page->names = region_grow(page->region, page->names, page->name_count, &page->name_capacity,
				  sizeof(page->names[0]));
	page->names[page->name_count] = region_strdup(page->region, name);
	return page->name_count++;
}

static void keep_slice(struct page *page, struct page_lane *lane, const struct page_slice *slice)
{
	lane->slices =
		region_grow(page->region, lane->slices, lane->slice_count, &lane->slice_capacity, sizeof(*slice));
	lane->slices[lane->slice_count++] = *slice;
}

static void keep_pending(struct page *page, struct page_lane *lane)
{
	if (lane->pending.end_ns == lane->pending.start_ns)
		return;
	lane->pending.kind = KIND_PYTHON;
	for (enum activity_kind kind = KIND_PYTHON; kind < KIND_COUNT; kind++)
		if (lane->pending_ns[kind] > lane->pending_ns[lane->pending.kind])
			lane->pending.kind = kind;
	keep_slice(page, lane, &lane->pending);
	lane->pending = (struct page_slice){ 0 };
	memset(lane->pending_ns, 0, sizeof(lane->pending_ns));
}

/* Neighbours that are too short to be kept become one slice of the kind that most of it is. */
static void add_slice(struct page *page, struct page_lane *lane, const struct page_slice *slice)
{
	if (slice->end_ns - slice->start_ns >= page->least_ns) {
		keep_pending(page, lane);
		keep_slice(page, lane, slice);
		return;
	}
	if (lane->pending.end_ns != slice->start_ns)
		keep_pending(page, lane);
	if (lane->pending.end_ns == lane->pending.start_ns)
		lane->pending = (struct page_slice){ .start_ns = slice->start_ns, .core = -1 };
	lane->pending.end_ns = slice->end_ns;
	lane->pending_ns[slice->kind] += slice->end_ns - slice->start_ns;
	if (lane->pending.end_ns - lane->pending.start_ns >= page->least_ns)
		keep_pending(page, lane);
}

static void add_task(struct page *page, struct page_lane *lane, const struct trace_row *row)
{
	struct page_task task = { .start_ns = row->start_ns,
				  .end_ns = row->end_ns,
				  .number = row->value,
				  .name = find_name(page, row->name) };

	lane->tasks = region_grow(page->region, lane->tasks, lane->task_count, &lane->task_capacity, sizeof(task));
	lane->tasks[lane->task_count++] = task;
}

static void take(struct page *page, const struct trace_row *row)
{
	struct page_lane *lane;

	if (!strcmp(row->kind, "thread")) {
		page->lanes = region_grow(page->region, page->lanes, page->lane_count, &page->lane_capacity,
					  sizeof(*lane));
		page->lanes[page->lane_count++] = (struct page_lane){
			.run = row->run,
			.thread = row->thread,
			.label = region_format(page->region, "%s, t%lld", row->name, (long long)row->thread),
		};
		return;
	}
	lane = row->thread >= 0 ? find_lane(page, row->run, row->thread) : NULL;
	if (!lane || row->end_ns < row->start_ns)
		return;
	if (!strcmp(row->kind, "task")) {
		add_task(page, lane, row);
		if (!page->headings.runs[row->run].has_states)
			add_slice(page, lane, &(struct page_slice){ row->start_ns, row->end_ns, KIND_TASK, -1 });
	} else if (!strcmp(row->kind, "state")) {
		add_slice(page, lane,
			  &(struct page_slice){ row->start_ns, row->end_ns, activity_kind_of(row->what, row->core),
						row->core });
	}
}

/* ---- Writing ---- */

static void put_lane(const struct page_lane *lane, FILE *stream, struct report_timeline *summary)
{
	fputs("{\"label\":", stream);
	html_json_string(stream, lane->label);
	fputs(",\"slices\":[", stream);
	for (size_t i = 0; i < lane->slice_count; i++)
		fprintf(stream, "%s%lld,%lld,%d,%lld", i > 0 ? "," : "", (long long)lane->slices[i].start_ns,
			(long long)(lane->slices[i].end_ns - lane->slices[i].start_ns), (int)lane->slices[i].kind,
			(long long)lane->slices[i].core);
	fputs("],\"tasks\":[", stream);
	for (size_t i = 0; i < lane->task_count; i++)
		fprintf(stream, "%s%lld,%lld,%lld,%zu", i > 0 ? "," : "", (long long)lane->tasks[i].start_ns,
			(long long)(lane->tasks[i].end_ns - lane->tasks[i].start_ns),
			(long long)lane->tasks[i].number, lane->tasks[i].name);
	fputs("]}", stream);
	summary->written_count += lane->slice_count;
}

static void put_page(struct page *page, FILE *stream, struct report_timeline *summary)
{
	fputs("{\"kinds\":[", stream);
	for (enum activity_kind kind = KIND_PYTHON; kind < KIND_COUNT; kind++) {
		fputs(kind > 0 ? ",[" : "[", stream);
		html_json_string(stream, activity_kinds[kind].title);
		fprintf(stream, ",\"%s\",%g]", looks[kind].color, looks[kind].half);
	}
	fputs("],\"names\":[", stream);
	for (size_t i = 0; i < page->name_count; i++) {
		fputs(i > 0 ? "," : "", stream);
		html_json_string(stream, page->names[i]);
	}
	fputs("],\"runs\":[", stream);
	for (size_t run = 0; run < page->headings.count; run++) {
		bool first = true;

		fputs(run > 0 ? ",\n{\"label\":" : "\n{\"label\":", stream);
		html_json_string(stream, trace_heading_label(&page->headings, run, page->region));
		fputs(",\"lanes\":[", stream);
		for (size_t i = 0; i < page->lane_count; i++) {
			if (page->lanes[i].run != run)
				continue;
			fputs(first ? "\n" : ",\n", stream);
			first = false;
			put_lane(&page->lanes[i], stream, summary);
		}
		fputs("]}", stream);
	}
	fputs("]}", stream);
}

/* Counts the slices and sums their time, to know which are too short to be kept one by one. */
static bool look_through(struct page *page, const char *const *inputs, size_t count, struct data_error *error)
{
	struct trace_rows rows;
	struct trace_row row;
	sim_ns sum_ns = 0;

	trace_rows_init(&rows, inputs, count, page->region);
	error->status = 0;
	while (trace_rows_next(&rows, &row, error)) {
		trace_headings_add(&page->headings, &row, page->region);
		if (strcmp(row.kind, "state") != 0 || row.end_ns < row.start_ns)
			continue;
		page->slice_count++;
		sum_ns += row.end_ns - row.start_ns;
	}
	/* Each kept slice is at least that long, or has a longer neighbour. */
	page->least_ns = page->slice_count > REPORT_SLICES ? 2 * sum_ns / REPORT_SLICES + 1 : 0;
	return error->status == 0;
}

bool report_timeline_write(const char *const *inputs, size_t count, FILE *stream, struct region *region,
			   struct report_timeline *summary, struct data_error *error)
{
	struct page page = { .region = region };
	struct trace_rows rows;
	struct trace_row row;

	*summary = (struct report_timeline){ .slice_count = 0 };
	if (!look_through(&page, inputs, count, error))
		return false;
	trace_rows_init(&rows, inputs, count, region);
	while (trace_rows_next(&rows, &row, error))
		take(&page, &row);
	for (size_t i = 0; i < page.lane_count; i++)
		keep_pending(&page, &page.lanes[i]);
	summary->slice_count = page.slice_count;
	summary->shortest_ns = page.least_ns;
	summary->foot = trace_headings_foot(&page.headings, region);
	put_page(&page, stream, summary);
	return error->status == 0;
}
