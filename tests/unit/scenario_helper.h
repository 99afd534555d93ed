/*
 * scenario_helper.h - what the tests of sim/scenario share: a scenario from a text, and its messages.
 */
#ifndef TESTS_UNIT_SCENARIO_HELPER_H
#define TESTS_UNIT_SCENARIO_HELPER_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memfd_create() */
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "sim/scenario/scenario.h"

struct helper {
	struct region region;
	struct diagnostics diagnostics;
	char *messages; /* printed diagnostics; owned */
	int descriptor; /* of the last text loaded; -1: none */
};

static inline void helper_open(struct helper *helper)
{
	region_init(&helper->region);
	diagnostics_init(&helper->diagnostics, &helper->region);
	helper->messages = NULL;
	helper->descriptor = -1;
}

static inline void helper_close(struct helper *helper)
{
	if (helper->descriptor >= 0)
		close(helper->descriptor);
	free(helper->messages);
	region_release(&helper->region);
}

/* All messages as gilsim prints them. */
static inline const char *helper_messages(struct helper *helper)
{
	size_t length = 0;
	FILE *stream;

	free(helper->messages);
	helper->messages = NULL;
	stream = open_memstream(&helper->messages, &length);
	diagnostics_print(&helper->diagnostics, stream);
	fclose(stream);
	return helper->messages;
}

/* Loads `text` as a file would be; the file lives in memory. */
static inline struct scenario *helper_load(struct helper *helper, const char *text,
					   const struct scenario_options *options)
{
	char path[64];

	if (helper->descriptor >= 0)
		close(helper->descriptor);
	helper->descriptor = memfd_create("scenario", MFD_CLOEXEC);
	cr_assert(helper->descriptor >= 0 &&
		  write(helper->descriptor, text, strlen(text)) == (ssize_t)strlen(text));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", helper->descriptor);
	return scenario_load(path, options, &helper->region, &helper->diagnostics);
}

/* The same for a text that must be free of errors. */
static inline struct scenario *helper_load_good(struct helper *helper, const char *text,
						const struct scenario_options *options)
{
	struct scenario *scenario = helper_load(helper, text, options);

	cr_assert(scenario != NULL, "%s", helper_messages(helper));
	return scenario;
}

static inline bool helper_says(struct helper *helper, const char *part)
{
	return strstr(helper_messages(helper), part) != NULL;
}

#endif
