/*
 * host_profile.c - this host's own calibrations.
 *
 * A kept calibration is used as long as kernel and executable are those it was measured with, and it has every
 * parameter that there is.
 */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "sim/cli/cli.h"
#include "sim/cli/host_profile.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/output_file.h"
#include "sim/cli/progress.h"
#include "sim/profile/profile_files.h"

/* The host's name, fit for a file's name. */
static const char *host_name(struct region *region)
{
	struct utsname system;
	char *name;

	if (uname(&system) != 0 || !system.nodename[0])
		return "host";
	name = region_strdup(region, system.nodename);
	for (char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && *c != '-' && *c != '_')
			*c = '_';
	return name;
}

const char *host_profile_path(const struct native_python *python, struct region *region)
{
	const char *folder = profile_cache_directory(region);

	if (!folder) {
		fputs("gilsim: neither XDG_CACHE_HOME nor HOME is set, so there is no place to keep a calibration; "
		      "give a profile with --profile\n",
		      stderr);
		return NULL;
	}
	return region_format(region, "%s/%s-%s%s.yaml", folder, host_name(region), python->full_version,
			     python->free_threaded_build ? "t" : "");
}

/* Whether every cost of an interpreter is there: a calibration of an earlier release lacks those that are new. */
static bool is_complete(const struct profile_python *python)
{
	for (enum cost cost = 0; cost < COST_COUNT; cost++)
		if (cost_infos[cost].scope == SCOPE_PYTHON &&
		    python->values[cost].provenance == PROVENANCE_MISSING)
			return false;
	return true;
}

/* python3 and python3.11 may be one file. */
static bool is_same_file(const char *a, const char *b)
{
	struct stat of_a, of_b;

	return !strcmp(a, b) || (stat(a, &of_a) == 0 && stat(b, &of_b) == 0 && of_a.st_dev == of_b.st_dev && of_a.st_ino == of_b.st_ino);
}

/* What an earlier calibration of this machine has of `python`; NULL where there is none. */
static const struct profile_python *read_kept(const char *path, const struct native_python *python, struct region *region)
{
	struct diagnostics unheard; /* what is wrong with it does not matter: it is measured anew */
	const struct profile *profile;
	struct utsname system;

	if (!path || access(path, R_OK) != 0)
		return NULL;
	diagnostics_init(&unheard, region);
	profile = profile_read(path, region, &unheard);
	if (!profile || uname(&system) != 0 || !profile->kernel || strcmp(profile->kernel, system.release) != 0)
		return NULL;
	for (size_t i = 0; i < profile->python_count; i++) {
		const struct profile_python *kept = &profile->pythons[i];

		if (!strcmp(kept->version, python->version) && kept->gil == !python->free_threaded_build &&
		    (!kept->executable || is_same_file(kept->executable, python->executable)))
			return kept;
	}
	return NULL;
}

bool host_profile_is_current(const char *path, const struct native_python *python, struct region *region)
{
	const struct profile_python *kept = read_kept(path, python, region);

	return kept && is_complete(kept);
}

/* What a measurement has taken, in all passes. */
struct timing {
	const char *subject, *what;
	sim_ns took_ns;
};

/* One calibration is a pass over the machine and each interpreter, and again: so many parts of one progress. */
struct parts {
	struct progress progress;
	size_t done, count;
	const char *subject;
	struct region *region;
	struct timing *timings, *current; /* current: what is being measured, or NULL; moves with the array */
	size_t timing_count, timing_capacity;
	sim_ns since_ns;
};

static sim_ns monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (sim_ns)now.tv_sec * SIM_S + now.tv_nsec;
}

static struct timing *timing_of(struct parts *parts, const char *what)
{
	for (size_t i = 0; i < parts->timing_count; i++)
		if (parts->timings[i].subject == parts->subject && !strcmp(parts->timings[i].what, what))
			return &parts->timings[i];
	parts->timings = region_grow(parts->region, parts->timings, parts->timing_count, &parts->timing_capacity,
				     sizeof(parts->timings[0]));
	parts->timings[parts->timing_count] = (struct timing){ parts->subject, region_strdup(parts->region, what), 0 };
	return &parts->timings[parts->timing_count++];
}

/* From now on it is `what` that takes time; NULL: nothing. */
static void note_timing(struct parts *parts, const char *what)
{
	sim_ns now_ns = monotonic_ns();

	if (parts->current)
		parts->current->took_ns += now_ns - parts->since_ns;
	parts->current = what ? timing_of(parts, what) : NULL;
	parts->since_ns = now_ns;
}

