/*
 * profile_write.c - a profile as a YAML file, its values exact.
 *
 * Strings are written double-quoted, in JSON's way, which YAML reads as it is.
 */
#include <errno.h>
#include <math.h>

#include "sim/profile/cost_text.h"
#include "sim/profile/profile.h"

static void write_string(const char *text, FILE *stream)
{
	fputc('"', stream);
	for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
		if (*c == '"' || *c == '\\')
			fprintf(stream, "\\%c", *c);
		else if (*c < 0x20 || *c == 0x7f)
			fprintf(stream, "\\x%02x", *c);
		else
			fputc(*c, stream);
	}
	fputc('"', stream);
}

static void write_values(const struct profile_value values[COST_COUNT], enum cost_scope scope, const char *indent,
			 FILE *stream)
{
	static const char *const provenance_keys[] = {
		[PROVENANCE_MEASURED] = "measured",
		[PROVENANCE_SYSTEM] = "from",
		[PROVENANCE_PUBLISHED] = "published",
		[PROVENANCE_ASSUMED] = "assumed",
	};

	for (enum cost cost = 0; cost < COST_COUNT; cost++) {
		const struct profile_value *value = &values[cost];
		char text[40];

		if (cost_infos[cost].scope != scope || value->provenance == PROVENANCE_MISSING)
			continue;
		cost_format(cost_infos[cost].unit, value->value, text);
		fprintf(stream, "%s%s: {value: %s", indent, cost_infos[cost].name, text);
		if (isfinite(value->spread)) {
			cost_format_percent(value->spread, text);
			fprintf(stream, ", spread: %s", text);
		}
		if (value->samples > 0)
			fprintf(stream, ", samples: %d", value->samples);
		fprintf(stream, ", %s: ", provenance_keys[value->provenance]);
		write_string(value->note ? value->note : "", stream);
		fputs("}\n", stream);
	}
}

bool profile_write(const struct profile *profile, FILE *stream)
{
	fputs("profile: ", stream);
	write_string(profile->name, stream);
	fputs("\nmachine: {", stream);
	if (profile->cpu) {
		fputs("cpu: ", stream);
		write_string(profile->cpu, stream);
		fputs(", ", stream);
	}
	if (profile->kernel) {
		fputs("kernel: ", stream);
		write_string(profile->kernel, stream);
		fputs(", ", stream);
	}
	fprintf(stream, "cores: %d}\nparameters:\n", profile->cores);
	write_values(profile->values, SCOPE_MACHINE, "  ", stream);
	if (profile->python_count > 0)
		fputs("pythons:\n", stream);
	for (size_t i = 0; i < profile->python_count; i++) {
		const struct profile_python *python = &profile->pythons[i];

		fprintf(stream, "  \"%s%s\":\n    gil: %s\n", python->version, python->gil ? "" : "t",
			python->gil ? "on" : "off");
		if (python->executable) {
			fputs("    executable: ", stream);
			write_string(python->executable, stream);
			fputc('\n', stream);
		}
		if (python->full_version) {
			fputs("    version: ", stream);
			write_string(python->full_version, stream);
			fputc('\n', stream);
		}
		fputs("    parameters:\n", stream);
		write_values(python->values, SCOPE_PYTHON, "      ", stream);
	}
	if (fflush(stream) == EOF)
		return false;
	if (ferror(stream)) {
		errno = EIO;
		return false;
	}
	return true;
}
