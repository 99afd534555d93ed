/*
 * profile.c - the table of costs, and the choice of one interpreter's values from a profile.
 */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/profile/profile.h"

const struct cost_info cost_infos[COST_COUNT] = {
#define P(symbol, name_, unit_, scope_, nature_, ideal_, meaning_) \
	[COST_##symbol] = {                                        \
		.name = name_,                                     \
		.unit = UNIT_##unit_,                              \
		.scope = SCOPE_##scope_,                           \
		.nature = NATURE_##nature_,                        \
		.ideal = ideal_,                                   \
		.meaning = meaning_,                               \
	},
	PROFILE_PARAMETERS(P)
#undef P
};

enum cost cost_find(const char *name)
{
	for (enum cost cost = 0; cost < COST_COUNT; cost++)
		if (!strcmp(cost_infos[cost].name, name))
			return cost;
	return COST_COUNT;
}

static void values_init(struct profile_value values[COST_COUNT])
{
	for (size_t i = 0; i < COST_COUNT; i++)
		values[i] = (struct profile_value){ .value = NAN, .spread = NAN, .provenance = PROVENANCE_MISSING };
}

struct profile *profile_new(const char *name, struct region *region)
{
	struct profile *profile = region_alloc(region, sizeof(*profile));

	profile->name = region_strdup(region, name);
	values_init(profile->values);
	return profile;
}

/* 12 for "3.12", -1 for what is no version of Python 3. */
static int version_minor(const char *version)
{
	char *end;
	long minor;

	if (strncmp(version, "3.", 2) != 0)
		return -1;
	minor = strtol(version + 2, &end, 10);
	return end == version + 2 || minor < 0 || minor > 1000 ? -1 : (int)minor;
}

struct profile_python *profile_add_python(struct profile *profile, struct region *region, const char *version,
					  bool gil)
{
	struct profile_python *python;

	profile->pythons = region_grow(region, profile->pythons, profile->python_count, &profile->python_capacity,
				       sizeof(profile->pythons[0]));
	python = &profile->pythons[profile->python_count++];
	*python = (struct profile_python){
		.version = region_strdup(region, version), .minor = version_minor(version), .gil = gil
	};
	values_init(python->values);
	return python;
}

/*
 * How far an interpreter of the profile is from the one that is asked for; less is nearer. The other
 * build comes after every version of the same build; of two versions equally near, the older one.
 */
static int distance(const struct profile_python *python, int minor, bool gil)
{
	int apart = abs(python->minor - minor) * 2 + (python->minor > minor);

	return apart + (python->gil == gil ? 0 : 1000000);
}

/* The nearest interpreter that gives a value of `cost`; NULL when none does. */
static const struct profile_python *nearest_python(const struct profile *profile, enum cost cost, int minor,
						   bool gil)
{
	const struct profile_python *best = NULL;

	for (size_t i = 0; i < profile->python_count; i++) {
		const struct profile_python *python = &profile->pythons[i];

		if (python->values[cost].provenance == PROVENANCE_MISSING)
			continue;
		if (!best || distance(python, minor, gil) < distance(best, minor, gil))
			best = python;
	}
	return best;
}

bool profile_costs(const struct profile *profile, struct region *region, const char *version, bool gil,
		   struct costs *costs, const char **note)
{
	int minor = version_minor(version);
	const struct profile_python *used = NULL; /* the farthest that had to lend a value */

	*note = NULL;
	for (enum cost cost = 0; cost < COST_COUNT; cost++) {
		if (cost_infos[cost].scope == SCOPE_MACHINE) {
			if (profile->values[cost].provenance == PROVENANCE_MISSING) {
				*note = region_format(region, "profile '%s' gives no value of '%s'", profile->name,
						      cost_infos[cost].name);
				return false;
			}
			costs->value[cost] = profile->values[cost].value;
			continue;
		}
		const struct profile_python *python = nearest_python(profile, cost, minor, gil);

		if (!python) {
			*note = region_format(region, "profile '%s' gives no value of '%s' for any Python",
					      profile->name, cost_infos[cost].name);
			return false;
		}
		costs->value[cost] = python->values[cost].value;
		if (!used || distance(python, minor, gil) > distance(used, minor, gil))
			used = python;
	}
	/* In `ideal` nothing costs anything under any version, so there is nothing to assume. */
	if (used && distance(used, minor, gil) != 0 && strcmp(profile->name, "ideal") != 0)
		*note = region_format(
			region, "profile '%s' has no Python %s%s of its own for every cost: some are those of %s%s",
			profile->name, version, gil ? "" : "t", used->version, used->gil ? "" : "t");
	return true;
}
