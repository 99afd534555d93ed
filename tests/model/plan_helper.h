/*
 * plan_helper.h - scenarios as plans and advice load them, again and again with other overrides.
 */
#ifndef TESTS_MODEL_PLAN_HELPER_H
#define TESTS_MODEL_PLAN_HELPER_H

#include "sim/plan/batch.h"
#include "sim/plan/scenario_source.h"

#define PLAN_SETTINGS_MAX 4

/* A file and what is set in it. */
struct plan_file {
	const char *path;
	const char *settings[PLAN_SETTINGS_MAX]; /* "PATH=VALUE"; NULL: no more */
	uint64_t seed;
};

struct scenario_source plan_source(const struct plan_file *file);
/* The scenario as it is; fails the test with what is wrong. */
struct scenario *plan_base(const struct scenario_source *source, struct region *region);
/* Writes a text into a file of the test's own in /tmp, whose path lives in `region`; plan_text_remove() it. */
const char *plan_text_file(const char *text, struct region *region);
void plan_text_remove(const char *path);

#endif
