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

void report_open_section(struct report *report, const char *id, const char *title)
{
	fprintf(report->stream, "<section id=\"%s\"><h2>", id);
	html_text(report->stream, title);
	report_put(report, "</h2>\n");
}

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

void report_put_scenarios(struct report *report)
{
	const struct data_table *table = report_results(report);

	if (table->row_count == 0)
		return;
	report_open_section(report, "scenario", "The scenario, as it stands in its file now");
	for (size_t row = 0; row < table->row_count; row++) {
		bool seen = false;

		for (size_t other = 0; other < row && !seen; other++)
			seen = !strcmp(data_table_text(table, other, "file"), data_table_text(table, row, "file"));
		if (!seen)
			put_scenario(report, data_table_text(table, row, "file"));
	}
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
static const struct profile_python *python_of(const struct report *report, const struct profile *profile)
{
	const struct data_table *table = report_results(report);
	const char *version = data_table_text(table, 0, "python_version");

	for (size_t i = 0; i < profile->python_count; i++) {
		size_t length = strlen(profile->pythons[i].version);

		if (!strncmp(version, profile->pythons[i].version, length) &&
		    (version[length] == '\0' || version[length] == '.') && profile->pythons[i].gil)
			return &profile->pythons[i];
	}
	return NULL;
}

void report_put_machine(struct report *report)
{
	const struct data_table *table = report_results(report);
	const char *name = table->row_count > 0 ? data_table_text(table, 0, "machine_profile") : "";
	struct diagnostics unheard;
	struct profile *profile;

	if (!*name)
		return;
	diagnostics_init(&unheard, report->region);
	profile = profile_load(name, report->region, &unheard);
	report_open_section(report, "machine", "The machine, and how far to trust this");
	if (!profile) {
		report_put(report, "<p>");
		html_print(report->stream,
			   "The profile '%s' cannot be read here, so nothing can be said about its costs.", name);
		report_put(report, "</p></section>\n");
		return;
	}
	report_put(report, "<p>");
	html_print(report->stream, "Profile '%s'%s%s%s%s. ", name, profile->cpu ? ", " : "",
		   profile->cpu ? profile->cpu : "", profile->kernel ? ", Linux " : "",
		   profile->kernel ? profile->kernel : "");
	report_put(
		report,
		"Every predicted figure comes from the scenario's own durations and from these costs. A result is "
		"as "
		"good as "
		"both: a cost that nobody measured on that machine may be off by a factor, and counts where the "
		"answer "
		"depends on "
		"it. <code>gilsim validate</code> puts predictions beside real runs on the machine at hand.</p>\n");
	put_costs(report, profile, python_of(report, profile), false,
		  "Never measured: assumed, or from what others published");
	put_costs(report, profile, python_of(report, profile), true, "Measured, or told by the system");
	report_put(report, "</section>\n");
}
