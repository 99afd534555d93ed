/*
 * units.c - quantities with their unit, to and from text.
 *
 * Durations and sizes are read in whole numbers: up to 25 significant digits in 128 bits, times the
 * unit, rounded once. So "2.3ms" is 2300000 ns and the largest duration comes back as it was
 * written, which a double's 53 bits could not promise.
 */
#include "sim/base/units.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef unsigned __int128 wide;

/* 10^25 times the largest factor, an hour's 3.6e12 ns, still fits 128 bits. */
#define DIGIT_COUNT_MAX 25
/* What a message quotes of the input; the rest is cut, so that two quotes and the words fit. */
#define QUOTE_BYTES 40

struct unit {
	const char *name;
	int64_t factor;
};

static const struct unit duration_units[] = {
	{ "ns", 1 },
	{ "us", 1000 },
	{ "ms", 1000000 },
	{ "s", 1000000000 },
	{ "min", INT64_C(60000000000) },
	{ "h", INT64_C(3600000000000) },
	{ "\u00b5s", 1000 }, /* the micro sign, and the Greek letter that looks like it */
	{ "\u03bcs", 1000 },
	{ NULL, 0 },
};

static const struct unit byte_units[] = {
	{ "B", 1 },	{ "KiB", 1 << 10 }, { "MiB", 1 << 20 },	  { "GiB", 1 << 30 },
	{ "kB", 1000 }, { "MB", 1000000 },  { "GB", 1000000000 }, { NULL, 0 },
};

/* Factors are the unit's length in seconds. */
static const struct unit rate_units[] = { { "/s", 1 }, { "/min", 60 }, { "/h", 3600 }, { NULL, 0 } };

/* What one family of quantities is called in messages. */
struct quantity {
	const struct unit *units;
	const char *noun, *example, *expected;
};

static const struct quantity duration_quantity = { duration_units, "duration", "5ms", "ns, us, ms, s, min or h" };
static const struct quantity byte_quantity = { byte_units, "size", "64KiB", "B, KiB, MiB, GiB, kB, MB or GB" };
static const struct quantity rate_quantity = { rate_units, "rate", "120/s", "/s, /min or /h" };

/* A decimal number as it is written: digits * 10^exponent. */
struct decimal {
	bool negative;
	wide digits;
	long exponent;
	size_t length; /* of the text read, 0 when there is no number */
};

struct quote {
	char text[QUOTE_BYTES + 4];
};

