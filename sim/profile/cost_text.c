/*
 * cost_text.c - costs to text and back, exactly.
 *
 * A unit is a power of ten here, so it is applied to the text and not to the number: "1.3us" is
 * read as strtod("1.3e3"), which rounds once; 1.3 * 1000 would round twice and might not come back.
 */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/profile/cost_text.h"

struct decimal_unit {
	const char *name;
	int exponent; /* one of it is 10^exponent ns */
};

/* Largest first, as cost_format() tries them. */
static const struct decimal_unit time_units[] = { { "s", 9 }, { "ms", 6 }, { "us", 3 }, { "ns", 0 } };
#define TIME_UNIT_COUNT (sizeof(time_units) / sizeof(time_units[0]))

static const struct {
	const char *name;
	double bytes;
} byte_units[] = { { "GiB", 1 << 30 }, { "MiB", 1 << 20 }, { "KiB", 1 << 10 }, { "B", 1 } };
#define BYTE_UNIT_COUNT (sizeof(byte_units) / sizeof(byte_units[0]))

/* The length of the decimal number at the start of `text`: digits, a point, an exponent; 0 if none. */
static size_t number_length(const char *text)
{
	size_t length = strspn(text, "0123456789");
	size_t digits = length;

	if (text[length] == '.') {
		size_t fraction = strspn(text + length + 1, "0123456789");

		digits += fraction;
		length += 1 + fraction;
	}
	if (digits == 0)
		return 0;
	if (text[length] == 'e' || text[length] == 'E') {
		size_t sign = text[length + 1] == '-' || text[length + 1] == '+';
		size_t exponent = strspn(text + length + 1 + sign, "0123456789");

		if (exponent > 0)
			length += 1 + sign + exponent;
	}
	return length;
}

/* number * 10^shift, rounded once. */
static bool parse_shifted(const char *text, size_t length, int shift, double *value)
{
	char copy[64];
	const char *mark = memchr(text, 'e', length);
	int exponent = shift;

	if (!mark)
		mark = memchr(text, 'E', length);
	if (length > sizeof(copy) - 16)
		return false;
	if (mark) {
		long own = strtol(mark + 1, NULL, 10);

		if (own < -400 || own > 400)
			return false;
		exponent += (int)own;
		length = (size_t)(mark - text);
	}
	snprintf(copy, sizeof(copy), "%.*se%d", (int)length, text, exponent);
	*value = strtod(copy, NULL);
	return isfinite(*value);
}

bool cost_parse(enum cost_unit unit, const char *text, double *value, struct unit_error *error)
{
	static const char *const expected[] = {
		[UNIT_ns] = "a duration such as 1.3us (ns, us, ms or s)",
		[UNIT_ratio] = "a number without a unit, or a percentage",
		[UNIT_count] = "a number without a unit",
		[UNIT_bytes] = "bytes such as 64KiB (B, KiB, MiB or GiB)",
		[UNIT_per_s] = "a rate such as 250/s",
		[UNIT_ns_per_byte] = "a time per byte such as 0.15ns/B",
	};
	size_t length = number_length(text);
	const char *rest = text + length;
	double number, parsed = NAN;

	if (length > 0 && parse_shifted(text, length, 0, &number)) {
		switch (unit) {
		case UNIT_ns:
			for (size_t i = 0; i < TIME_UNIT_COUNT; i++)
				if (!strcmp(rest, time_units[i].name))
					parse_shifted(text, length, time_units[i].exponent, &parsed);
			if (*rest == '\0' && number == 0)
				parsed = 0;
			break;
		case UNIT_ratio:
			if (!strcmp(rest, "%"))
				parse_shifted(text, length, -2, &parsed);
			else if (*rest == '\0')
				parsed = number;
			break;
		case UNIT_count:
			if (*rest == '\0')
				parsed = number;
			break;
		case UNIT_bytes:
			if (*rest == '\0')
				parsed = number;
			for (size_t i = 0; i < BYTE_UNIT_COUNT; i++)
				if (!strcmp(rest, byte_units[i].name))
					parsed = number * byte_units[i].bytes;
			break;
		case UNIT_per_s:
			if (*rest == '\0' || !strcmp(rest, "/s"))
				parsed = number;
			break;
		case UNIT_ns_per_byte:
			for (size_t i = 0; i < TIME_UNIT_COUNT; i++) {
				size_t name_length = strlen(time_units[i].name);

				if (!strncmp(rest, time_units[i].name, name_length) &&
				    !strcmp(rest + name_length, "/B"))
					parse_shifted(text, length, time_units[i].exponent, &parsed);
			}
			if (*rest == '\0' && number == 0)
				parsed = 0;
			break;
		}
	}
	if (!isfinite(parsed)) {
		snprintf(error->text, sizeof(error->text), "'%.40s' is no value, expected %s", text,
			 expected[unit]);
		return false;
	}
	*value = parsed;
	return true;
}

