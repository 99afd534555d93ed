/*
 * plot.c - see plot.h.
 */
#include "sim/report/plot.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "sim/profile/profile.h"
#include "sim/report/gnuplot.h"
#include "sim/results/version.h"

#define READS(kind) (1u << (kind))

const struct plot_kind plot_kinds[] = {
	{ "timeline", "what each thread is at, over time (--trace FILE.csv)", READS(DATA_TRACE), plot_prepare_timeline },
	{ "backlog", "what waits, over time (--trace FILE.csv)", READS(DATA_TRACE), plot_prepare_backlog },
	{ "speedup", "a bar a variant, or lines along an axis (results)", READS(DATA_RESULTS), plot_prepare_speedup },
	{ "breakdown", "where the time of a task goes (results, advice)", READS(DATA_RESULTS) | READS(DATA_ADVICE),
	  plot_prepare_breakdown },
	{ "latency", "percentiles on a tail axis (results)", READS(DATA_RESULTS), plot_prepare_latency },
	{ "waterfall", "how the time of a task adds up (results)", READS(DATA_RESULTS), plot_prepare_waterfall },
	{ "load", "throughput, p50, p99 by arrival rate (a sweep)", READS(DATA_RESULTS), plot_prepare_load },
	{ "heatmap", "a metric over two axes (a sweep)", READS(DATA_RESULTS), plot_prepare_heatmap },
	{ "scalability", "throughput, and a law fitted to it (a sweep)", READS(DATA_RESULTS), plot_prepare_scalability },
	{ "validation", "predicted against measured (rows of validate)", READS(DATA_VALIDATION),
	  plot_prepare_validation },
	{ "plan", "how far inside its objectives each point is (plan)", READS(DATA_PLAN), plot_prepare_plan },
	{ "advice", "a bar a model, each at its best size (advise)", READS(DATA_ADVICE), plot_prepare_advice },
};
const size_t plot_kind_count = sizeof(plot_kinds) / sizeof(plot_kinds[0]);

const struct plot_kind *plot_kind_find(const char *name)
{
	for (size_t i = 0; i < plot_kind_count; i++)
		if (!strcmp(plot_kinds[i].name, name))
			return &plot_kinds[i];
	return NULL;
}

/* ---- For the kinds ---- */

FILE *plot_data(struct plot *plot, const char *name, const char *columns)
{
	FILE *stream = fopen(region_format(plot->region, "%s/%s", plot->folder, name), "we");

	/* Who writes to it need not ask: plot_data_end() does. */
	if (!stream) {
		data_fail(plot->error, 3, "%s/%s: %s", plot->folder, name, strerror(errno));
		stream = fopen("/dev/full", "we");
	}
	for (; *columns; columns++)
		fputc(*columns == ',' ? '\t' : *columns, stream);
	fputc('\n', stream);
	return stream;
}

bool plot_data_end(struct plot *plot, FILE *stream)
{
	bool failed = ferror(stream) != 0;

	failed |= fclose(stream) != 0;
	return !failed || data_fail(plot->error, 3, "%s: %s", plot->folder, strerror(errno));
}

/* In single quotes, where only the quote itself is special; a line break, which would end the statement, is put
 * together with what is around it. */
static void put_quoted(FILE *script, const char *text)
{
	fputc('\'', script);
	for (; *text; text++) {
		if (*text == '\n')
			fputs("'.\"\\n\".'", script);
		else if (*text == '\'')
			fputs("''", script);
		else
			fputc((unsigned char)*text < 0x20 ? ' ' : *text, script);
	}
	fputc('\'', script);
}

void plot_text(struct plot *plot, const char *name, const char *format, ...)
{
	char text[1024];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	fprintf(plot->script, "%s = ", name);
	put_quoted(plot->script, text);
	fputc('\n', plot->script);
}

void plot_number(struct plot *plot, const char *name, double value)
{
	if (isfinite(value))
		fprintf(plot->script, "%s = %.15g\n", name, value);
	else
		fprintf(plot->script, "%s = NaN\n", name);
}

void plot_field(FILE *stream, const char *text)
{
	for (; *text; text++)
		fputc((unsigned char)*text < 0x20 ? ' ' : *text, stream);
}

const char *plot_short_label(struct plot *plot, const char *label, size_t most)
{
	size_t length = strlen(label), head = most - most / 3 - 2, tail = most / 3;
	const char *end = label + length - tail;

	if (length <= most)
		return label;
	/* Not within a character of several bytes. */
	while (head > 0 && ((unsigned char)label[head] & 0xc0) == 0x80)
		head--;
	while (((unsigned char)*end & 0xc0) == 0x80)
		end++;
	return region_format(plot->region, "%.*s..%s", (int)head, label, end);
}

