/*
 * axis.c - reads the numbers of an axis.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/plan/axis.h"

/* What a text begins with, its unit left out; values of one axis have the same. */
static double number_of(const char *text)
{
	char *end;
	double number = strtod(text, &end);

	return end != text && isfinite(number) && strspn(text, "+-.0123456789eE") >= (size_t)(end - text) ? number : NAN;
}

static const char *unit_of(const char *text)
{
	return text + strspn(text, "+-.0123456789eE");
}

#define VARIANTS "variants."

bool axis_is_of(const struct axis *axis, const char *variant)
{
	const size_t start = strlen(VARIANTS), length = strlen(variant);

	return strncmp(axis->path, VARIANTS, start) == 0 && strncmp(axis->path + start, variant, length) == 0 &&
	       axis->path[start + length] == '.';
}

bool axis_is_about(const struct axis *axis, const char *variant)
{
	return strncmp(axis->path, VARIANTS, strlen(VARIANTS)) != 0 || axis_is_of(axis, variant);
}

struct axis *axes_with_numbers(const struct sweep_axes *axes, struct region *region)
{
	struct axis *result = region_alloc_array(region, axes->count, sizeof(result[0]));

	for (size_t a = 0; a < axes->count; a++) {
		const struct sweep_axis *from = &axes->items[a];
		struct axis *axis = &result[a];

		*axis = (struct axis){ .path = from->path, .values = from->values, .count = from->count,
				       .is_numeric = true };
		axis->numbers = region_alloc_array(region, axis->count, sizeof(axis->numbers[0]));
		for (size_t i = 0; i < axis->count; i++) {
			axis->numbers[i] = number_of(axis->values[i]);
			axis->is_numeric &= isfinite(axis->numbers[i]) &&
					    strcmp(unit_of(axis->values[i]), unit_of(axis->values[0])) == 0 &&
					    (i == 0 || axis->numbers[i] > axis->numbers[i - 1]);
		}
	}
	return result;
}
