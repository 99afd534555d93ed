/*
 * report.h - results, plans, advice, rows of validate and traces as one page of HTML that needs nothing else.
 */
#ifndef SIM_REPORT_REPORT_H
#define SIM_REPORT_REPORT_H

#include <signal.h>
#include <stdio.h>

#include "sim/report/data_table.h"

struct report_options {
	const char *const *inputs; /* as for plots: results, plans, advice, rows of validate, traces in CSV; any of them */
	size_t input_count;
	const char *folder; /* for what is needed meanwhile; must exist */
	const volatile sig_atomic_t *wish_to_stop; /* not 0: ends gnuplot, and fails; NULL: nobody has one */
};

/* Writes the page to `stream`; whether that has failed is for its owner to ask. */
bool report_write(const struct report_options *options, FILE *stream, struct region *region,
		  struct data_error *error);

#endif