/* The fewest digits that give `value` back, and the power of ten of the first one. */
static int shortest_digits(double value, char digits[24], int *exponent)
{
	char text[40];
	int count = 1;

	for (; count <= 17; count++) {
		snprintf(text, sizeof(text), "%.*e", count - 1, value);
		if (strtod(text, NULL) == value)
			break;
	}
	*exponent = (int)strtol(strchr(text, 'e') + 1, NULL, 10);
	count = 0;
	for (const char *c = text; *c != 'e'; c++)
		if (isdigit((unsigned char)*c))
			digits[count++] = *c;
	digits[count] = '\0';
	return count;
}

/* value / 10^shift as a plain decimal, without rounding. */
static void format_shifted(double value, int shift, const char *suffix, char text[40])
{
	char digits[24];
	int exponent;
	int count = shortest_digits(value, digits, &exponent);

	exponent -= shift;
	if (exponent < -6 || exponent > 15)
		snprintf(text, 40, "%c.%se%d%s", digits[0], count > 1 ? digits + 1 : "0", exponent, suffix);
	else if (exponent < 0)
		snprintf(text, 40, "0.%.*s%s%s", -exponent - 1, "000000", digits, suffix);
	else if (count > exponent + 1)
		snprintf(text, 40, "%.*s.%s%s", exponent + 1, digits, digits + exponent + 1, suffix);
	else
		snprintf(text, 40, "%s%.*s%s", digits, exponent + 1 - count, "000000000000000", suffix);
}

void cost_format(enum cost_unit unit, double value, char text[40])
{
	switch (unit) {
	case UNIT_ns:
		for (size_t i = 0; i < TIME_UNIT_COUNT; i++) {
			double least = pow(10, time_units[i].exponent);

			if (value >= least || i + 1 == TIME_UNIT_COUNT) {
				format_shifted(value, time_units[i].exponent, time_units[i].name, text);
				return;
			}
		}
		return;
	case UNIT_bytes:
		for (size_t i = 0; i < BYTE_UNIT_COUNT; i++) {
			double count = value / byte_units[i].bytes;

			if ((count >= 1 && count == floor(count)) || i + 1 == BYTE_UNIT_COUNT) {
				format_shifted(count, 0, byte_units[i].name, text);
				return;
			}
		}
		return;
	case UNIT_ratio:
	case UNIT_count:
		format_shifted(value, 0, "", text);
		return;
	case UNIT_per_s:
		format_shifted(value, 0, "/s", text);
		return;
	case UNIT_ns_per_byte:
		format_shifted(value, 0, "ns/B", text);
		return;
	}
}

void cost_format_short(enum cost_unit unit, double value, char text[40])
{
	char rounded[40];

	/* Bytes are counted; a count in KiB would be rounded in odd places. */
	if (unit != UNIT_bytes) {
		snprintf(rounded, sizeof(rounded), "%.3e", value);
		value = strtod(rounded, NULL);
	}
	cost_format(unit, value, text);
}

void cost_format_percent(double ratio, char text[40])
{
	format_shifted(ratio, -2, "%", text);
}