static bool refuse(struct unit_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Writes the message; returns false so that a parser can end with it. */
static bool refuse(struct unit_error *error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(error->text, sizeof(error->text), format, arguments);
	va_end(arguments);
	return false;
}

/* The text, or its beginning and "..." when it is long; a character of UTF-8 is not cut in two. */
static struct quote quoted(const char *text)
{
	struct quote quote;
	size_t length = strnlen(text, QUOTE_BYTES + 1);

	if (length <= QUOTE_BYTES) {
		memcpy(quote.text, text, length + 1);
		return quote;
	}
	length = QUOTE_BYTES;
	while (length > QUOTE_BYTES - 3 && ((unsigned char)text[length] & 0xc0) == 0x80)
		length--;
	memcpy(quote.text, text, length);
	memcpy(quote.text + length, "...", 4);
	return quote;
}

/* Takes in one digit, or only its place where there are more digits than the value can hold. */
static void decimal_add_digit(struct decimal *number, int *digit_count, int digit, bool after_point)
{
	if (*digit_count == DIGIT_COUNT_MAX) {
		number->exponent += !after_point;
		return;
	}
	if (*digit_count > 0 || digit > 0)
		++*digit_count;
	number->digits = number->digits * 10 + (unsigned int)digit;
	number->exponent -= after_point;
}

/* Reads [-+] digits [. digits] [e [-+] digits] from the start of `text`. What strtod() takes beyond
 * that (hexadecimal, "inf", leading blanks) is not a number here. */
static struct decimal decimal_read(const char *text)
{
	struct decimal number = { 0 };
	int digit_count = 0;
	bool any_digit = false;
	size_t i = 0;

	if (text[i] == '-' || text[i] == '+')
		number.negative = text[i++] == '-';
	for (; isdigit((unsigned char)text[i]); i++) {
		decimal_add_digit(&number, &digit_count, text[i] - '0', false);
		any_digit = true;
	}
	if (text[i] == '.') {
		for (i++; isdigit((unsigned char)text[i]); i++) {
			decimal_add_digit(&number, &digit_count, text[i] - '0', true);
			any_digit = true;
		}
	}
	if (!any_digit)
		return (struct decimal){ 0 };
	if (text[i] == 'e' || text[i] == 'E') {
		size_t at = i + 1;
		bool negative = text[at] == '-';
		long exponent = 0;

		if (text[at] == '-' || text[at] == '+')
			at++;
		if (isdigit((unsigned char)text[at])) {
			/* Beyond a million digits nothing changes any more; it keeps the sum from overflowing. */
			for (; isdigit((unsigned char)text[at]); at++)
				exponent = exponent < 1000000 ? exponent * 10 + (text[at] - '0') : exponent;
			number.exponent += negative ? -exponent : exponent;
			i = at;
		}
	}
	number.length = i;
	return number;
}

enum scaled { SCALED_EXACT, SCALED_ROUNDED, SCALED_OVERFLOW };

/* number * factor as a whole number, halves rounded up. */
static enum scaled decimal_scale(const struct decimal *number, int64_t factor, int64_t *value)
{
	wide product = number->digits * (uint64_t)factor, divisor = 1, whole;
	long exponent = number->exponent;

	if (product == 0) {
		*value = 0;
		return SCALED_EXACT;
	}
	for (; exponent > 0; exponent--) {
		if (product > INT64_MAX)
			return SCALED_OVERFLOW;
		product *= 10;
	}
	/* Digits that cannot reach the last place any more are dropped before the divisor overflows. */
	if (exponent < -38) {
		*value = 0;
		return SCALED_ROUNDED;
	}
	for (; exponent < 0; exponent++)
		divisor *= 10;
	whole = product / divisor;
	if (product % divisor >= divisor - divisor / 2 && divisor > 1)
		whole++;
	if (whole > INT64_MAX)
		return SCALED_OVERFLOW;
	*value = (int64_t)whole;
	return product % divisor == 0 ? SCALED_EXACT : SCALED_ROUNDED;
}

/* Splits `text` into number and unit, of which the factor, and refuses what no quantity of this family may be. A bare 0
 * has the factor 1 where `zero_allowed`. */
static bool quantity_read(const char *text, const struct quantity *quantity, bool zero_allowed,
			  struct decimal *number, int64_t *factor, struct unit_error *error)
{
	const char *suffix;

	*number = (struct decimal){ 0 };
	*factor = 1;
	if (text[0] == '\0')
		return refuse(error, "missing %s, expected a number with its unit such as %s", quantity->noun,
			      quantity->example);
	*number = decimal_read(text);
	if (number->length == 0)
		return refuse(error, "'%s' is not a %s, expected a number with its unit such as %s",
			      quoted(text).text, quantity->noun, quantity->example);
	suffix = text + number->length;
	if (number->negative && number->digits != 0)
		return refuse(error, "negative %s '%s', expected at least 0", quantity->noun, quoted(text).text);
	if (suffix[0] == '\0') {
		if (zero_allowed && number->digits == 0)
			return true;
		return refuse(error, "missing unit in '%s', expected %s", quoted(text).text, quantity->expected);
	}
	if (isspace((unsigned char)suffix[0]))
		return refuse(error, "unexpected blank in '%s', expected number and unit together such as %s",
			      quoted(text).text, quantity->example);
	for (const struct unit *candidate = quantity->units; candidate->name; candidate++) {
		if (strcmp(suffix, candidate->name) == 0) {
			*factor = candidate->factor;
			return true;
		}
	}
	return refuse(error, "unknown unit '%s' in '%s', expected %s", quoted(suffix).text, quoted(text).text,
		      quantity->expected);
}

bool units_parse_duration(const char *text, sim_ns *value, struct unit_error *error)
{
	struct decimal number;
	int64_t factor, result;

	if (!quantity_read(text, &duration_quantity, true, &number, &factor, error))
		return false;
	if (decimal_scale(&number, factor, &result) == SCALED_OVERFLOW)
		return refuse(error, "duration '%s' is too long, expected less than 292 years", quoted(text).text);
	*value = result;
	return true;
}

bool units_parse_bytes(const char *text, int64_t *value, struct unit_error *error)
{
	struct decimal number;
	int64_t factor, result;

	if (!quantity_read(text, &byte_quantity, true, &number, &factor, error))
		return false;
	switch (decimal_scale(&number, factor, &result)) {
	case SCALED_OVERFLOW:
		return refuse(error, "size '%s' is too large, expected less than 8 EiB", quoted(text).text);
	case SCALED_ROUNDED:
		return refuse(error, "size '%s' is not a whole number of bytes", quoted(text).text);
	case SCALED_EXACT:
		break;
	}
	*value = result;
	return true;
}

bool units_parse_rate(const char *text, double *per_s, struct unit_error *error)
{
	struct decimal number;
	int64_t factor;
	double rate;

	if (!quantity_read(text, &rate_quantity, false, &number, &factor, error))
		return false;
	/* decimal_read() approved of the number and the unit follows it, so strtod() ends where it did. */
	rate = strtod(text, NULL) / (double)factor;
	if (!(rate > 0))
		return refuse(error, "rate '%s' is zero, expected more than 0/s", quoted(text).text);
	if (!isfinite(rate))
		return refuse(error, "rate '%s' is too large", quoted(text).text);
	*per_s = rate;
	return true;
}

bool units_parse_ratio(const char *text, double *value, struct unit_error *error)
{
	struct decimal number = decimal_read(text);
	const char *suffix = text + number.length;
	bool percent = strcmp(suffix, "%") == 0;
	double ratio;

	if (text[0] == '\0')
		return refuse(error, "missing ratio, expected a percentage such as 20%% or a number from 0 to 1");
	if (number.length == 0)
		return refuse(error,
			      "'%s' is not a ratio, expected a percentage such as 20%% or a number from 0 to 1",
			      quoted(text).text);
	if (!percent && suffix[0] != '\0')
		return refuse(error, "unknown unit '%s' in '%s', expected %% or none", quoted(suffix).text,
			      quoted(text).text);
	ratio = strtod(text, NULL) / (percent ? 100 : 1);
	if (!(ratio >= 0 && ratio <= 1))
		return refuse(error, "ratio '%s' is out of range, expected %s", quoted(text).text,
			      percent ? "0% to 100%" : "0 to 1, or a percentage such as 20%");
	*value = fabs(ratio); /* "-0" is 0 */
	return true;
}

bool units_parse_number(const char *text, double *value, struct unit_error *error)
{
	struct decimal number = decimal_read(text);
	double result;

	if (text[0] == '\0')
		return refuse(error, "missing number");
	if (number.length == 0 || text[number.length] != '\0')
		return refuse(error, "'%s' is not a number", quoted(text).text);
	result = strtod(text, NULL);
	if (!isfinite(result))
		return refuse(error, "number '%s' is too large", quoted(text).text);
	*value = result;
	return true;
}

bool units_parse_integer(const char *text, int64_t min, int64_t max, int64_t *value, struct unit_error *error)
{
	size_t digits_at = text[0] == '-' || text[0] == '+';
	bool in_range = true;
	__int128 magnitude = 0, result;

	if (text[0] == '\0')
		return refuse(error, "missing whole number");
	for (size_t i = digits_at; text[i] != '\0'; i++) {
		if (!isdigit((unsigned char)text[i]))
			return refuse(error, "'%s' is not a whole number", quoted(text).text);
		if (magnitude <= INT64_MAX)
			magnitude = magnitude * 10 + (text[i] - '0');
	}
	if (text[digits_at] == '\0')
		return refuse(error, "'%s' is not a whole number", quoted(text).text);
	result = text[0] == '-' ? -magnitude : magnitude;
	in_range = result >= min && result <= max;
	if (!in_range && max == INT64_MAX)
		return refuse(error, "'%s' is out of range, expected at least %" PRId64, quoted(text).text, min);
	if (!in_range)
		return refuse(error, "'%s' is out of range, expected %" PRId64 " to %" PRId64, quoted(text).text,
			      min, max);
	*value = (int64_t)result;
	return true;
}

/* magnitude / factor in decimal digits, if it ends; the length, or 0 when it does not end or fit. */
static size_t format_exact(uint64_t magnitude, const struct unit *unit, bool negative, char text[32])
{
	const uint64_t factor = (uint64_t)unit->factor;
	uint64_t rest = magnitude % factor;
	int length = snprintf(text, 32, "%s%" PRIu64, negative ? "-" : "", magnitude / factor);

	for (int place = 0; rest != 0; place++) {
		if (length >= 28 || place > 14)
			return 0;
		if (place == 0)
			text[length++] = '.';
		rest *= 10;
		text[length++] = (char)('0' + rest / factor);
		rest %= factor;
	}
	length += snprintf(text + length, 32 - (size_t)length, "%s", unit->name);
	return length < 32 ? (size_t)length : 0;
}

void units_format_duration(sim_ns value, char text[32])
{
	uint64_t magnitude = value < 0 ? -(uint64_t)value : (uint64_t)value;
	size_t best_length = 0;
	bool best_has_point = false;

	if (value == 0) {
		memcpy(text, "0", 2);
		return;
	}
	/* The first six entries are the units; what follows are other spellings. Of two texts of one
	 * length the one without a decimal point reads better: 500us, not 0.5ms. */
	for (size_t i = 0; i < 6; i++) {
		char candidate[32];
		size_t length = format_exact(magnitude, &duration_units[i], value < 0, candidate);
		bool has_point = length > 0 && strchr(candidate, '.');

		if (length == 0)
			continue;
		if (best_length == 0 || length < best_length ||
		    (length == best_length && best_has_point && !has_point)) {
			memcpy(text, candidate, length + 1);
			best_length = length;
			best_has_point = has_point;
		}
	}
}

void units_format_duration_short(double seconds, char text[32])
{
	/* `below`: from there on three digits would round to 1000 of this unit, or for seconds and
	 * minutes, to more than one likes to read. */
	static const struct {
		const char *name;
		double factor, below;
	} units[] = {
		{ "ns", 1e9, 999.5 }, { "us", 1e6, 999.5 },	 { "ms", 1e3, 999.5 },
		{ "s", 1, 999.5 },    { "min", 1. / 60, 99.95 }, { "h", 1. / 3600, INFINITY },
	};
	double magnitude = fabs(seconds);
	double value;
	size_t i = 0;

	if (isnan(seconds)) {
		snprintf(text, 32, "-");
		return;
	}
	if (magnitude == 0) {
		snprintf(text, 32, "0 s");
		return;
	}
	while (i + 1 < sizeof(units) / sizeof(units[0]) && magnitude * units[i].factor >= units[i].below)
		i++;
	value = magnitude * units[i].factor;
	snprintf(text, 32, "%s%.*f %s", seconds < 0 ? "-" : "",
		 value < 9.995	 ? 2
		 : value < 99.95 ? 1
				 : 0,
		 value < 1e18 ? value : INFINITY, units[i].name);
}
