/*
 * calibrate.c - fills a machine profile: runs the measurements and reduces what they give to values.
 *
 * The machine's costs are measured here in C (calibrate_machine.c), an interpreter's by calibrate.py, which is
 * told the machine's and runs on that interpreter beside the harness.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "sim/native/calibrate.h"

#include <assert.h>
#include <errno.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>

#include "sim/native/native_cpus.h"
#include "sim/native/native_embed.h"
#include "sim/native/native_process.h"

/*
 * Ten times what a pass takes, three times where the host is busy; an interpreter that hangs must not hang gilsim. It may:
 * drop_gil() waits without an end for a signal (Python/ceval_gil.c, switch_cond) that pthread_cond_signal() can lose (glibc
 * bug 25847, up to 2.40). So a pass has a second try.
 */
#define PYTHON_TIMEOUT_NS (120 * SIM_S)
#define PYTHON_TRIES 2

/* ---- Values ----------------------------------------------------------------------------------------- */

double calibrate_quantile(double *values, size_t count, double fraction)
{
	gsl_sort(values, 1, count);
	return gsl_stats_quantile_from_sorted_data(values, 1, count, fraction);
}

double calibrate_median(double *values, size_t count)
{
	return calibrate_quantile(values, count, 0.5);
}

static const char *dated(const struct calibration *calibration, const char *remark)
{
	if (!remark || !remark[0])
		return region_strdup(calibration->region, calibration->date);
	return region_format(calibration->region, "%s; %s", calibration->date, remark);
}

/* With fewer passes each counts. */
#define PASSES_WITHOUT_SLOWEST 4

/* By how much the median over all batches, which are sorted, may be off. */
static double uncertainty(const struct native_samples *samples)
{
	double quartiles = calibrate_quantile(samples->batches, samples->count, 0.75) -
			   calibrate_quantile(samples->batches, samples->count, 0.25);
	double medians[NATIVE_CALIBRATION_PASSES];
	size_t count = (size_t)samples->pass_count;

	memcpy(medians, samples->pass_medians, count * sizeof(medians[0]));
	gsl_sort(medians, 1, count);
	if (count >= PASSES_WITHOUT_SLOWEST)
		count--;
	return fmax((medians[count - 1] - medians[0]) / 2, 1.57 * quartiles / sqrt((double)samples->count));
}

void calibration_put_batches(struct calibration *calibration, enum cost cost, double *batches, size_t count,
			     const char *remark)
{
	struct native_samples *samples = &calibration->samples[cost];
	double median;

	assert(count > 0 && samples->pass_count < NATIVE_CALIBRATION_PASSES);
	samples->pass_medians[samples->pass_count++] = calibrate_median(batches, count);
	for (size_t i = 0; i < count; i++) {
		samples->batches = region_grow(calibration->region, samples->batches, samples->count,
					       &samples->capacity, sizeof(samples->batches[0]));
		samples->batches[samples->count++] = batches[i];
	}
	samples->measured_count += (int)count;
	median = calibrate_median(samples->batches, samples->count);
	calibration->values[cost] = (struct profile_value){
		.value = median > 0 ? median : 0,
		.spread = median > 0 ? uncertainty(samples) / median : NAN,
		.samples = samples->measured_count,
		.provenance = PROVENANCE_MEASURED,
		.note = dated(calibration, remark),
	};
}

void calibration_put_events(struct calibration *calibration, enum cost cost, const double *events, size_t count,
			    const char *remark)
{
	size_t batch_count = count < CALIBRATE_BATCHES ? count : CALIBRATE_BATCHES;
	double batches[CALIBRATE_BATCHES];
	double *group = region_alloc_array(calibration->region, count / batch_count + 1, sizeof(*group));

	for (size_t i = 0; i < batch_count; i++) {
		size_t first = i * count / batch_count, end = (i + 1) * count / batch_count;

		memcpy(group, events + first, (end - first) * sizeof(*group));
		batches[i] = calibrate_median(group, end - first);
	}
	region_free(calibration->region, group);
	calibration_put_batches(calibration, cost, batches, batch_count, remark);
	calibration->samples[cost].measured_count += (int)(count - batch_count);
	calibration->values[cost].samples = calibration->samples[cost].measured_count;
}

