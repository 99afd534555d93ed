/*
 * axis.h - an axis along which a search may conclude: its values, and which numbers they are.
 */
#ifndef SIM_PLAN_AXIS_H
#define SIM_PLAN_AXIS_H

#include <stdbool.h>

#include "sim/plan/sweep_axes.h"

struct axis {
	const char *path;
	const char **values; /* as they are put at the path; at least one */
	double *numbers;     /* the same without their unit; NaN: no number */
	size_t count;
	bool is_numeric;     /* all are, and ascending */
};

/* Whether an axis changes this variant: one below another's name, "variants.OTHER.", does not. */
bool axis_is_about(const struct axis *axis, const char *variant);
/* Whether it is below this variant's name. */
bool axis_is_of(const struct axis *axis, const char *variant);
/* The axes of --vary, `axes->count` of them. */
struct axis *axes_with_numbers(const struct sweep_axes *axes, struct region *region);

#endif
