/*
 * test_profile.c - machine profiles: values come back as they were written, mistakes are told with
 * their place, and an interpreter's costs come from the nearest one that has them.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/profile/cost_text.h"
#include "sim/profile/profile.h"
#include "sim/profile/profile_files.h"

static struct region region;
static struct diagnostics diagnostics;
static char folder[] = "/tmp/gilsim-test-profile-XXXXXX";

static void set_up(void)
{
	region_init(&region);
	diagnostics_init(&diagnostics, &region);
	cr_assert(mkdtemp(folder) != NULL);
}

static void tear_down(void)
{
	char command[100];

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	cr_assert(eq(int, system(command), 0));
	region_release(&region);
}

TestSuite(profile, .init = set_up, .fini = tear_down);

static const char *file_with(const char *text)
{
	const char *path = region_format(&region, "%s/p.yaml", folder);
	FILE *stream = fopen(path, "w");

	cr_assert(stream != NULL);
	fputs(text, stream);
	fclose(stream);
	return path;
}

/* Whether some diagnostic is at this place and says this. */
static bool is_told(int line, int column, const char *text)
{
	for (size_t i = 0; i < diagnostics.count; i++)
		if (diagnostics.items[i].line == line && diagnostics.items[i].column == column &&
		    strstr(diagnostics.items[i].text, text))
			return true;
	diagnostics_print(&diagnostics, stderr);
	return false;
}

/* A profile in which every value is different and none is round. */
static struct profile *uneven_profile(void)
{
	struct profile *profile = profile_new("uneven", &region);
	struct profile_python *pythons[2];

	profile->cpu = "a \"quoted\" CPU: 3 # no comment";
	profile->kernel = "6.18.44";
	profile->cores = 7;
	profile_add_python(profile, &region, "3.11", true);
	profile_add_python(profile, &region, "3.13", false);
	pythons[0] = &profile->pythons[0];
	pythons[1] = &profile->pythons[1];
	pythons[0]->executable = "/usr/bin/python3.11";
	pythons[0]->full_version = "3.11.7";
	for (enum cost cost = 0; cost < COST_COUNT; cost++) {
		struct profile_value value = { .value = 711.0 / 7 * (cost + 1) / 3,
					       .spread = cost % 3 ? 0.0123 * cost : NAN,
					       .samples = (int)cost * 3,
					       .provenance = PROVENANCE_MEASURED + cost % 4,
					       .note = "2026-11-21" };

		if (cost_infos[cost].unit == UNIT_bytes)
			value.value = 1000 + cost * 1024;
		if (cost_infos[cost].scope == SCOPE_MACHINE) {
			profile->values[cost] = value;
		} else {
			pythons[0]->values[cost] = value;
			value.value *= 1e6 / 3;
			pythons[1]->values[cost] = value;
		}
	}
	return profile;
}

static const char *written(const struct profile *profile)
{
	const char *path = region_format(&region, "%s/written.yaml", folder);
	FILE *stream = fopen(path, "w");

	cr_assert(stream != NULL);
	cr_assert(profile_write(profile, stream));
	fclose(stream);
	return path;
}

Test(profile, every_value_comes_back_as_the_very_same_double)
{
	const struct profile *profile = uneven_profile();
	const struct profile *back = profile_read(written(profile), &region, &diagnostics);

	diagnostics_print(&diagnostics, stderr);
	cr_assert(back != NULL);
	cr_expect(eq(str, (char *)back->name, (char *)"uneven"));
	cr_expect(eq(str, (char *)back->cpu, (char *)profile->cpu));
	cr_expect(eq(int, back->cores, 7));
	cr_assert(eq(sz, back->python_count, 2));
	cr_expect(eq(str, (char *)back->pythons[0].executable, (char *)"/usr/bin/python3.11"));
	cr_expect(not(back->pythons[1].gil));
	for (enum cost cost = 0; cost < COST_COUNT; cost++) {
		bool machine = cost_infos[cost].scope == SCOPE_MACHINE;

		for (size_t i = 0; i < (machine ? 1 : 2); i++) {
			const struct profile_value *a =
				machine ? &profile->values[cost] : &profile->pythons[i].values[cost];
			const struct profile_value *b =
				machine ? &back->values[cost] : &back->pythons[i].values[cost];

			cr_expect(a->value == b->value, "%s: %.17g became %.17g", cost_infos[cost].name, a->value,
				  b->value);
			cr_expect(a->spread == b->spread || (isnan(a->spread) && isnan(b->spread)),
				  "%s: spread %.17g became %.17g", cost_infos[cost].name, a->spread, b->spread);
			cr_expect(eq(int, a->samples, b->samples));
			cr_expect(a->provenance == b->provenance);
		}
	}
}

