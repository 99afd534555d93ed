/*
 * stream.h - whether all that was printed has arrived.
 */
#ifndef SIM_RESULTS_STREAM_H
#define SIM_RESULTS_STREAM_H

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

/* Flushes; false with errno set when this or any write before it failed. */
static inline bool stream_finish(FILE *stream)
{
	errno = 0;
	if (fflush(stream) != EOF && !ferror(stream))
		return true;
	/* An earlier write's errno is gone; its error flag is what is left of it. */
	if (errno == 0)
		errno = EIO;
	return false;
}

#endif