void calibration_put_system(struct calibration *calibration, enum cost cost, double value, const char *source)
{
	calibration->values[cost] = (struct profile_value){
		.value = value,
		.spread = NAN,
		.provenance = PROVENANCE_SYSTEM,
		.note = region_strdup(calibration->region, source),
	};
}

void calibration_put_assumed(struct calibration *calibration, enum cost cost, double value, const char *reason)
{
	if (calibration->samples[cost].count > 0)
		return;
	calibration->values[cost] = (struct profile_value){
		.value = value,
		.spread = NAN,
		.provenance = PROVENANCE_ASSUMED,
		.note = region_strdup(calibration->region, reason),
	};
}

double calibration_value(const struct calibration *calibration, enum cost cost)
{
	return calibration->values[cost].value;
}

/* ---- The machine ------------------------------------------------------------------------------------ */

/* Whether `b` is an SMT sibling of `a`; where the kernel does not say, no. */
static bool are_siblings(int a, int b)
{
	char path[96];
	char line[256] = "";
	FILE *stream;
	bool found = false;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", a);
	stream = fopen(path, "re");
	if (!stream)
		return false;
	if (fgets(line, sizeof(line), stream)) {
		for (char *rest = line, *part; (part = strsep(&rest, ",\n"));) {
			int first, last;
			int count = sscanf(part, "%d-%d", &first, &last);

			found = found || (count == 1 && first == b) || (count == 2 && first <= b && b <= last);
		}
	}
	fclose(stream);
	return found;
}

static void choose_cpus(struct calibration *calibration)
{
	struct native_cpus allowed;

	native_cpus_allowed(&allowed);
	calibration->here = allowed.items[0];
	calibration->there = allowed.count > 1 ? allowed.items[1] : -1;
	for (size_t i = 1; i < allowed.count; i++) {
		if (!are_siblings(calibration->here, allowed.items[i])) {
			calibration->there = allowed.items[i];
			break;
		}
	}
}

static void begin(struct calibration *calibration)
{
	time_t now = time(NULL);
	struct tm day;

	strftime(calibration->date, sizeof(calibration->date), "%Y-%m-%d", localtime_r(&now, &day));
	choose_cpus(calibration);
}

/* The text after the colon of the first line of /proc/cpuinfo that begins with "model name". */
static const char *cpu_name(struct region *region)
{
	FILE *stream = fopen("/proc/cpuinfo", "re");
	char line[256];
	const char *name = NULL;

	while (stream && !name && fgets(line, sizeof(line), stream)) {
		const char *colon = strchr(line, ':');

		if (strncmp(line, "model name", 10) == 0 && colon) {
			colon += 1 + strspn(colon + 1, " \t");
			name = region_strndup(region, colon, strcspn(colon, "\n"));
		}
	}
	if (stream)
		fclose(stream);
	return name;
}

struct native_samples *native_samples_new(struct region *region)
{
	return region_alloc_array(region, COST_COUNT, sizeof(struct native_samples));
}

bool native_calibrate_machine(struct profile *profile, struct native_samples *samples, struct region *region,
			      native_progress_fn *progress, void *context, struct native_error *error)
{
	struct calibration calibration = { .values = profile->values,
					   .samples = samples,
					   .region = region,
					   .progress = progress,
					   .context = context,
					   .error = error };
	struct utsname system;

	begin(&calibration);
	profile->cpu = cpu_name(region);
	profile->kernel = uname(&system) == 0 ? region_strdup(region, system.release) : NULL;
	profile->cores = native_cpu_count();
	return calibrate_machine(&calibration);
}

/* ---- An interpreter ----------------------------------------------------------------------------------- */

struct listener {
	struct calibration *calibration;
	struct profile *profile;
	json_t *values;	       /* of this pass, which count when it has come to its end */
	const char *complaint; /* the first line that made no sense, or a parameter of an unknown name */
	const char *what;      /* is being measured */
};

/* cpu.all_busy_speed is the machine's, but how much cores slow each other depends on what they run:
 * the interpreter's figure is put over the C loop's. */
