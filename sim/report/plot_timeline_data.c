/*
 * plot_timeline_data.c - the data files of a timeline: lanes, slices or letters, marks.
 */
#include <string.h>

#include "sim/report/timeline.h"

/* Of a lane's label. */
#define LABEL_LENGTH 30
#define DUMB_LABEL_LENGTH 20

static enum activity_kind most_of(const sim_ns sums[KIND_COUNT], sim_ns *total_ns)
{
	enum activity_kind most = KIND_PYTHON;

	*total_ns = 0;
	for (enum activity_kind kind = KIND_PYTHON; kind < KIND_COUNT; kind++) {
		*total_ns += sums[kind];
		if (sums[kind] > sums[most])
			most = kind;
	}
	return most;
}

static void put_slice(struct timeline *timeline, FILE *stream, const struct lane *lane, enum activity_kind kind,
		      sim_ns start_ns, sim_ns end_ns)
{
	timeline->drawn[kind] = true;
	fprintf(stream, "%s\t%d\t%.9f\t%.9f\n", activity_kinds[kind].name, lane->y, sim_time_seconds(start_ns),
		sim_time_seconds(end_ns));
}

static void put_lane(struct timeline *timeline, const struct lane *lane, FILE *stream)
{
	sim_ns total_ns;

	for (size_t i = 0; i < lane->slice_count; i++) {
		const struct lane_slice *slice = &lane->slices[i];
		bool touches = i + 1 < lane->slice_count && slice[1].start_ns - slice->end_ns <= timeline->bin_ns;

		/* What lies between two and is too short to be drawn shall not be seen as a slit either. */
		put_slice(timeline, stream, lane, slice->kind, slice->start_ns,
			  touches ? slice[1].start_ns : slice->end_ns);
	}
	/* Bins that shorter slices fill by more than half; neighbours of one kind become one. */
	for (size_t bin = 0; bin < timeline->bin_count; bin++) {
		enum activity_kind kind = most_of(lane->bins[bin], &total_ns);
		size_t end = bin + 1;

		if (2 * total_ns < timeline->bin_ns || (lane->members > 0 && total_ns == 0))
			continue;
		while (end < timeline->bin_count && most_of(lane->bins[end], &total_ns) == kind &&
		       2 * total_ns >= timeline->bin_ns)
			end++;
		put_slice(timeline, stream, lane, kind, timeline->from_ns + (sim_ns)bin * timeline->bin_ns,
			  timeline->from_ns + (sim_ns)end * timeline->bin_ns);
		bin = end - 1;
	}
}

static bool put_slices(struct timeline *timeline)
{
	FILE *stream = plot_data(timeline->plot, "slices.tsv", "kind,lane,start_s,end_s");

	for (size_t i = 0; i < timeline->lane_count; i++)
		if (timeline->lanes[i].shown)
			put_lane(timeline, &timeline->lanes[i], stream);
	return plot_data_end(timeline->plot, stream);
}

/* A terminal's lanes: a letter for each column. */
static bool put_letters(struct timeline *timeline)
{
	FILE *stream = plot_data(timeline->plot, "letters.tsv", "lane,letters");

	for (size_t i = 0; i < timeline->lane_count; i++) {
		const struct lane *lane = &timeline->lanes[i];

		if (!lane->shown)
			continue;
		fprintf(stream, "%d\t", lane->y);
		for (size_t bin = 0; bin < timeline->bin_count; bin++) {
			sim_ns total_ns;
			enum activity_kind kind = most_of(lane->bins[bin], &total_ns);

			timeline->drawn[kind] |= total_ns > 0;
			fputc(total_ns > 0 ? activity_kinds[kind].letter : ' ', stream);
		}
		fputc('\n', stream);
	}
	return plot_data_end(timeline->plot, stream);
}

