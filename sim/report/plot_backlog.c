/*
 * plot_backlog.c - counters of a trace over time: tasks waiting and in flight, threads ready, queues.
 */
#include <math.h>
#include <string.h>

#include "sim/report/plot.h"
#include "sim/report/trace_rows.h"

/* Above so many changes, a series is drawn by its highest value in each of PICTURE_BINS stretches. */
#define EXACT_POINTS 2000
#define PICTURE_BINS 720
/* Panels of one picture. */
#define RUNS_SEEN 6

struct counter_series {
	size_t run;
	const char *name;
	size_t style;
	size_t points;
	int64_t last, highest; /* `highest`: of the current bin */
	size_t bin;
	bool has_bin;
};

struct backlog {
	struct plot *plot;
	struct trace_headings headings;
	struct counter_series *series;
	size_t count, capacity;
	size_t *panel_of; /* by run: panel + 1 */
	sim_ns from_ns, to_ns;
	FILE *stream;
};

/* `*style`: the line of the common ones, alike in all panels; 0: another one. */
static const char *title_of(const struct trace_row *row, struct region *region, size_t *style)
{
	static const char *const titles[][2] = { { "waiting", "tasks that wait to be begun" },
						 { "in_flight", "tasks in flight" },
						 { "run_queue", "threads ready, without a core" } };

	*style = 0;
	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]) && !*row->name; i++)
		if (!strcmp(row->what, titles[i][0])) {
			*style = i + 1;
			return titles[i][1];
		}
	return *row->name ? region_format(region, "%s %s", row->what, row->name) : region_strdup(region, row->what);
}

static struct counter_series *find(struct backlog *backlog, const struct trace_row *row)
{
	struct region *region = backlog->plot->region;
	size_t style;
	const char *name = title_of(row, region, &style);

	for (size_t i = 0; i < backlog->count; i++)
		if (backlog->series[i].run == row->run && !strcmp(backlog->series[i].name, name))
			return &backlog->series[i];
	backlog->series = region_grow(region, backlog->series, backlog->count, &backlog->capacity,
				      sizeof(backlog->series[0]));
	backlog->series[backlog->count] = (struct counter_series){
		.run = row->run, .name = name, .style = style > 0 ? style : 4 + (backlog->count + 1) % 5
	};
	backlog->count++;
	return &backlog->series[backlog->count - 1];
}

static bool read_once(struct backlog *backlog, void (*take)(struct backlog *, const struct trace_row *))
{
	struct trace_rows rows;
	struct trace_row row;

	trace_rows_init(&rows, backlog->plot->options->inputs, backlog->plot->options->input_count,
			backlog->plot->region);
	backlog->plot->error->status = 0;
	while (trace_rows_next(&rows, &row, backlog->plot->error))
		take(backlog, &row);
	return backlog->plot->error->status == 0;
}

static void meet(struct backlog *backlog, const struct trace_row *row)
{
	trace_headings_add(&backlog->headings, row, backlog->plot->region);
	backlog->headings.runs[row->run].wanted =
		plot_wants_variant(backlog->plot, backlog->headings.runs[row->run].variant);
	if (!strcmp(row->kind, "counter"))
		find(backlog, row)->points++;
}

static void put_point(struct backlog *backlog, const struct counter_series *series, sim_ns time_ns, int64_t value)
{
	fprintf(backlog->stream, "%zu\t%zu\t%.9f\t%lld\n", backlog->panel_of[series->run],
		(size_t)(series - backlog->series) + 1, sim_time_seconds(time_ns), (long long)value);
}

static sim_ns bin_start(const struct backlog *backlog, size_t bin)
{
	return backlog->from_ns +
	       (sim_ns)((double)(backlog->to_ns - backlog->from_ns) * (double)bin / PICTURE_BINS);
}

static void put_bin(struct backlog *backlog, struct counter_series *series)
{
	if (series->has_bin)
		put_point(backlog, series, bin_start(backlog, series->bin), series->highest);
	series->has_bin = false;
}

static void take(struct backlog *backlog, const struct trace_row *row)
{
	struct counter_series *series;
	size_t bin;

	if (strcmp(row->kind, "counter") != 0 || backlog->panel_of[row->run] == 0 || row->start_ns > backlog->to_ns)
		return;
	series = find(backlog, row);
	if (series->points <= EXACT_POINTS) {
		put_point(backlog, series, row->start_ns, row->value);
		series->last = row->value;
		return;
	}
	bin = row->start_ns < backlog->from_ns
		      ? 0
		      : (size_t)((double)(row->start_ns - backlog->from_ns) * PICTURE_BINS /
				 (double)(backlog->to_ns - backlog->from_ns));
	if (!series->has_bin || bin != series->bin) {
		put_bin(backlog, series);
		/* What it was stays so until now. */
		if (bin > series->bin + 1)
			put_point(backlog, series, bin_start(backlog, series->bin + 1), series->last);
		series->bin = bin;
		series->highest = series->last;
		series->has_bin = true;
	}
	if (row->value > series->highest)
		series->highest = row->value;
	series->last = row->value;
}