static void put_value(struct listener *listener, enum cost cost, const json_t *object)
{
	struct calibration calibration = *listener->calibration;
	const json_t *list = json_object_get(object, "batches");
	const char *remark = json_string_value(json_object_get(object, "remark"));
	const char *source = json_string_value(json_object_get(object, "system"));
	const char *reason = json_string_value(json_object_get(object, "assumed"));
	double value = json_number_value(json_object_get(object, "value"));
	size_t count = json_array_size(list);

	if (cost_infos[cost].scope == SCOPE_MACHINE) {
		const struct profile_value *earlier = &listener->profile->values[cost];

		calibration.values = listener->profile->values;
		if (earlier->provenance == PROVENANCE_MEASURED && earlier->note && remark &&
		    !strstr(earlier->note, "Python"))
			remark = region_format(calibration.region, "%s; a C loop: %.3g", remark, earlier->value);
	}
	if (count > 0) {
		double *batches = region_alloc_array(calibration.region, count, sizeof(*batches));

		for (size_t i = 0; i < count; i++)
			batches[i] = json_number_value(json_array_get(list, i));
		calibration_put_batches(&calibration, cost, batches, count, remark);
		region_free(calibration.region, batches);
	} else if (source) {
		calibration_put_system(&calibration, cost, value, source);
	} else if (reason) {
		calibration_put_assumed(&calibration, cost, value, reason);
	}
}

static void listen_to(void *context, const char *line)
{
	struct listener *listener = context;
	struct calibration *calibration = listener->calibration;
	json_t *object = json_loads(line, 0, NULL);
	const char *name = json_string_value(json_object_get(object, "name"));
	const char *what = json_string_value(json_object_get(object, "what"));
	enum cost cost = name ? cost_find(name) : COST_COUNT;

	if (what)
		listener->what = region_strdup(calibration->region, what);
	if (what && calibration->progress)
		calibration->progress(calibration->context, json_number_value(json_object_get(object, "progress")),
				      listener->what);
	else if (cost != COST_COUNT)
		json_array_append(listener->values, object);
	else if (!what && !listener->complaint)
		listener->complaint = region_strndup(calibration->region, line, strnlen(line, 60));
	json_decref(object);
}

static void put_values(struct listener *listener)
{
	for (size_t i = 0; i < json_array_size(listener->values); i++) {
		const json_t *object = json_array_get(listener->values, i);

		put_value(listener, cost_find(json_string_value(json_object_get(object, "name"))), object);
	}
}

/* What calibrate.py must know of the machine. */
static char *machine_json(const struct profile *profile, double full_pace_ns, const struct calibration *calibration)
{
	const struct native_samples *spins = &calibration->samples[COST_SPIN_LIBRARY];
	/* The full pace, as earlier passes, or an earlier calibration, have seen it: the best tenth. */
	double pace_ns = spins->count == 0 ? INFINITY : calibrate_quantile(spins->batches, spins->count, 0.1);
	json_t *costs = json_object(), *root;
	char *text, *copy;

	if (full_pace_ns > 0)
		pace_ns = fmin(pace_ns, full_pace_ns);
	for (size_t i = 0; i < COST_COUNT; i++) {
		if (cost_infos[i].scope == SCOPE_MACHINE && isfinite(profile->values[i].value))
			json_object_set_new(costs, cost_infos[i].name, json_real(profile->values[i].value));
	}
	root = json_pack("{sbsoso?siso?}", "first_pass", spins->pass_count == 0, "costs", costs, "there",
			 calibration->there < 0 ? NULL : json_integer(calibration->there), "here", calibration->here,
			 "spin_library_ns", isfinite(pace_ns) ? json_real(pace_ns) : NULL);
	text = json_dumps(root, 0);
	copy = region_strdup(calibration->region, text);
	free(text);
	json_decref(root);
	return copy;
}