static bool put_lanes(struct timeline *timeline)
{
	FILE *stream = plot_data(timeline->plot, "lanes.tsv", "lane,is_heading,label");
	const size_t most = timeline->plot->options->format == PLOT_DUMB ? DUMB_LABEL_LENGTH : LABEL_LENGTH;
	size_t run = SIZE_MAX, longest = 0;
	const char *label;

	for (size_t i = 0; i < timeline->headings.count; i++) {
		int top = -1000000;

		run = i;
		for (size_t at = 0; at < timeline->lane_count; at++)
			if (timeline->lanes[at].run == run && timeline->lanes[at].shown &&
			    timeline->lanes[at].y > top)
				top = timeline->lanes[at].y;
		if (!timeline->headings.runs[run].wanted || top == -1000000)
			continue;
		fprintf(stream, "%d\t1\t", top + 1);
		plot_field(stream, trace_heading_label(&timeline->headings, run, timeline->plot->region));
		fputc('\n', stream);
	}
	for (size_t i = 0; i < timeline->lane_count; i++)
		if (timeline->lanes[i].shown) {
			fprintf(stream, "%d\t0\t", timeline->lanes[i].y);
			label = plot_short_label(timeline->plot, timeline->lanes[i].label, most);
			plot_field(stream, label);
			longest = strlen(label) > longest ? strlen(label) : longest;
			fputc('\n', stream);
		}
	plot_label_width(timeline->plot, longest);
	return plot_data_end(timeline->plot, stream);
}

static bool put_marks(struct timeline *timeline)
{
	FILE *stream = plot_data(timeline->plot, "marks.tsv", "what,time_s,lane,from_lane");
	size_t hand_overs = 0, requests = 0;

	for (size_t i = 0; i < timeline->mark_count; i++) {
		hand_overs += timeline->marks[i].is_hand_over;
		requests += !timeline->marks[i].is_hand_over;
	}
	for (size_t i = 0; i < timeline->mark_count; i++) {
		const struct mark *mark = &timeline->marks[i];

		if ((mark->is_hand_over ? hand_overs : requests) <= TIMELINE_MARKS)
			fprintf(stream, "%s\t%.9f\t%d\t%d\n", mark->is_hand_over ? "hand_over" : "drop_request",
				sim_time_seconds(mark->time_ns), mark->y, mark->from_y);
	}
	if (hand_overs > TIMELINE_MARKS || requests > TIMELINE_MARKS)
		plot_note(timeline->plot,
			  "too many hand-overs or requests to mark: see a part with --from and --to");
	plot_number(timeline->plot, "has_hand_overs", hand_overs > 0 && hand_overs <= TIMELINE_MARKS);
	plot_number(timeline->plot, "has_requests", requests > 0 && requests <= TIMELINE_MARKS);
	return plot_data_end(timeline->plot, stream);
}

/* Names those that are drawn, for the legend; returns how many. */
static int put_kinds(struct timeline *timeline)
{
	bool is_text = timeline->plot->options->format == PLOT_DUMB;
	const char *present = "";
	int count = 0;

	for (enum activity_kind kind = KIND_PYTHON; kind < KIND_COUNT; kind++) {
		const struct activity_kind_info *info = &activity_kinds[kind];
		const char *letter = is_text ? region_format(timeline->plot->region, "%c ", info->letter) : "";

		plot_text(timeline->plot, region_format(timeline->plot->region, "title_%s", info->name), "%s%s",
			  letter, info->title);
		if (!timeline->drawn[kind])
			continue;
		count++;
		present = region_format(timeline->plot->region, "%s%s%s", present, *present ? " " : "", info->name);
	}
	plot_text(timeline->plot, "kinds", "%s", present);
	return count;
}

bool timeline_write_data(struct timeline *timeline, int *kind_count)
{
	bool is_text = timeline->plot->options->format == PLOT_DUMB;

	if (!put_lanes(timeline) || !put_marks(timeline) ||
	    !(is_text ? put_letters(timeline) : put_slices(timeline)))
		return false;
	*kind_count = put_kinds(timeline);
	return true;
}
