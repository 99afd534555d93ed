/*
 * progress.c - a progress bar on standard error.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sim/cli/progress.h"

#define SHOWN_AFTER_MS 1000
#define DRAWN_EVERY_MS 100
#define BAR_WIDTH 30

static int64_t wall_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void progress_start(struct progress *progress)
{
	int64_t now_ms = wall_ms();

	*progress =
		(struct progress){ .is_terminal = isatty(STDERR_FILENO), .started_ms = now_ms, .drawn_ms = now_ms };
}

void progress_update(struct progress *progress, double fraction, const char *what)
{
	static const char bar[] = "##############################";
	int64_t now_ms;
	char left[32] = "";
	int filled;

	if (!progress->is_terminal)
		return;
	now_ms = wall_ms();
	if (now_ms - progress->started_ms < SHOWN_AFTER_MS || now_ms - progress->drawn_ms < DRAWN_EVERY_MS)
		return;
	progress->drawn_ms = now_ms;
	progress->shown = true;
	fraction = fraction < 0 ? 0 : fraction > 1 ? 1 : fraction;
	filled = (int)(fraction * BAR_WIDTH);
	/* At the pace so far; the first twentieth says little. */
	if (fraction >= 0.05)
		snprintf(left, sizeof(left), ", %.0f s left",
			 progress_elapsed_s(progress) / fraction * (1 - fraction));
	/* Back to the line's start, the bar, and the rest of the line wiped. */
	fprintf(stderr, "\r[%.*s%*s] %3.0f%%%s %.60s\033[K", filled, bar, BAR_WIDTH - filled, "", 100 * fraction,
		left, what);
	fflush(stderr);
}

void progress_end(struct progress *progress)
{
	if (progress->shown)
		fputs("\r\033[K", stderr);
	progress->shown = false;
}

double progress_elapsed_s(const struct progress *progress)
{
	return (double)(wall_ms() - progress->started_ms) / 1e3;
}
