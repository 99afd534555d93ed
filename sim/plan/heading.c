/*
 * heading.c - see heading.h.
 */
#include "sim/plan/heading.h"

#include "sim/plan/deployment.h"
#include "sim/results/version.h"

void heading_print_json(struct json_writer *json, const struct scenario *base)
{
	const struct workload *workload = &base->workloads[base->baseline];

	json_writer_key_string(json, "gilsim", GILSIM_VERSION);
	json_writer_key_string(json, "scenario", base->name);
	json_writer_key_string(json, "about", base->about);
	json_writer_key_string(json, "file", base->file);
	json_writer_key(json, "seed");
	json_writer_unsigned(json, base->seed);
	json_writer_key(json, "machine");
	json_writer_open_compact(json, '{');
	json_writer_key_string(json, "profile", workload->machine.profile);
	json_writer_key(json, "cores");
	json_writer_integer(json, workload->machine.cores);
	json_writer_close(json, '}');
	json_writer_key(json, "python");
	json_writer_open_compact(json, '{');
	json_writer_key_string(json, "version", workload->python.version);
	json_writer_close(json, '}');
}

void flags_print_json(struct json_writer *json, const struct workload *workload, struct region *region)
{
	const char *lines[DEPLOYMENT_LINES_MAX];
	size_t count = deployment_flags(workload, region, lines);

	json_writer_key(json, "flags");
	json_writer_open_compact(json, '[');
	for (size_t i = 0; i < count; i++)
		json_writer_string(json, lines[i]);
	json_writer_close(json, ']');
}
