/*
 * test_units.c - what units.h and sim_time.h promise: exact values, and a message for each error.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "sim/base/units.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

Test(sim_time, rounding_is_to_the_nearest_halves_away_from_zero_clamped)
{
	cr_expect(eq(i64, sim_time_round(711.49), 711));
	cr_expect(eq(i64, sim_time_round(711.5), 712));
	cr_expect(eq(i64, sim_time_round(2.5), 3));
	cr_expect(eq(i64, sim_time_round(-2.5), -3));
	cr_expect(eq(i64, sim_time_round(0.49999999999999994), 0));
	cr_expect(eq(i64, sim_time_round(9223372036854774784.), INT64_C(9223372036854774784)));
	cr_expect(eq(i64, sim_time_round(9223372036854775808.), INT64_MAX));
	cr_expect(eq(i64, sim_time_round(INFINITY), INT64_MAX));
	cr_expect(eq(i64, sim_time_round(-INFINITY), INT64_MIN));
	cr_expect(eq(i64, sim_time_round(NAN), 0));
}

Test(sim_time, a_sum_that_does_not_fit_stops_the_program, .signal = SIGABRT)
{
	freopen("/dev/null", "w", stderr);
	sim_time_add(SIM_NS_MAX - 4, 5);
}

Test(sim_time, the_largest_sum_fits)
{
	cr_expect(eq(i64, sim_time_add(SIM_NS_MAX - 4, 4), SIM_NS_MAX));
}

Test(units, durations_are_exact)
{
	static const struct {
		const char *text;
		sim_ns value;
	} cases[] = {
		{ "0", 0 },
		{ "0.00", 0 },
		{ "-0", 0 },
		{ "0h", 0 },
		{ "5ms", 5000000 },
		{ "+7us", 7000 },
		{ "2.3ms", 2300000 },
		{ "1.25s", 1250000000 },
		{ "0.1s", 100000000 },
		{ "1e3us", 1000000 },
		{ "2.5e-3s", 2500000 },
		{ "25E-1ms", 2500000 },
		{ ".5us", 500 },
		{ "3.us", 3000 },
		{ "90min", INT64_C(5400000000000) },
		{ "1.5h", INT64_C(5400000000000) },
		{ "13\u00b5s", 13000 },
		{ "13\u03bcs", 13000 },
		{ "0.3ns", 0 },
		{ "0.5ns", 1 },
		{ "1.4999999999ns", 1 },
		{ "9223372036854775807ns", INT64_MAX },
		{ "9223372036.854775807s", INT64_MAX },
		{ "00000000000000000000000000000000000000000000000007ns", 7 },
		{ "0.00000000000000000000000000000000000000000000000007s", 0 },
		{ "7.0000000000000000000000000000000000000000000000000001ns", 7 },
		{ "7e-999999999999ns", 0 },
		{ "0e999999999999ns", 0 },
		{ "7e-3000h", 0 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct unit_error error = { "" };
		sim_ns value = -1;

		cr_expect(units_parse_duration(cases[i].text, &value, &error), "%s: %s", cases[i].text, error.text);
		cr_expect(eq(i64, value, cases[i].value), "%s", cases[i].text);
	}
}

Test(units, bytes_are_exact_and_whole)
{
	static const struct {
		const char *text;
		int64_t value;
	} cases[] = {
		{ "0", 0 },
		{ "77B", 77 },
		{ "64KiB", 65536 },
		{ "1.5KiB", 1536 },
		{ "80MiB", 83886080 },
		{ "3GiB", INT64_C(3221225472) },
		{ "7kB", 7000 },
		{ "0.25MB", 250000 },
		{ "1.1GB", 1100000000 },
		{ "9223372036854775807B", INT64_MAX },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct unit_error error = { "" };
		int64_t value = -1;

		cr_expect(units_parse_bytes(cases[i].text, &value, &error), "%s: %s", cases[i].text, error.text);
		cr_expect(eq(i64, value, cases[i].value), "%s", cases[i].text);
	}
}

Test(units, rates_are_per_second)
{
	struct unit_error error;
	double rate = NAN;

	cr_expect(units_parse_rate("120/s", &rate, &error));
	cr_expect(eq(dbl, rate, 120));
	cr_expect(units_parse_rate("90/min", &rate, &error));
	cr_expect(eq(dbl, rate, 1.5));
	cr_expect(units_parse_rate("9000/h", &rate, &error));
	cr_expect(eq(dbl, rate, 2.5));
	cr_expect(units_parse_rate("7.5e2/s", &rate, &error));
	cr_expect(eq(dbl, rate, 750));
}

Test(units, ratios_are_percentages_or_numbers_up_to_1)
{
	struct unit_error error;
	double ratio = NAN;

	cr_expect(units_parse_ratio("20%", &ratio, &error));
	cr_expect(eq(dbl, ratio, 0.2));
	cr_expect(units_parse_ratio("0.37", &ratio, &error));
	cr_expect(eq(dbl, ratio, 0.37));
	cr_expect(units_parse_ratio("100%", &ratio, &error));
	cr_expect(eq(dbl, ratio, 1));
	cr_expect(units_parse_ratio("0", &ratio, &error));
	cr_expect(eq(dbl, ratio, 0));
}

Test(units, numbers_and_integers_have_no_unit)
{
	struct unit_error error;
	double number = NAN;
	int64_t integer = 0;

	cr_expect(units_parse_number("-2.5e3", &number, &error));
	cr_expect(eq(dbl, number, -2500));
	cr_expect(units_parse_integer("-9223372036854775808", INT64_MIN, INT64_MAX, &integer, &error));
	cr_expect(eq(i64, integer, INT64_MIN));
	cr_expect(units_parse_integer("+64", 1, 64, &integer, &error));
	cr_expect(eq(i64, integer, 64));
	cr_expect(units_parse_integer("0007", 1, 64, &integer, &error));
	cr_expect(eq(i64, integer, 7));
}

/* --- messages ------------------------------------------------------------------------------- */

