/*
 * sweep_axes.c - see sweep_axes.h.
 */
#include "sim/plan/sweep_axes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A number and what follows it: "5ms", "120/s", "64". */
struct quantity {
	double number;
	const char *unit;
};

static bool read_quantity(const char *text, struct quantity *quantity)
{
	char *end;

	quantity->number = strtod(text, &end);
	quantity->unit = end;
	/* strtod() also reads hexadecimal numbers, "inf" and "nan". */
	return end != text && isfinite(quantity->number) && strspn(text, "+-.0123456789eE") >= (size_t)(end - text);
}

static bool add_value(struct sweep_axis *axis, size_t *capacity, const char *value, struct region *region,
		      const char **why)
{
	if (axis->count == SWEEP_MAX_POINTS) {
		*why = region_format(region, "'%s' takes too many values, expected at most %d", axis->path,
				     SWEEP_MAX_POINTS);
		return false;
	}
	axis->values = region_grow(region, axis->values, axis->count, capacity, sizeof(axis->values[0]));
	axis->values[axis->count++] = value;
	return true;
}

/* "1..64:2": from, to, and how far or `log`. */
static bool add_range(struct sweep_axis *axis, const char *text, const char *dots, struct region *region,
		      const char **why)
{
	const char *colon = strchr(dots, ':');
	const char *last_text = colon ? region_strndup(region, dots + 2, (size_t)(colon - dots) - 2) :
					region_strdup(region, dots + 2);
	bool is_log = colon && strcmp(colon + 1, "log") == 0;
	struct quantity first, last, step = { 1, "" };
	size_t capacity = 0;

	if (!read_quantity(region_strndup(region, text, (size_t)(dots - text)), &first) ||
	    !read_quantity(last_text, &last) || strcmp(first.unit, last.unit) != 0) {
		*why = region_format(region, "'%s' is no range, expected two numbers with the same unit, such as 1..64 or 1ms..20ms:1ms",
				     text);
		return false;
	}
	if (colon && !is_log &&
	    (!read_quantity(colon + 1, &step) || (*step.unit && strcmp(step.unit, first.unit) != 0) ||
	     step.number <= 0)) {
		*why = region_format(region, "'%s' is no step of '%s', expected a number above 0, or log", colon + 1, text);
		return false;
	}
	if (last.number < first.number || (is_log && first.number <= 0)) {
		*why = region_format(region, "'%s' has no value, expected %s", text,
				     is_log ? "a first value above 0, and a last one not below it" :
					      "a last value not below the first");
		return false;
	}
	for (size_t i = 0;; i++) {
		double value = is_log ? ldexp(first.number, (int)i) : first.number + (double)i * step.number;
		/* What a step of 0.1 makes of the end must not lose it. */
		bool is_beyond = value > last.number * (1 + 1e-12);

		if (is_beyond && !(is_log && ldexp(first.number, (int)i - 1) < last.number))
			return true;
		if (!add_value(axis, &capacity,
			       region_format(region, "%.12g%s", is_beyond ? last.number : value, first.unit), region,
			       why))
			return false;
		if (is_beyond)
			return true;
	}
}

static bool add_list(struct sweep_axis *axis, const char *text, struct region *region, const char **why)
{
	size_t capacity = 0;

	for (;;) {
		size_t length = 0;
		int depth = 0; /* commas inside brackets belong to a value */

		while (text[length] && (text[length] != ',' || depth > 0)) {
			depth += strchr("[({", text[length]) != NULL;
			depth -= strchr("])}", text[length]) != NULL;
			length++;
		}
		if (length == 0) {
			*why = region_format(region, "a value of '%s' is empty", axis->path);
			return false;
		}
		if (!add_value(axis, &capacity, region_strndup(region, text, length), region, why))
			return false;
		if (text[length] == '\0')
			return true;
		text += length + 1;
	}
}

bool sweep_axes_add(struct sweep_axes *axes, const char *text, struct region *region, const char **why)
{
	const char *equals = strchr(text, '=');
	struct sweep_axis axis = { 0 };
	const char *dots;

	if (equals == NULL || equals == text) {
		*why = region_format(region, "'%s' is no PATH=RANGE", text);
		return false;
	}
	axis.path = region_strndup(region, text, (size_t)(equals - text));
	for (size_t i = 0; i < axes->count; i++)
		if (strcmp(axes->items[i].path, axis.path) == 0) {
			*why = region_format(region, "'%s' is varied twice", axis.path);
			return false;
		}
	dots = strchr(equals + 1, ',') ? NULL : strstr(equals + 1, "..");
	if (dots ? !add_range(&axis, equals + 1, dots, region, why) : !add_list(&axis, equals + 1, region, why))
		return false;
	axes->items = region_resize(region, axes->items, (axes->count + 1) * sizeof(axes->items[0]));
	axes->items[axes->count++] = axis;
	return true;
}

size_t sweep_axes_points(const struct sweep_axes *axes)
{
	size_t points = 1;

	for (size_t i = 0; i < axes->count && points <= SWEEP_MAX_POINTS; i++)
		points *= axes->items[i].count;
	return points;
}

const char *sweep_axes_value(const struct sweep_axes *axes, size_t point, size_t axis)
{
	for (size_t i = axes->count; i-- > axis + 1;)
		point /= axes->items[i].count;
	return axes->items[axis].values[point % axes->items[axis].count];
}

void sweep_axes_settings(const struct sweep_axes *axes, size_t point, const char **settings, struct region *region)
{
	for (size_t i = 0; i < axes->count; i++)
		settings[i] = region_format(region, "%s=%s", axes->items[i].path, sweep_axes_value(axes, point, i));
}
