/*
 * native_probe.c - runs probe.py and reads its answer.
 */
#include "sim/native/native_probe.h"

#include <jansson.h>
#include <math.h>
#include <sys/wait.h>

#include "sim/native/native_embed.h"
#include "sim/native/native_process.h"

/* A call that takes a minute is called a dozen times or more. */
#define TIMEOUT_NS (3600 * SIM_S)

static double *read_numbers(const json_t *list, size_t count, struct region *region)
{
	double *numbers = region_alloc_array(region, count, sizeof(*numbers));

	for (size_t i = 0; i < count; i++)
		numbers[i] = json_number_value(json_array_get(list, i));
	return numbers;
}

static bool read_answer(const char *text, struct region *region, struct native_call *call)
{
	json_t *root = json_loads(text, 0, NULL);
	const json_t *shares = json_object_get(root, "shares");
	const char *name = json_string_value(json_object_get(root, "name"));
	size_t count = json_array_size(shares);
	bool ok = name && count > 0 && json_array_size(json_object_get(root, "wall_ns")) == count &&
		  json_array_size(json_object_get(root, "cpu_ns")) == count;

	if (ok) {
		*call = (struct native_call){
			.name = region_strdup(region, name),
			.calls = json_integer_value(json_object_get(root, "calls")),
			.batch_count = count,
			.wall_ns = read_numbers(json_object_get(root, "wall_ns"), count, region),
			.cpu_ns = read_numbers(json_object_get(root, "cpu_ns"), count, region),
			.shares = region_alloc_array(region, count, sizeof(call->shares[0])),
			.others_ns = json_number_value(json_object_get(root, "others_ns")),
			.long_ns = json_number_value(json_object_get(root, "long_ns")),
			.disturbed = !json_is_true(json_object_get(root, "sane")),
		};
		for (size_t i = 0; i < count; i++)
			for (size_t kind = 0; kind < 3; kind++)
				call->shares[i][kind] =
					json_number_value(json_array_get(json_array_get(shares, i), kind));
	}
	json_decref(root);
	return ok;
}

static bool run_probe(const char *folder, const char *const *argv, struct region *region, struct native_output *output,
		      struct native_error *error)
{
	const char *environment[] = { region_format(region, "TMPDIR=%s", folder), NULL };
	const struct native_command command = { .argv = argv, .environment = environment, .timeout_ns = TIMEOUT_NS };

	return native_process_run(&command, region, output, error);
}

bool native_probe_call(const struct native_python *python, const char *spec, const char *setup, double seconds,
		       struct region *region, struct native_call *call, struct native_error *error)
{
	const char *folder = native_folder_new(region, error);
	struct native_output output;
	bool ran;

	if (!folder)
		return false;
	ran = native_embed_write(folder, region, error) &&
	      run_probe(folder,
			(const char *const[]){ python->executable, "-B", region_format(region, "%s/probe.py", folder),
					       spec, setup, region_format(region, "%.3f", seconds), NULL },
			region, &output, error);
	native_folder_remove(folder);
	if (!ran)
		return false;
	if (output.timed_out) {
		native_error_set(error, "'%s' took longer than %d s", spec, (int)(TIMEOUT_NS / SIM_S));
		return false;
	}
	if (!WIFEXITED(output.status) || WEXITSTATUS(output.status) != 0) {
		native_error_set(error, "'%s' failed: %s%s%s", spec, native_process_fate(output.status, region),
				 output.last_words[0] ? ": " : "", output.last_words);
		return false;
	}
	if (!read_answer(output.output, region, call)) {
		native_error_set(error, "probing '%s' gave no figures", spec);
		return false;
	}
	return true;
}