void plot_label_width(struct plot *plot, size_t longest)
{
	plot_number(plot, "label_width", (double)(longest < 12 ? 12 : longest + 2));
}

void plot_note(struct plot *plot, const char *format, ...)
{
	char text[512];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	plot->note = plot->note ? region_format(plot->region, "%s; %s", plot->note, text)
				: region_strdup(plot->region, text);
}

bool plot_wants_variant(const struct plot *plot, const char *variant)
{
	for (size_t i = 0; i < plot->options->variant_count; i++)
		if (!strcmp(plot->options->variants[i], variant))
			return true;
	return plot->options->variant_count == 0;
}

/* ---- Drawing ---- */

static const char *plots_directory(struct region *region)
{
	return region_format(region, "%s/../plots", profile_data_directory(region));
}

static bool read_inputs(struct plot *plot, const struct plot_kind *kind)
{
	static const char *const names[] = { [DATA_RESULTS] = "results",
					     [DATA_VALIDATION] = "the rows of validate",
					     [DATA_TRACE] = "a trace in CSV",
					     [DATA_PLAN] = "a plan",
					     [DATA_ADVICE] = "advice" };
	enum data_kind wanted = (enum data_kind)__builtin_ctz(kind->reads);

	for (size_t i = 0; i < plot->options->input_count; i++) {
		struct data_table table;

		if (!data_table_read(&table, plot->options->inputs[i], plot->region, plot->error))
			return false;
		if (!(kind->reads >> table.kind & 1))
			return data_fail(plot->error, 2, "%s: holds %s, but '%s' draws %s",
					 plot->options->inputs[i], names[table.kind], kind->name, names[wanted]);
		if (i == 0)
			plot->table = table;
		else if (table.kind != plot->table.kind)
			return data_fail(plot->error, 2, "%s: holds %s, but '%s' %s", plot->options->inputs[i],
					 names[table.kind], plot->options->inputs[0], names[plot->table.kind]);
		else
			data_table_append(&plot->table, &table);
	}
	return true;
}

static bool all_equal(const struct data_table *table, const char *column)
{
	for (size_t row = 1; row < table->row_count; row++)
		if (strcmp(data_table_text(table, row, column), data_table_text(table, 0, column)) != 0)
			return false;
	return table->row_count > 0 && *data_table_text(table, 0, column);
}

/* "a1-cpu-count, simulated; profile default, 2 cores; Python 3.12; seed 1; gilsim 0.1.0" */
static const char *foot_of(const struct plot *plot)
{
	static const struct {
		const char *column, *before, *after;
	} parts[] = { { "scenario", "", "" },
		      { "source", "", "" },
		      { "machine_profile", "profile ", "" },
		      { "machine_cores", "", " cores" },
		      { "python_version", "Python ", "" },
		      { "seed", "seed ", "" } };
	const struct data_table *table = &plot->table;
	const char *foot = NULL;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (all_equal(table, parts[i].column))
			foot = region_format(plot->region, "%s%s%s%s%s", foot ? foot : "", foot ? ", " : "",
					     parts[i].before, data_table_text(table, 0, parts[i].column),
					     parts[i].after);
	if (!all_equal(table, "gilsim"))
		return region_format(plot->region, "%s%sdrawn by gilsim %s", foot ? foot : "", foot ? ", " : "",
				     GILSIM_VERSION);
	return region_format(plot->region, "%s%sgilsim %s", foot ? foot : "", foot ? ", " : "",
			     data_table_text(table, 0, "gilsim"));
}

/* Breaks a text where it would leave the picture. */
static const char *wrap(const struct plot *plot, const char *text, int *lines)
{
	const size_t width = plot->options->format == PLOT_DUMB ? (size_t)plot->options->columns - 1 : (size_t)plot->width_px / 7;
	char *wrapped = region_strdup(plot->region, text);
	char *line = wrapped;

	*lines = 1;
	while (strlen(line) > width) {
		char *blank = line + width;

		while (blank > line && *blank != ' ')
			blank--;
		if (blank == line)
			break;
		*blank = '\n';
		line = blank + 1;
		(*lines)++;
	}
	return wrapped;
}

/* A text picture has whole lines below it, where gnuplot would cut them at the terminal's width. */
static const char *dumb_foot(const struct plot *plot, int *lines)
{
	const char *text = plot->note ? region_format(plot->region, "%s; %s", plot->foot, plot->note) : plot->foot;

	return wrap(plot, text, lines);
}

