/*
 * report_parts.c - what the sections of a report are made of: sentences, numbers, tables, pictures.
 */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include "sim/base/units.h"
#include "sim/report/html.h"
#include "sim/report/plot.h"
#include "sim/report/report_page.h"

void report_open_section(struct report *report, const char *id, const char *title)
{
	fprintf(report->stream, "<section id=\"%s\"><h2>", id);
	html_text(report->stream, title);
	report_put(report, "</h2>\n");
}

void report_put_paragraph(struct report *report, const char *style, const char *format, ...)
{
	char text[4096];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	if (*style)
		fprintf(report->stream, "<p class=\"%s\">", style);
	else
		report_put(report, "<p>");
	html_text(report->stream, text);
	report_put(report, "</p>\n");
}

const char *report_seconds(const struct report *report, double seconds)
{
	char text[32];

	if (!isfinite(seconds))
		return "-";
	units_format_duration_short(seconds, text);
	return region_strdup(report->region, text);
}

const char *report_number(const struct report *report, double value)
{
	return isfinite(value) ? region_format(report->region, "%.4g", value) : "-";
}

/* ---- Tables ---- */

static const char *cell_text(const struct report *report, double value, enum column_form form)
{
	if (!isfinite(value))
		return "-";
	switch (form) {
	case FORM_SECONDS:
		return report_seconds(report, value);
	case FORM_SHARE:
		return region_format(report->region, "%+.1f %%", 100 * value);
	case FORM_COUNT:
		return region_format(report->region, "%.0f", value);
	case FORM_MEBIBYTES:
		return region_format(report->region, "%.0f MiB", value / 1048576);
	case FORM_RATIO:
	case FORM_TEXT:
		break;
	}
	return report_number(report, value);
}

static void put_cell(struct report *report, const struct data_table *table, size_t row,
		     const struct table_column *column)
{
	const char *text = data_table_text(table, row, column->column);

	if (column->form == FORM_TEXT) {
		report_put(report, "<td>");
		html_text(report->stream, text);
		report_put(report, "</td>");
		return;
	}
	report_put(report, "<td class=\"number\" data-value=\"");
	html_text(report->stream, text);
	report_put(report, "\">");
	html_text(report->stream, cell_text(report, data_number(text), column->form));
	report_put(report, "</td>");
}

void report_put_table(struct report *report, const struct table_rows *rows, const struct table_column *columns,
		      size_t count)
{
	report_put(report, "<div class=\"wide\"><table><thead><tr>");
	for (size_t i = 0; i < count; i++) {
		report_put(report, columns[i].form == FORM_TEXT ? "<th>" : "<th class=\"number\">");
		html_text(report->stream, columns[i].title);
		report_put(report, "</th>");
	}
	report_put(report, "</tr></thead><tbody>\n");
	for (size_t row = rows->first; row < rows->end; row++) {
		if (rows->column && strcmp(data_table_text(rows->table, row, rows->column), rows->value) != 0)
			continue;
		report_put(report, row == rows->best ? "<tr class=\"best\">" : "<tr>");
		for (size_t i = 0; i < count; i++)
			put_cell(report, rows->table, row, &columns[i]);
		report_put(report, "</tr>\n");
	}
	report_put(report, "</tbody></table></div>\n");
}

/* ---- Pictures ---- */

bool report_put_picture(struct report *report, const char *kind, enum data_kind reads, const char *metric,
			const char *alt)
{
	struct plot_options options = { .kind = kind,
					.inputs = report->inputs[reads],
					.input_count = report->input_count[reads],
					.metric = metric,
					.max_lanes = 12,
					.format = PLOT_SVG,
					.wish_to_stop = report->wish_to_stop };
	const char *folder = region_format(report->region, "%s/%s-%d", report->folder, kind, (int)reads);
	const char *path = region_format(report->region, "%s/picture", folder);
	struct data_error error = { 0 };
	FILE *picture;

	if (mkdir(folder, 0777) != 0 && errno != EEXIST)
		return data_fail(report->error, 3, "%s: %s", folder, strerror(errno));
	if (!plot_draw(&options, folder, path, report->region, &error)) {
		/* What has nothing to draw has no picture; what cannot draw is told. */
		if (error.status == 2)
			return true;
		*report->error = error;
		return false;
	}
	picture = fopen(path, "re");
	if (!picture)
		return data_fail(report->error, 3, "%s: %s", path, strerror(errno));
	report_put(report, "<figure><img alt=\"");
	html_text(report->stream, alt);
	report_put(report, "\" src=\"data:image/svg+xml;base64,");
	html_base64(report->stream, picture);
	report_put(report, "\"></figure>\n");
	fclose(picture);
	return true;
}
