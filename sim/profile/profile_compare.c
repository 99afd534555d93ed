/*
 * profile_compare.c - two profiles side by side.
 */
#include <math.h>
#include <string.h>

#include "sim/profile/cost_text.h"
#include "sim/profile/profile.h"

/* A spread that nobody stated is taken for this much: the run-to-run spread of a quiet machine. */
#define ASSUMED_SPREAD_RATIO 0.05

static double spread_of(const struct profile_value *value, const struct profile_value *other)
{
	if (isfinite(value->spread))
		return value->spread * value->value;
	/* What was measured as nothing has no spread relative to it: it is known as well as the other was by the same method. */
	if (value->value == 0 && value->provenance == PROVENANCE_MEASURED && isfinite(other->spread))
		return other->spread * other->value;
	return ASSUMED_SPREAD_RATIO * value->value;
}

/* Whether the values' ranges, each value widened by its spread, overlap. */
static bool agree(const struct profile_value *a, const struct profile_value *b)
{
	return fabs(a->value - b->value) <= spread_of(a, b) + spread_of(b, a);
}

size_t profile_chance_limit(size_t count)
{
	double mean = PROFILE_CHANCE_RATIO * (double)count;

	return (size_t)(mean + 2 * sqrt(mean * (1 - PROFILE_CHANCE_RATIO)));
}

/* How many of the measured parameters that both have agree. */
struct tally {
	size_t agreeing, all;
};

static void print_rows(const char *title, const struct profile_value *a, const struct profile_value *b,
		       enum cost_scope scope, FILE *stream, struct tally *tally)
{
	bool titled = false;

	for (enum cost cost = 0; cost < COST_COUNT; cost++) {
		const struct profile_value *left = &a[cost], *right = &b[cost];
		char left_text[40] = "-", right_text[40] = "-", ratio_text[40] = "-";
		const char *verdict = "only in one";

		if (cost_infos[cost].scope != scope)
			continue;
		if (left->provenance == PROVENANCE_MISSING && right->provenance == PROVENANCE_MISSING)
			continue;
		if (left->provenance != PROVENANCE_MISSING)
			cost_format_short(cost_infos[cost].unit, left->value, left_text);
		if (right->provenance != PROVENANCE_MISSING)
			cost_format_short(cost_infos[cost].unit, right->value, right_text);
		if (left->provenance != PROVENANCE_MISSING && right->provenance != PROVENANCE_MISSING) {
			bool is_same = agree(left, right);

			verdict = is_same ? "agree" : "DIFFER";
			if (left->provenance == PROVENANCE_MEASURED && right->provenance == PROVENANCE_MEASURED) {
				tally->agreeing += is_same;
				tally->all++;
			}
			if (left->value > 0)
				snprintf(ratio_text, sizeof(ratio_text), "%.3f", right->value / left->value);
		}
		if (!titled)
			fprintf(stream, "%s\n", title);
		titled = true;
		fprintf(stream, "  %-26s %16s %16s %9s  %s\n", cost_infos[cost].name, left_text, right_text,
			ratio_text, verdict);
	}
}

static const struct profile_python *same_python(const struct profile *profile, const struct profile_python *wanted)
{
	for (size_t i = 0; i < profile->python_count; i++)
		if (!strcmp(profile->pythons[i].version, wanted->version) && profile->pythons[i].gil == wanted->gil)
			return &profile->pythons[i];
	return NULL;
}

void profile_compare(const struct profile *a, const struct profile *b, FILE *stream)
{
	struct tally tally = { 0 };

	fprintf(stream, "  %-26s %16s %16s %9s\n", "parameter", a->name, b->name, "ratio");
	print_rows("machine", a->values, b->values, SCOPE_MACHINE, stream, &tally);
	for (size_t i = 0; i < a->python_count; i++) {
		const struct profile_python *left = &a->pythons[i];
		const struct profile_python *right = same_python(b, left);
		char title[80];

		snprintf(title, sizeof(title), "Python %s%s%s", left->version, left->gil ? "" : "t",
			 right ? "" : ": only in the first");
		if (right)
			print_rows(title, left->values, right->values, SCOPE_PYTHON, stream, &tally);
		else
			fprintf(stream, "%s\n", title);
	}
	for (size_t i = 0; i < b->python_count; i++)
		if (!same_python(a, &b->pythons[i]))
			fprintf(stream, "Python %s%s: only in the second\n", b->pythons[i].version,
				b->pythons[i].gil ? "" : "t");
	fprintf(stream, "%zu of %zu measured parameters agree within their spreads; by chance up to %zu do not\n", tally.agreeing,
		tally.all, profile_chance_limit(tally.all));
}