enum parser { DURATION, BYTES, RATE, RATIO, NUMBER, INTEGER };

static bool parse(enum parser parser, const char *text, struct unit_error *error)
{
	int64_t integer = -711;
	double number = -711;
	bool accepted = false;

	switch (parser) {
	case DURATION:
		accepted = units_parse_duration(text, &integer, error);
		break;
	case BYTES:
		accepted = units_parse_bytes(text, &integer, error);
		break;
	case RATE:
		accepted = units_parse_rate(text, &number, error);
		break;
	case RATIO:
		accepted = units_parse_ratio(text, &number, error);
		break;
	case NUMBER:
		accepted = units_parse_number(text, &number, error);
		break;
	case INTEGER:
		accepted = units_parse_integer(text, 1, 64, &integer, error);
		break;
	}
	if (!accepted)
		cr_expect(integer == -711 && number == -711, "'%s' leaves the value alone", text);
	return accepted;
}

Test(units, each_error_names_the_faulty_part_and_what_was_expected)
{
	static const struct {
		enum parser parser;
		const char *text, *message;
	} cases[] = {
		{ DURATION, "", "missing duration, expected a number with its unit such as 5ms" },
		{ DURATION, "soon", "'soon' is not a duration, expected a number with its unit such as 5ms" },
		{ DURATION, "ms", "'ms' is not a duration, expected a number with its unit such as 5ms" },
		{ DURATION, " 5ms", "' 5ms' is not a duration, expected a number with its unit such as 5ms" },
		{ DURATION, ".ms", "'.ms' is not a duration, expected a number with its unit such as 5ms" },
		{ DURATION, "inf", "'inf' is not a duration, expected a number with its unit such as 5ms" },
		{ DURATION, "nans", "'nans' is not a duration, expected a number with its unit such as 5ms" },
		{ DURATION, "3", "missing unit in '3', expected ns, us, ms, s, min or h" },
		{ DURATION, "3mz", "unknown unit 'mz' in '3mz', expected ns, us, ms, s, min or h" },
		{ DURATION, "3MS", "unknown unit 'MS' in '3MS', expected ns, us, ms, s, min or h" },
		{ DURATION, "1,5ms", "unknown unit ',5ms' in '1,5ms', expected ns, us, ms, s, min or h" },
		{ DURATION, "0x5s", "unknown unit 'x5s' in '0x5s', expected ns, us, ms, s, min or h" },
		{ DURATION, "5ms ", "unknown unit 'ms ' in '5ms ', expected ns, us, ms, s, min or h" },
		{ DURATION, "5 ms", "unexpected blank in '5 ms', expected number and unit together such as 5ms" },
		{ DURATION, "-5ms", "negative duration '-5ms', expected at least 0" },
		{ DURATION, "3000000h", "duration '3000000h' is too long, expected less than 292 years" },
		{ DURATION, "9223372036854775808ns",
		  "duration '9223372036854775808ns' is too long, expected less than 292 years" },
		{ DURATION, "1e999999999999s",
		  "duration '1e999999999999s' is too long, expected less than 292 years" },
		{ BYTES, "", "missing size, expected a number with its unit such as 64KiB" },
		{ BYTES, "77", "missing unit in '77', expected B, KiB, MiB, GiB, kB, MB or GB" },
		{ BYTES, "7K", "unknown unit 'K' in '7K', expected B, KiB, MiB, GiB, kB, MB or GB" },
		{ BYTES, "0.3B", "size '0.3B' is not a whole number of bytes" },
		{ BYTES, "-1B", "negative size '-1B', expected at least 0" },
		{ BYTES, "8589934592GiB", "size '8589934592GiB' is too large, expected less than 8 EiB" },
		{ RATE, "120", "missing unit in '120', expected /s, /min or /h" },
		{ RATE, "0", "missing unit in '0', expected /s, /min or /h" },
		{ RATE, "120/ms", "unknown unit '/ms' in '120/ms', expected /s, /min or /h" },
		{ RATE, "0/s", "rate '0/s' is zero, expected more than 0/s" },
		{ RATE, "1e-400/s", "rate '1e-400/s' is zero, expected more than 0/s" },
		{ RATE, "-3/s", "negative rate '-3/s', expected at least 0" },
		{ RATE, "1e400/s", "rate '1e400/s' is too large" },
		{ RATE, "fast", "'fast' is not a rate, expected a number with its unit such as 120/s" },
		{ RATIO, "", "missing ratio, expected a percentage such as 20% or a number from 0 to 1" },
		{ RATIO, "%", "'%' is not a ratio, expected a percentage such as 20% or a number from 0 to 1" },
		{ RATIO, "20ms", "unknown unit 'ms' in '20ms', expected % or none" },
		{ RATIO, "101%", "ratio '101%' is out of range, expected 0% to 100%" },
		{ RATIO, "20", "ratio '20' is out of range, expected 0 to 1, or a percentage such as 20%" },
		{ RATIO, "-0.1", "ratio '-0.1' is out of range, expected 0 to 1, or a percentage such as 20%" },
		{ NUMBER, "", "missing number" },
		{ NUMBER, "7x", "'7x' is not a number" },
		{ NUMBER, "0x10", "'0x10' is not a number" },
		{ NUMBER, "nan", "'nan' is not a number" },
		{ NUMBER, "1e400", "number '1e400' is too large" },
		{ INTEGER, "", "missing whole number" },
		{ INTEGER, "-", "'-' is not a whole number" },
		{ INTEGER, "7.0", "'7.0' is not a whole number" },
		{ INTEGER, "7e1", "'7e1' is not a whole number" },
		{ INTEGER, "65", "'65' is out of range, expected 1 to 64" },
		{ INTEGER, "0", "'0' is out of range, expected 1 to 64" },
		{ INTEGER, "99999999999999999999999999999999999999999999999999",
		  "'9999999999999999999999999999999999999999...' is out of range, expected 1 to 64" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct unit_error error = { "" };

		cr_expect(not(parse(cases[i].parser, cases[i].text, &error)), "'%s' is refused", cases[i].text);
		cr_expect(eq(str, error.text, (char *)cases[i].message), "'%s'", cases[i].text);
	}
}

Test(units, an_integer_without_an_upper_limit_is_told_the_lower_one)
{
	struct unit_error error;
	int64_t value;

	cr_expect(not(units_parse_integer("0", 1, INT64_MAX, &value, &error)));
	cr_expect(eq(str, error.text, "'0' is out of range, expected at least 1"));
}

Test(units, long_input_is_quoted_in_part_and_never_in_the_middle_of_a_character)
{
	char text[4001];
	struct unit_error error;
	sim_ns value;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	memcpy(text + 38, "\u20ac", 3);
	cr_expect(not(units_parse_duration(text, &value, &error)));
	cr_expect(eq(str, error.text,
		     "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...' is not a duration, "
		     "expected a number with its unit such as 5ms"));
	memcpy(text, "3", 1);
	cr_expect(not(units_parse_duration(text, &value, &error)));
	cr_expect(lt(sz, strlen(error.text), sizeof(error.text)));
}

/* --- back to text --------------------------------------------------------------------------- */

Test(units, a_formatted_duration_is_the_shortest)
{
	static const struct {
		sim_ns value;
		const char *text;
	} cases[] = {
		{ 0, "0" },
		{ 5000000, "5ms" },
		{ 1250000000, "1.25s" },
		{ 750, "750ns" },
		{ 500000, "500us" },
		{ 1, "1ns" },
		{ 1234567, "1234567ns" },
		{ INT64_C(60000000000), "60s" },
		{ INT64_C(600000000000), "600s" },
		{ INT64_C(6000000000000), "6000s" },
		{ INT64_C(3600000000000), "1h" },
		{ INT64_C(86400000000000), "24h" },
		{ INT64_C(1020000000000), "1020s" },
		{ INT64_C(120000000000000), "120000s" },
		{ INT64_MAX, "9223372036854775807ns" },
		{ -2500, "-2.5us" },
		{ INT64_MIN, "-9223372036854775808ns" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[32];

		units_format_duration(cases[i].value, text);
		cr_expect(eq(str, text, (char *)cases[i].text));
	}
}

Test(units, a_formatted_duration_parses_back_to_itself)
{
	uint64_t state = 4711;

	for (int i = 0; i < 200000; i++) {
		struct unit_error error;
		char text[32];
		sim_ns value, back = -1;

		/* Of all magnitudes, many of them round in decimal. */
		state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
		value = (sim_ns)(state >> 1 >> (state >> 3) % 63);
		for (uint64_t n = (state >> 9) % 12; n > 0 && value < SIM_NS_MAX / 10; n--)
			value *= 10;
		units_format_duration(value, text);
		cr_assert(units_parse_duration(text, &back, &error), "%s: %s", text, error.text);
		cr_assert(eq(i64, back, value), "%s", text);
	}
}

Test(units, short_durations_have_three_significant_digits)
{
	static const struct {
		double seconds;
		const char *text;
	} cases[] = {
		{ 1.05, "1.05 s" },
		{ 512e-6, "512 us" },
		{ 0, "0 s" },
		{ 7e-9, "7.00 ns" },
		{ 0.9994e-3, "999 us" },
		{ 0.9996e-3, "1.00 ms" },
		{ 99.96e-3, "100 ms" },
		{ 9.996, "10.0 s" },
		{ 37.11, "37.1 s" },
		{ 711, "711 s" },
		{ 1711, "28.5 min" },
		{ 36000, "10.0 h" },
		{ -2.385, "-2.38 s" },
		{ NAN, "-" },
		{ INFINITY, "inf h" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[32];

		units_format_duration_short(cases[i].seconds, text);
		cr_expect(eq(str, text, (char *)cases[i].text));
	}
}
