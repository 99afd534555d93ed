/*
 * progress.h - a progress bar on standard error, for what takes longer than a second on a terminal.
 */
#ifndef SIM_CLI_PROGRESS_H
#define SIM_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	bool is_terminal;
	bool shown;
	int64_t started_ms, drawn_ms;
};

void progress_start(struct progress *progress);
/* `fraction` from 0 to 1; `what` is being done. Cheap enough to be called often. */
void progress_update(struct progress *progress, double fraction, const char *what);
/* Wipes the bar; do it before printing anything else. */
void progress_end(struct progress *progress);
/* Seconds since the start, by the real clock. */
double progress_elapsed_s(const struct progress *progress);

#endif
