/*
 * output_file.h - a file that is either complete or as it was before.
 *
 * It is written without a name (O_TMPFILE), else under a temporary one, beside its own, and renamed at the end. What is
 * not a regular file (/dev/null, a pipe) is written directly.
 */
#ifndef SIM_CLI_OUTPUT_FILE_H
#define SIM_CLI_OUTPUT_FILE_H

#include <stdbool.h>
#include <stdio.h>

#include "sim/base/region.h"

struct output_file {
	FILE *stream;
	const char *path;      /* borrowed; NULL: standard output */
	char *temporary;       /* its name until it is complete; NULL: written directly */
	bool is_nameless;      /* it has not even that yet */
};

/* Whether it will be possible to write it, as far as can be told beforehand, for commands that take long; false with errno set. */
bool output_file_is_possible(const char *path, struct region *region);
/* `path` NULL or "-" is standard output. False with errno set. */
bool output_file_open(struct output_file *file, const char *path, struct region *region);
/* Completes the file; false with errno set when anything written before has failed, too. */
bool output_file_close(struct output_file *file);
/* Leaves the file as it was. */
void output_file_discard(struct output_file *file);
/* Creates a folder with its parents; false with errno set. */
bool make_folders(const char *path, struct region *region);

#endif
