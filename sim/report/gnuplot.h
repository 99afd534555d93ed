/*
 * gnuplot.h - runs gnuplot on a script.
 */
#ifndef SIM_REPORT_GNUPLOT_H
#define SIM_REPORT_GNUPLOT_H

#include <signal.h>

#include "sim/report/data_table.h"

/*
 * Runs `gnuplot SCRIPT`. False with the reason: it is missing or older than 5.4, it failed (with its last words),
 * or it took longer than a minute, or `wish_to_stop` (NULL: nobody has one) became other than 0. What it prints goes to this
 * process's standard output.
 */
bool gnuplot_run(const char *script, const volatile sig_atomic_t *wish_to_stop, struct region *region, struct data_error *error);

#endif