Test(profile, the_shipped_default_is_complete_and_covers_every_python)
{
	static const char *const versions[] = { "3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14" };
	const struct profile *profile = profile_load("default", &region, &diagnostics);
	struct costs costs;
	const char *note;

	diagnostics_print(&diagnostics, stderr);
	cr_assert(profile != NULL);
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		cr_expect(profile_costs(profile, &region, versions[i], true, &costs, &note));
		cr_expect(note == NULL, "Python %s: %s", versions[i], note);
	}
	cr_expect(profile_costs(profile, &region, "3.14", false, &costs, &note));
	cr_expect(note == NULL);
	cr_expect(costs.value[COST_GIL_INTERVAL] == 5e6);
}

Test(profile, in_ideal_every_cost_is_what_its_row_says)
{
	const struct profile *profile = profile_load("ideal", &region, &diagnostics);
	struct costs costs;
	const char *note;

	cr_assert(profile != NULL);
	cr_assert(profile_costs(profile, &region, "3.12", false, &costs, &note));
	cr_expect(note == NULL);
	for (enum cost cost = 0; cost < COST_COUNT; cost++)
		cr_expect(costs.value[cost] == cost_infos[cost].ideal, "%s", cost_infos[cost].name);
}

Test(profile, costs_come_from_the_exact_version_then_the_nearest_then_the_other_build)
{
	struct profile *profile = profile_load("ideal", &region, &diagnostics);
	struct costs costs;
	const char *note;
	struct {
		const char *version;
		bool gil;
		double value;
	} given[] = { { "3.9", true, 9 }, { "3.12", true, 12 }, { "3.13", false, 113 } };

	profile->name = "host";
	profile->python_count = 0;
	for (size_t i = 0; i < 3; i++) {
		struct profile_python *python =
			profile_add_python(profile, &region, given[i].version, given[i].gil);

		for (enum cost cost = 0; cost < COST_COUNT; cost++)
			if (cost_infos[cost].scope == SCOPE_PYTHON)
				python->values[cost] = (struct profile_value){ .value = given[i].value,
									       .provenance = PROVENANCE_MEASURED };
	}
	cr_assert(profile_costs(profile, &region, "3.12", true, &costs, &note));
	cr_expect(costs.value[COST_STEP_COST] == 12);
	cr_expect(note == NULL);
	cr_assert(profile_costs(profile, &region, "3.10", true, &costs, &note));
	cr_expect(costs.value[COST_STEP_COST] == 9, "3.10 is nearer to 3.9 than to 3.12");
	cr_expect(note != NULL && strstr(note, "3.9"));
	cr_assert(profile_costs(profile, &region, "3.14", true, &costs, &note));
	cr_expect(costs.value[COST_STEP_COST] == 12, "3.13t is another build");
	cr_assert(profile_costs(profile, &region, "3.14", false, &costs, &note));
	cr_expect(costs.value[COST_STEP_COST] == 113);
	/* One row missing in the nearest: it alone comes from further away. */
	profile->pythons[1].values[COST_STEP_COST].provenance = PROVENANCE_MISSING;
	cr_assert(profile_costs(profile, &region, "3.12", true, &costs, &note));
	cr_expect(costs.value[COST_STEP_COST] == 9);
	cr_expect(costs.value[COST_SPIN_C] == 12);
	cr_expect(note != NULL);
	profile->python_count = 0;
	cr_expect(not(profile_costs(profile, &region, "3.12", true, &costs, &note)));
	cr_expect(note != NULL);
}

Test(profile, a_python_like_another_differs_in_what_it_says_itself)
{
	struct diagnostics ignored;
	const struct profile *profile;
	const struct profile_python *first, *second;
	const char *path = region_format(&region, "%s/like.yaml", folder);
	FILE *stream = fopen(path, "w");

	diagnostics_init(&ignored, &region);
	cr_assert(stream != NULL);
	cr_assert(profile_write(uneven_profile(), stream));
	fputs("  \"3.12\":\n"
	      "    parameters:\n"
	      "      interpreter.step: {value: 77ns, assumed: x}\n"
	      "    like: \"3.11\"\n",
	      stream);
	fclose(stream);
	profile = profile_read(path, &region, &ignored);
	diagnostics_print(&ignored, stderr);
	cr_assert(profile != NULL);
	cr_assert(eq(sz, profile->python_count, 3));
	first = &profile->pythons[0];
	second = &profile->pythons[2];
	cr_expect(eq(str, (char *)second->version, (char *)"3.12"));
	for (enum cost cost = 0; cost < COST_COUNT; cost++) {
		if (cost_infos[cost].scope != SCOPE_PYTHON || cost == COST_STEP_COST)
			continue;
		cr_expect(first->values[cost].value == second->values[cost].value, "%s", cost_infos[cost].name);
		cr_expect(first->values[cost].provenance == second->values[cost].provenance);
	}
	cr_expect(second->values[COST_STEP_COST].value == 77);
	cr_expect(first->values[COST_STEP_COST].value != 77);
}