static size_t choose_panels(struct backlog *backlog)
{
	struct plot *plot = backlog->plot;
	size_t panels = 0, wanted = 0;

	backlog->panel_of = region_alloc_array(plot->region, backlog->headings.count, sizeof(size_t));
	for (size_t run = 0; run < backlog->headings.count; run++) {
		if (!backlog->headings.runs[run].wanted)
			continue;
		wanted++;
		if (panels == RUNS_SEEN)
			continue;
		backlog->panel_of[run] = ++panels;
		plot_text(plot, region_format(plot->region, "panel_%zu", panels), "%s",
			  trace_heading_label(&backlog->headings, run, plot->region));
		plot_number(plot, region_format(plot->region, "last_%zu", panels),
			    sim_time_seconds(backlog->headings.runs[run].last_ns));
	}
	if (wanted > panels)
		plot_note(plot, "%zu of %zu runs", panels, wanted);
	return panels;
}

bool plot_prepare_backlog(struct plot *plot)
{
	struct backlog backlog = { .plot = plot };
	const char *names = "";
	size_t panels;
	bool merged = false;
	double scale;

	if (!read_once(&backlog, meet))
		return false;
	if (backlog.count == 0)
		return data_fail(plot->error, 2, "the trace has no counters");
	panels = choose_panels(&backlog);
	if (panels == 0)
		return data_fail(plot->error, 2, "the trace has no variant of that name");
	backlog.from_ns = plot->options->from_ns;
	backlog.to_ns = plot->options->to_ns;
	for (size_t run = 0; run < backlog.headings.count && plot->options->to_ns == 0; run++)
		if (backlog.headings.runs[run].wanted && backlog.headings.runs[run].last_ns > backlog.to_ns)
			backlog.to_ns = backlog.headings.runs[run].last_ns;
	if (backlog.from_ns >= backlog.to_ns)
		return data_fail(plot->error, 2, "nothing lies between --from and --to: the trace ends at %.9g s",
				 sim_time_seconds(backlog.to_ns));
	backlog.stream = plot_data(plot, "backlog.tsv", "panel,series,time_s,value");
	if (!read_once(&backlog, take)) {
		fclose(backlog.stream);
		return false;
	}
	for (size_t i = 0; i < backlog.count; i++) {
		struct counter_series *series = &backlog.series[i];

		if (backlog.panel_of[series->run] == 0)
			continue;
		put_bin(&backlog, series);
		put_point(&backlog, series, backlog.headings.runs[series->run].last_ns, series->last);
		merged |= series->points > EXACT_POINTS;
		plot_text(plot, region_format(plot->region, "series_%zu", i + 1), "%s", series->name);
		plot_number(plot, region_format(plot->region, "style_%zu", i + 1), (double)series->style);
		names = region_format(plot->region, "%s %zu", names, i + 1);
		plot_number(plot, region_format(plot->region, "panel_of_%zu", i + 1),
			    (double)backlog.panel_of[series->run]);
	}
	if (!plot_data_end(plot, backlog.stream))
		return false;
	if (merged)
		plot_note(plot, "series with more than %d changes: the highest value of each of %d stretches",
			  EXACT_POINTS, PICTURE_BINS);
	scale = backlog.to_ns >= 2 * SIM_S ? 1 : backlog.to_ns >= 2 * SIM_MS ? 1e3 : 1e6;
	plot_number(plot, "time_scale", scale);
	plot_text(plot, "time_unit", "%s", scale == 1 ? "s" : scale == 1e3 ? "ms" : "us");
	plot_number(plot, "from_s", sim_time_seconds(backlog.from_ns));
	plot_number(plot, "to_s", sim_time_seconds(backlog.to_ns));
	plot_number(plot, "panel_count", (double)panels);
	plot_text(plot, "series", "%s", names);
	plot_text(plot, "title", "%s: what waits, over time",
		  backlog.headings.count > 0 ? backlog.headings.runs[0].scenario : "");
	plot->foot = trace_headings_foot(&backlog.headings, plot->region);
	plot->height_px = 130 + 190 * (int)panels;
	return true;
}
