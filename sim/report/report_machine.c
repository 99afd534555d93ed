/*
 * report_machine.c - what a report says of the scenario and of the machine.
 */
#include <string.h>

#include "sim/base/diagnostic.h"
#include "sim/profile/profile.h"
#include "sim/report/html.h"
#include "sim/report/report_page.h"

/* A scenario's text beyond that is left out of the page. */
#define SCENARIO_BYTES (256 << 10)

static void put_scenario(struct report *report, const char *path)
{
	FILE *stream = *path && strcmp(path, "-") != 0 ? fopen(path, "re") : NULL;
	char *text = region_alloc(report->region, SCENARIO_BYTES + 1);
	size_t length;

	if (!stream)
		return;
	length = fread(text, 1, SCENARIO_BYTES + 1, stream);
	fclose(stream);
	if (length > SCENARIO_BYTES)
		return;
	text[length] = '\0';
	report_put(report, "<h3>");
	html_text(report->stream, path);
	report_put(report, "</h3><pre>");
	html_text(report->stream, text);
	report_put(report, "</pre>\n");
}

/* Whether that text stands in that column of an earlier row, or in an earlier table. */
static bool is_known(const struct report *report, int kind, size_t row, const char *column)
{
	const char *text = data_table_text(&report->tables[kind], row, column);

	for (int other = 0; other <= kind; other++)
		for (size_t i = 0; i < (other < kind ? report->tables[other].row_count : row); i++)
			if (!strcmp(data_table_text(&report->tables[other], i, column), text))
				return true;
	return !*text;
}

/* Whether any input says what it is of. */
static bool is_told(const struct report *report, const char *column)
{
	for (int kind = 0; kind < DATA_KIND_COUNT; kind++)
		for (size_t row = 0; row < report->tables[kind].row_count; row++)
			if (*data_table_text(&report->tables[kind], row, column))
				return true;
	return false;
}

void report_put_scenarios(struct report *report)
{
	if (!is_told(report, "file"))
		return;
	report_open_section(report, "scenario", "The scenario, as it stands in its file now");
	for (int kind = 0; kind < DATA_KIND_COUNT; kind++)
		for (size_t row = 0; row < report->tables[kind].row_count; row++)
			if (!is_known(report, kind, row, "file"))
				put_scenario(report, data_table_text(&report->tables[kind], row, "file"));
	report_put(report, "</section>\n");
}

static void put_value(struct report *report, enum cost cost, const struct profile_value *value, const char *python)
{
	static const char *const provenances[] = { [PROVENANCE_MISSING] = "missing",
						   [PROVENANCE_MEASURED] = "measured",
						   [PROVENANCE_SYSTEM] = "told by the system",
						   [PROVENANCE_PUBLISHED] = "published",
						   [PROVENANCE_ASSUMED] = "assumed" };

	report_put(report, "<tr><td>");
	html_text(report->stream, cost_infos[cost].name);
	report_put(report, "</td><td>");
	html_text(report->stream, python);
	fprintf(report->stream, "</td><td class=\"number\">%.6g</td><td>", value->value);
	html_text(report->stream, provenances[value->provenance]);
	report_put(report, "</td><td>");
	html_text(report->stream, value->note ? value->note : "");
	report_put(report, "</td></tr>\n");
}

static bool is_measured(const struct profile_value *value)
{
	return value->provenance == PROVENANCE_MEASURED || value->provenance == PROVENANCE_SYSTEM;
}

/* The rows of one Python, or those of the machine; measured ones or the others. */
static size_t put_values(struct report *report, const struct profile_value *values, enum cost_scope scope,
			 const char *python, bool measured)
{
	size_t count = 0;

	for (enum cost cost = 0; cost < COST_COUNT; cost++) {
		if (cost_infos[cost].scope != scope || is_measured(&values[cost]) != measured)
			continue;
		put_value(report, cost, &values[cost], python);
		count++;
	}
	return count;
}

static void put_costs(struct report *report, const struct profile *profile, const struct profile_python *python,
		      bool measured, const char *summary)
{
	report_put(report, measured ? "<details><summary>" : "<details open><summary>");
	html_text(report->stream, summary);
	report_put(report, "</summary><div class=\"wide\"><table><thead><tr><th>cost</th><th>Python</th><th "
			   "class=\"number\">value (ns, or "
			   "its own unit)</th><th>how it is known</th><th>source</th></tr></thead><tbody>\n");
	put_values(report, profile->values, SCOPE_MACHINE, "", measured);
	if (python)
		put_values(report, python->values, SCOPE_PYTHON, python->version, measured);
	report_put(report, "</tbody></table></div></details>\n");
}

/* The build that the results are about. */
static const struct profile_python *python_of(const char *version, const struct profile *profile)
{
	for (size_t i = 0; i < profile->python_count; i++) {
		size_t length = strlen(profile->pythons[i].version);

		if (!strncmp(version, profile->pythons[i].version, length) &&
		    (version[length] == '\0' || version[length] == '.') && profile->pythons[i].gil)
			return &profile->pythons[i];
	}
	return NULL;
}

static void put_profile(struct report *report, const char *name, const char *version)
{
	struct diagnostics unheard;
	const struct profile_python *python;
	struct profile *profile;

	diagnostics_init(&unheard, report->region);
	profile = profile_load(name, report->region, &unheard);
	if (!profile) {
		report_put_paragraph(report, "",
				     "The profile '%s' cannot be read here, so nothing can be said about its costs.", name);
		return;
	}
	python = python_of(version, profile);
	report_put_paragraph(report, "", "Profile '%s'%s%s%s%s.", name, profile->cpu ? ", " : "",
			     profile->cpu ? profile->cpu : "", profile->kernel ? ", Linux " : "",
			     profile->kernel ? profile->kernel : "");
	put_costs(report, profile, python, false, "Never measured: assumed, or from what others published");
	put_costs(report, profile, python, true, "Measured, or told by the system");
}

void report_put_machines(struct report *report)
{
	if (!is_told(report, "machine_profile"))
		return;
	report_open_section(report, "machine", "The machine, and how far to trust this");
	report_put(report,
		   "<p>Every predicted figure comes from the scenario's own durations and from these costs. A result is as "
		   "good as both: a cost that nobody measured on that machine may be off by a factor, and counts where the "
		   "answer depends on it. <code>gilsim validate</code> puts predictions beside real runs on the machine at "
		   "hand.</p>\n");
	for (int kind = 0; kind < DATA_KIND_COUNT; kind++)
		for (size_t row = 0; row < report->tables[kind].row_count; row++)
			if (!is_known(report, kind, row, "machine_profile"))
				put_profile(report, data_table_text(&report->tables[kind], row, "machine_profile"),
					    data_table_text(&report->tables[kind], row, "python_version"));
	report_put(report, "</section>\n");
}