Test(profile, mistakes_are_told_with_their_place)
{
	const char *path = file_with("profile: p\n"
				     "machine: {cpu: x, coers: 2}\n"
				     "parameters:\n"
				     "  sched.hz: {value: 250kg, from: here}\n"
				     "  gil.signal: {value: 1us, assumed: x}\n"
				     "  wake.call: {value: 1us}\n"
				     "  wake.cal_idle: {value: 1us, assumed: x}\n"
				     "  wake.call: {value: 2us, assumed: x}\n"
				     "  timer.slack: {value: 50, assumed: x}\n"
				     "pythons:\n"
				     "  \"2.7\": {gil: on}\n"
				     "  \"3.13t\": {gil: on}\n"
				     "  \"3.9\": {like: \"3.10\"}\n"
				     "  \"3.10\": {like: \"3.10\"}\n");

	cr_expect(profile_read(path, &region, &diagnostics) == NULL);
	cr_expect(is_told(2, 19, "did you mean 'cores'?"));
	cr_expect(is_told(4, 21, "'250kg' is no value"));
	cr_expect(is_told(5, 3, "a parameter of an interpreter"));
	cr_expect(is_told(6, 14, "does not say where it comes from"));
	cr_expect(is_told(7, 3, "did you mean 'wake.call_idle'?"));
	cr_expect(is_told(8, 3, "given twice"));
	cr_expect(is_told(9, 24, "a duration such as 1.3us"));
	cr_expect(is_told(11, 3, "no version of Python"));
	cr_expect(is_told(12, 18, "says otherwise"));
	cr_expect(is_told(13, 17, "stands before"));
	cr_expect(is_told(14, 18, "stands before"));
	cr_expect(is_told(3, 1, "lacks 'sched.switch'"));
}

Test(profile, what_is_no_profile_is_refused)
{
	static const char *const texts[] = { "",
					     "# nothing\n",
					     "- 1\n",
					     "just text\n",
					     "profile: [",
					     "a: &x 1\nb: *x\n",
					     "? {a: 1}\n: 2\n",
					     "\x01\x02",
					     "profile: p\nparameters: 3\n",
					     "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
					     "\xff\xfe\xff" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		size_t before = diagnostics.error_count;

		cr_expect(profile_read(file_with(texts[i]), &region, &diagnostics) == NULL, "text %zu", i);
		cr_expect(diagnostics.error_count > before, "text %zu is refused without a word", i);
	}
	cr_expect(profile_read(folder, &region, &diagnostics) == NULL);
	cr_expect(is_told(0, 0, "is a directory"));
	cr_expect(profile_read("/no/such/file", &region, &diagnostics) == NULL);
	cr_expect(is_told(0, 0, "No such file"));
}

Test(profile, a_name_is_looked_up_among_shipped_and_own_profiles)
{
	const char *own = region_format(&region, "%s/cache/gilsim/profiles", folder);
	const char *const *names;
	size_t count;
	bool listed = false;
	struct profile *profile = uneven_profile();
	FILE *stream;

	setenv("XDG_CACHE_HOME", region_format(&region, "%s/cache", folder), 1);
	cr_assert(eq(int, system(region_format(&region, "mkdir -p %s", own)), 0));
	stream = fopen(region_format(&region, "%s/my-laptop.yaml", own), "w");
	cr_assert(stream != NULL && profile_write(profile, stream));
	fclose(stream);

	cr_expect(profile_load("my-laptop", &region, &diagnostics) != NULL);
	names = profile_list(&region, &count);
	cr_assert(count >= 3);
	cr_expect(eq(str, (char *)names[0], (char *)"ideal"));
	for (size_t i = 0; i < count; i++)
		listed |= !strcmp(names[i], "my-laptop");
	cr_expect(listed);
	cr_expect(profile_load("defualt", &region, &diagnostics) == NULL);
	cr_expect(is_told(0, 0, "did you mean 'default'?"));
}