static int by_time(const void *left, const void *right)
{
	const struct timing *a = left, *b = right;

	return (a->took_ns < b->took_ns) - (a->took_ns > b->took_ns);
}

static void print_timings(struct parts *parts)
{
	sim_ns all_ns = 0;

	qsort(parts->timings, parts->timing_count, sizeof(parts->timings[0]), by_time);
	for (size_t i = 0; i < parts->timing_count; i++)
		all_ns += parts->timings[i].took_ns;
	fprintf(stderr, "gilsim: %.1f s, of which\n", sim_time_seconds(all_ns));
	for (size_t i = 0; i < parts->timing_count; i++)
		fprintf(stderr, "  %6.1f s  %s: %s\n", sim_time_seconds(parts->timings[i].took_ns), parts->timings[i].subject,
			parts->timings[i].what);
}

static bool show_progress(void *context, double fraction, const char *what)
{
	struct parts *parts = context;

	note_timing(parts, what);
	progress_update(&parts->progress, ((double)parts->done + fraction) / (double)parts->count,
			region_format(parts->region, "%s: %s", parts->subject, what));
	return !interrupt_seen();
}

struct profile *host_profile_measure(const char *name, const struct native_python *pythons, size_t count,
				     bool is_verbose, struct region *region)
{
	struct profile *profile = profile_new(name, region);
	struct parts parts = { .count = NATIVE_CALIBRATION_PASSES * (1 + count), .region = region };
	struct native_samples *of_machine = native_samples_new(region);
	struct native_samples **of_pythons = region_alloc_array(region, count, sizeof(*of_pythons));
	struct native_python *asked = region_alloc_array(region, count, sizeof(*asked));
	struct native_error error;
	bool measured = true;

	fprintf(stderr, "gilsim: measuring this machine, %d times over\n", NATIVE_CALIBRATION_PASSES);
	for (size_t i = 0; i < count; i++) {
		const struct profile_python *kept = read_kept(host_profile_path(&pythons[i], region), &pythons[i], region);

		of_pythons[i] = native_samples_new(region);
		asked[i] = pythons[i];
		if (kept && isfinite(kept->values[COST_SPIN_LIBRARY].value))
			asked[i].full_pace_ns = kept->values[COST_SPIN_LIBRARY].value;
		fprintf(stderr, "gilsim: and Python %s%s (%s)\n", pythons[i].full_version,
			pythons[i].free_threaded_build ? "t" : "", pythons[i].executable);
	}
	progress_start(&parts.progress);
	for (int pass = 0; pass < NATIVE_CALIBRATION_PASSES && measured && !interrupt_seen(); pass++) {
		parts.subject = "machine";
		measured = native_calibrate_machine(profile, of_machine, region, show_progress, &parts, &error);
		parts.done++;
		for (size_t i = 0; i < count && measured && !interrupt_seen(); i++) {
			parts.subject = pythons[i].full_version;
			measured = native_calibrate_python(profile, &asked[i], of_pythons[i], region,
							   show_progress, &parts, &error);
			parts.done++;
		}
		note_timing(&parts, NULL);
	}
	progress_end(&parts.progress);
	if (interrupt_seen())
		return NULL;
	if (!measured) {
		fprintf(stderr, "gilsim: the calibration failed: %s\n", error.text);
		return NULL;
	}
	if (is_verbose)
		print_timings(&parts);
	return profile;
}

bool host_profile_save(const struct profile *profile, const char *path, struct region *region)
{
	const char *slash = strrchr(path, '/');
	struct output_file file;

	if ((slash && slash != path &&
	     !make_folders(region_strndup(region, path, (size_t)(slash - path)), region)) ||
	    !output_file_open(&file, path, region)) {
		output_failed(path);
		return false;
	}
	if (!profile_write(profile, file.stream)) {
		output_failed(path);
		output_file_discard(&file);
		return false;
	}
	if (!output_file_close(&file)) {
		output_failed(path);
		return false;
	}
	return true;
}

const char *host_profile_obtain(const struct native_python *python, struct region *region)
{
	const char *path = host_profile_path(python, region);
	const struct profile *profile;

	if (!path || host_profile_is_current(path, python, region))
		return path;
	fprintf(stderr, "gilsim: no calibration of this machine for Python %s%s yet; it will be kept in %s\n",
		python->full_version, python->free_threaded_build ? "t" : "", path);
	profile = host_profile_measure(host_name(region), python, 1, false, region);
	return profile && host_profile_save(profile, path, region) ? path : NULL;
}
