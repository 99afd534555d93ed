/*
 * report_page.h - what the parts of a report's page share.
 */
#ifndef SIM_REPORT_REPORT_PAGE_H
#define SIM_REPORT_REPORT_PAGE_H

#include <signal.h>
#include <stdio.h>

#include "sim/report/data_table.h"

struct report {
	FILE *stream;
	struct region *region;
	struct data_error *error;
	const char *folder;
	const volatile sig_atomic_t *wish_to_stop;
	struct data_table tables[DATA_KIND_COUNT]; /* a trace's is empty */
	const char **inputs[DATA_KIND_COUNT];
	size_t input_count[DATA_KIND_COUNT], input_capacity[DATA_KIND_COUNT];
};

/* HTML as it stands. */
static inline void report_put(const struct report *report, const char *text)
{
	fputs(text, report->stream);
}

/* Begins a section with its heading; </section> is the caller's to write. */
void report_open_section(struct report *report, const char *id, const char *title);
/* A paragraph of text; `style` is its class, or "". */
void report_put_paragraph(struct report *report, const char *style, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* ---- Numbers for people; "-" for NaN ---- */

const char *report_seconds(const struct report *report, double seconds);
const char *report_number(const struct report *report, double value);

/* ---- Tables ---- */

enum column_form { FORM_TEXT, FORM_SECONDS, FORM_RATIO, FORM_COUNT, FORM_SHARE, FORM_MEBIBYTES };

struct table_column {
	const char *column, *title;
	enum column_form form;
};

struct table_rows {
	const struct data_table *table;
	size_t first, end;
	size_t best;	     /* stands out; SIZE_MAX: none does */
	const char *column;  /* only rows with `value` there; NULL: all */
	const char *value;
};

/* Each cell of a number carries the value itself, as the result file has it, beside what people read. */
void report_put_table(struct report *report, const struct table_rows *rows, const struct table_column *columns,
		      size_t count);

/* ---- Pictures ---- */

/* Draws `kind` from the inputs of that kind; what has nothing to draw has no picture. `metric` NULL: the kind's own. */
bool report_put_picture(struct report *report, const char *kind, enum data_kind reads, const char *metric,
			const char *alt);

/* ---- The sections; false when one could not be drawn or written ---- */

bool report_put_results(struct report *report);
bool report_put_plan(struct report *report);
bool report_put_advice(struct report *report);
/* The scenarios' text as it stands in their files, and the machine profiles with what nobody measured. */
void report_put_scenarios(struct report *report);
void report_put_machines(struct report *report);

#endif
