/*
 * report_page.h - what the parts of a report's page share.
 */
#ifndef SIM_REPORT_REPORT_PAGE_H
#define SIM_REPORT_REPORT_PAGE_H

#include <stdio.h>

#include "sim/report/data_table.h"

struct report {
	FILE *stream;
	struct region *region;
	struct data_error *error;
	const char *folder;
	struct data_table tables[3]; /* by kind; a trace's is empty */
	const char **inputs[3];
	size_t input_count[3], input_capacity[3];
};

/* HTML as it stands. */
static inline void report_put(const struct report *report, const char *text)
{
	fputs(text, report->stream);
}

static inline const struct data_table *report_results(const struct report *report)
{
	return &report->tables[DATA_RESULTS];
}

/* Begins a section with its heading; </section> is the caller's to write. */
void report_open_section(struct report *report, const char *id, const char *title);

/* The scenarios' text as it stands in their files, and the machine profile with what nobody measured. */
void report_put_scenarios(struct report *report);
void report_put_machine(struct report *report);

#endif