Test(profile, costs_as_text_are_short_and_exact)
{
	static const struct {
		enum cost_unit unit;
		double value;
		const char *text;
	} cases[] = {
		{ UNIT_ns, 1300, "1.3us" },
		{ UNIT_ns, 44.1, "44.1ns" },
		{ UNIT_ns, 5e6, "5ms" },
		{ UNIT_ns, 0, "0ns" },
		{ UNIT_ns, 0.25, "0.25ns" },
		{ UNIT_ns, 2.5e9, "2.5s" },
		{ UNIT_bytes, 65536, "64KiB" },
		{ UNIT_bytes, 1000, "1000B" },
		{ UNIT_per_s, 250, "250/s" },
		{ UNIT_ratio, 0.95, "0.95" },
		{ UNIT_count, 1, "1" },
		{ UNIT_ns_per_byte, 0.15, "0.15ns/B" },
		{ UNIT_ns, 1e9 / 3, "333.3333333333333ms" },
	};
	static const struct {
		enum cost_unit unit;
		const char *text;
	} wrong[] = { { UNIT_ns, "50" },     { UNIT_ns, "-1ns" },      { UNIT_ns, "1 ns" },  { UNIT_ns, "nan" },
		      { UNIT_ns, "" },	     { UNIT_ns, "1e999ns" },   { UNIT_ns, "0x1ns" }, { UNIT_count, "1%" },
		      { UNIT_per_s, "5ns" }, { UNIT_ns_per_byte, "5" } };
	struct unit_error error;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[40];
		double back;

		cost_format(cases[i].unit, cases[i].value, text);
		cr_expect(eq(str, text, (char *)cases[i].text));
		cr_assert(cost_parse(cases[i].unit, text, &back, &error), "%s: %s", text, error.text);
		cr_expect(back == cases[i].value, "%s: %.17g became %.17g", text, cases[i].value, back);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		double value = 711;

		cr_expect(not(cost_parse(wrong[i].unit, wrong[i].text, &value, &error)), "'%s'", wrong[i].text);
		cr_expect(value == 711);
	}
}

Test(profile, comparison_names_what_differs_beyond_the_spreads)
{
	struct profile *a = uneven_profile(), *b = uneven_profile();
	char *text;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	b->values[COST_WAKE_CALL].value *= 2.5;
	a->values[COST_WAKE_CALL].spread = b->values[COST_WAKE_CALL].spread = 0.1;
	profile_compare(a, b, stream);
	fclose(stream);
	cr_expect(strstr(text, "2.500  DIFFER") != NULL, "%s", text);
	cr_expect(strstr(strstr(text, "DIFFER") + 1, "DIFFER") == NULL);
	free(text);
}

Test(profile, what_was_measured_as_nothing_is_compared_by_the_others_spread)
{
	struct profile *a = uneven_profile(), *b = uneven_profile();
	struct profile_value *nothing = &a->values[COST_WAKE_CALL], *little = &b->values[COST_WAKE_CALL];
	char *text;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	*nothing = (struct profile_value){ .value = 0, .spread = NAN, .provenance = PROVENANCE_MEASURED };
	*little = (struct profile_value){ .value = 100, .spread = 0.6, .provenance = PROVENANCE_MEASURED };
	profile_compare(a, b, stream);
	little->spread = 0.4;
	fflush(stream);
	cr_expect(strstr(text, "DIFFER") == NULL, "%s", text);
	profile_compare(a, b, stream);
	fclose(stream);
	cr_expect(strstr(text, "DIFFER") != NULL, "%s", text);
	free(text);
	/* 6 of 100, and twice the deviation of so many throws. */
	cr_expect(eq(sz, profile_chance_limit(100), 10));
	cr_expect(eq(sz, profile_chance_limit(0), 0));
}

Test(profile, a_failed_allocation_unwinds_and_leaves_nothing)
{
	const char *path = written(uneven_profile());
	bool survived = false;

	/* Each of the first, then every seventh: there are thousands, of the same few places. */
	for (uint64_t n = 0; n < 20000 && !survived; n += n < 100 ? 1 : 7) {
		struct region own;
		jmp_buf unwind;
		struct diagnostics own_diagnostics;

		region_init(&own);
		if (setjmp(unwind) == 0) {
			own.unwind = &unwind;
			region_fail_after(n);
			diagnostics_init(&own_diagnostics, &own);
			survived = profile_read(path, &own, &own_diagnostics) != NULL;
		}
		region_fail_after(UINT64_MAX);
		region_release(&own);
	}
	cr_expect(survived);
}