/* Into listener->values. */
static bool run_calibrate(const char *folder, const char *machine, const struct native_python *python,
			  struct listener *listener, bool *timed_out)
{
	struct calibration *calibration = listener->calibration;
	struct region *region = calibration->region;
	struct native_error *error = calibration->error;
	const char *script, *argument;
	const char *argv[10];
	size_t count = 0;
	const char *environment[] = { region_format(region, "TMPDIR=%s", folder), NULL };
	const struct native_command command = {
		.argv = argv,
		.environment = environment,
		.timeout_ns = PYTHON_TIMEOUT_NS,
		.line = listen_to,
		.line_context = listener,
	};
	struct native_output output;

	if (!native_embed_write(folder, region, error))
		return false;
	script = region_format(region, "%s/calibrate.py", folder);
	argument = native_folder_write(folder, "machine.json", machine, strlen(machine), region, error);
	if (!argument)
		return false;
	argv[count++] = python->executable;
	if (python->free_threaded_build) {
		argv[count++] = "-X";
		argv[count++] = "gil=0";
	}
	argv[count++] = "-I";
	argv[count++] = "-S";
	argv[count++] = "-B";
	argv[count++] = script;
	argv[count++] = argument;
	argv[count] = NULL;
	if (!native_process_run(&command, region, &output, error))
		return false;
	*timed_out = output.timed_out;
	if (output.timed_out) {
		native_error_set(error, "calibrating '%s' took longer than %d s, twice; at last it measured: %s",
				 python->executable, (int)(PYTHON_TIMEOUT_NS / SIM_S),
				 listener->what ? listener->what : "nothing");
		return false;
	}
	if (!WIFEXITED(output.status) || WEXITSTATUS(output.status) != 0) {
		native_error_set(error, "calibrating '%s' failed: %s%s%s", python->executable,
				 native_process_fate(output.status, region), output.last_words[0] ? ": " : "",
				 output.last_words);
		return false;
	}
	return true;
}

/* The interpreter's place in the profile: that of the same version and build, else a new one. */
static struct profile_python *place_for(struct profile *profile, const struct native_python *python,
					struct region *region)
{
	for (size_t i = 0; i < profile->python_count; i++) {
		struct profile_python *candidate = &profile->pythons[i];

		if (strcmp(candidate->version, python->version) == 0 &&
		    candidate->gil == !python->free_threaded_build)
			return candidate;
	}
	return profile_add_python(profile, region, python->version, !python->free_threaded_build);
}

/* The first parameter of an interpreter that nobody has measured; COST_COUNT when all are there. */
static enum cost first_missing(const struct profile_value *values)
{
	for (size_t i = 0; i < COST_COUNT; i++) {
		if (cost_infos[i].scope == SCOPE_PYTHON && values[i].provenance == PROVENANCE_MISSING)
			return (enum cost)i;
	}
	return COST_COUNT;
}

bool native_calibrate_python(struct profile *profile, const struct native_python *python,
			     struct native_samples *samples, struct region *region, native_progress_fn *progress,
			     void *context, struct native_error *error)
{
	struct calibration calibration = {
		.samples = samples, .region = region, .progress = progress, .context = context, .error = error
	};
	struct listener listener = { .calibration = &calibration, .profile = profile };
	struct profile_python *place = place_for(profile, python, region);
	enum cost missing;
	bool ok = false, timed_out = true;

	begin(&calibration);
	calibration.values = place->values;
	for (int tries = 0; timed_out && tries < PYTHON_TRIES; tries++) {
		const char *folder = native_folder_new(region, error);

		if (!folder)
			return false;
		timed_out = false;
		listener.values = json_array();
		listener.complaint = NULL; /* of a line that was broken off */
		ok = run_calibrate(folder, machine_json(profile, python->full_pace_ns, &calibration), python,
				   &listener, &timed_out);
		if (ok)
			put_values(&listener);
		json_decref(listener.values);
		native_folder_remove(folder);
	}
	if (!ok)
		return false;
	if (listener.complaint) {
		native_error_set(error, "calibrating '%s': it printed '%s'", python->executable,
				 listener.complaint);
		return false;
	}
	missing = first_missing(place->values);
	if (missing != COST_COUNT) {
		native_error_set(error, "calibrating '%s' gave no value of '%s'", python->executable,
				 cost_infos[missing].name);
		return false;
	}
	place->executable = python->executable;
	place->full_version = python->full_version;
	if (progress)
		progress(context, 1, "done");
	return true;
}