static bool put_dumb_foot(const struct plot *plot, const char *path)
{
	int lines;
	const char *foot = dumb_foot(plot, &lines);
	FILE *stream;

	if (!path)
		return printf("%s\n", foot) >= 0 && fflush(stdout) == 0;
	stream = fopen(path, "ae");
	if (!stream)
		return false;
	fprintf(stream, "%s\n", foot);
	return fclose(stream) == 0;
}

static void put_terminal(struct plot *plot, const char *path)
{
	const struct plot_options *options = plot->options;
	int rows, foot_lines;

	switch (options->format) {
	case PLOT_SVG:
		fprintf(plot->script,
			"set terminal svg size %d,%d dynamic noenhanced font 'DejaVu Sans,Helvetica,sans-serif,12' "
			"background 'white'\n",
			plot->width_px, plot->height_px);
		break;
	case PLOT_PNG:
		fprintf(plot->script, "set terminal pngcairo size %d,%d noenhanced font 'DejaVu Sans,9'\n",
			plot->width_px, plot->height_px);
		break;
	case PLOT_PDF:
		fprintf(plot->script, "set terminal pdfcairo size %.2fin,%.2fin noenhanced font 'DejaVu Sans,9'\n",
			plot->width_px / 96.0, plot->height_px / 96.0);
		break;
	case PLOT_DUMB:
		dumb_foot(plot, &foot_lines);
		rows = options->rows - foot_lines;
		fprintf(plot->script, "set terminal dumb size %d,%d noenhanced\n", options->columns,
			plot->text_rows > 0 && plot->text_rows < rows ? plot->text_rows : rows);
		break;
	}
	if (path) {
		fputs("set output ", plot->script);
		put_quoted(plot->script, path);
		fputc('\n', plot->script);
	}
}

static bool write_script(struct plot *plot, const struct plot_kind *kind, const char *path, const char *name)
{
	const char *plots = plots_directory(plot->region);
	const char *note;
	int note_lines = 0;
	bool prepared;

	if (access(region_format(plot->region, "%s/%s.gp", plots, kind->name), R_OK) != 0)
		return data_fail(plot->error, 3, "%s/%s.gp: %s", plots, kind->name, strerror(errno));
	plot->script = fopen(name, "we");
	if (!plot->script)
		return data_fail(plot->error, 3, "%s: %s", name, strerror(errno));
	prepared = kind->prepare(plot);
	if (!plot->foot)
		plot->foot = foot_of(plot);
	plot_text(plot, "foot", "%s", plot->foot);
	note = plot->note ? wrap(plot, plot->note, &note_lines) : "";
	plot_text(plot, "note", "%s", note);
	plot_number(plot, "note_lines", note_lines);
	plot_text(plot, "folder", "%s", plot->folder);
	plot_text(plot, "plots", "%s", plots);
	plot_number(plot, "dumb", plot->options->format == PLOT_DUMB);
	put_terminal(plot, path);
	fputs("load plots.'/common.gp'\n", plot->script);
	fprintf(plot->script, "load plots.'/%s.gp'\n", kind->name);
	return plot_data_end(plot, plot->script) && prepared;
}

/* gnuplot does not tell when there was no room for what it has written. */
static bool is_whole(const char *path, enum plot_format format)
{
	static const char *const ends[] = { [PLOT_SVG] = "</svg>", [PLOT_PNG] = "IEND", [PLOT_PDF] = "%%EOF" };
	FILE *picture;
	char tail[64];
	size_t length;

	if (!path || format == PLOT_DUMB)
		return true;
	picture = fopen(path, "re");
	if (!picture)
		return false;
	if (fseek(picture, -(long)sizeof(tail), SEEK_END) != 0)
		rewind(picture);
	length = fread(tail, 1, sizeof(tail), picture);
	fclose(picture);
	return memmem(tail, length, ends[format], strlen(ends[format])) != NULL;
}

bool plot_draw(const struct plot_options *options, const char *folder, const char *path, struct region *region,
	       struct data_error *error)
{
	const struct plot_kind *kind = plot_kind_find(options->kind);
	struct plot plot = { .options = options,
			     .region = region,
			     .error = error,
			     .folder = folder,
			     .width_px = 800,
			     .height_px = 480 };
	const char *script = region_format(region, "%s/plot.gp", folder);

	if (!read_inputs(&plot, kind) || !write_script(&plot, kind, path, script) ||
	    !gnuplot_run(script, options->wish_to_stop, region, error))
		return false;
	if (options->format == PLOT_DUMB)
		return put_dumb_foot(&plot, path) || data_fail(error, 3, "%s: %s", path ? path : "standard output", strerror(errno));
	return is_whole(path, options->format) ||
	       data_fail(error, 3, "gnuplot cannot write %s: there may be no room for it", path);
}
