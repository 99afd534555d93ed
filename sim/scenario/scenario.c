/*
 * scenario.c - a file to workloads: read, override, check, compile each variant.
 *
 * Every step goes on after an error as far as it makes sense, so that one run tells all that is
 * wrong; only at the end an error decides that there is no scenario.
 */
#include <stdlib.h>
#include <string.h>

#include "sim/scenario/expectation_parse.h"
#include "sim/scenario/scenario.h"
#include "sim/scenario/scenario_parse.h"
#include "sim/scenario/scenario_paths.h"
#include "sim/scenario/workload_compile.h"
#include "sim/scenario/yaml_tree.h"

/* "scenarios/seeds" of "scenarios/seeds/a1.yaml"; "" where there is none. */
static const char *folder_of(struct region *region, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return "";
	return slash == path ? "/" : region_strndup(region, path, (size_t)(slash - path));
}

/* "a1-cpu-count" of "scenarios/seeds/a1-cpu-count.yaml". */
static const char *name_of(struct region *region, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash == NULL ? path : slash + 1;
	size_t length = strlen(name);

	if (strcmp(path, "-") == 0)
		return "stdin";
	if (length > 5 && strcmp(name + length - 5, ".yaml") == 0)
		length -= 5;
	return region_strndup(region, name, length);
}

/* ---- Variants ---- */

/* The file's tree with one variant's settings, checked; the file's own when it has none. */
static const struct checked *check_variant(struct reading *reading, const struct yaml_node *root,
					   const struct checked *base, const struct checked_variant *variant,
					   const char *folder, bool is_scaled)
{
	const struct yaml_node *set = variant->keys.set;
	const struct yaml_node *changed = root;
	const struct checked *checked;

	for (uint32_t i = 0; set != NULL && i < set->count; i++)
		changed = scenario_paths_put(reading, changed, set->pairs[i].key, set->pairs[i].value);
	if (changed == root)
		return base;
	checked = scenario_parse(reading, changed, folder, is_scaled, base);
	return checked != NULL ? checked : base;
}

static const char **variant_names(struct region *region, const struct checked_variant *variants, size_t count)
{
	const char **names = region_alloc_array(region, count, sizeof(names[0]));

	for (size_t i = 0; i < count; i++)
		names[i] = variants[i].name;
	return names;
}

static size_t find_variant(const struct checked_variant *variants, size_t count, const char *name)
{
	size_t i = 0;

	while (i < count && strcmp(variants[i].name, name) != 0)
		i++;
	return i;
}

/* The index of `baseline:`, else of the first. */
static size_t find_baseline(struct reading *reading, const struct yaml_node *root, const struct checked *checked,
			    const struct checked_variant *variants, size_t count)
{
	const char *name = checked->keys.baseline;
	size_t index;

	if (name == NULL || count == 0)
		return 0;
	index = find_variant(variants, count, name);
	if (index < count)
		return index;
	keys_report_unknown(reading, yaml_tree_get(root, "baseline"), "variant", name, NULL,
			    variant_names(reading->region, variants, count), count);
	return 0;
}

static const char *joined(struct region *region, const char *const *names, size_t count)
{
	const char *text = names[0];

	for (size_t i = 1; i < count; i++)
		text = region_format(region, "%s, %s", text, names[i]);
	return text;
}

static void check_chosen_variants(struct reading *reading, const struct scenario_options *options,
				  const struct checked_variant *variants, size_t count)
{
	const char **names = variant_names(reading->region, variants, count);

	for (size_t i = 0; i < options->variant_count; i++) {
		const char *name = options->variants[i];
		const char *near;

		if (count == 0 || find_variant(variants, count, name) < count)
			continue;
		near = diagnostics_suggest(name, names, count);
		if (near != NULL)
			diagnostics_error(reading->diagnostics, NULL, 0, 0,
					  "--variant: unknown variant '%s', did you mean '%s'?", name, near);
		else
			diagnostics_error(reading->diagnostics, NULL, 0, 0,
					  "--variant: unknown variant '%s', expected one of %s", name,
					  joined(reading->region, names, count));
	}
}

static bool is_chosen(const struct scenario_options *options, const char *name)
{
	bool chosen = options->variant_count == 0;

	for (size_t i = 0; i < options->variant_count; i++)
		chosen |= strcmp(options->variants[i], name) == 0;
	return chosen;
}

/* Keeps the chosen variants' workloads and the baseline's. */
static void choose_variants(struct scenario *scenario, const struct scenario_options *options)
{
	size_t kept = 0, baseline = scenario->baseline;

	for (size_t i = 0; i < scenario->workload_count; i++) {
		if (i != baseline && !is_chosen(options, scenario->workloads[i].variant))
			continue;
		if (i == baseline)
			scenario->baseline = kept;
		if (kept != i)
			scenario->workloads[kept] = scenario->workloads[i];
		kept++;
	}
	scenario->workload_count = kept;
}

/* ---- Expectations ---- */

static bool is_about(const struct scenario *scenario, const char *variant)
{
	if (variant == NULL)
		return true;
	for (size_t i = 0; i < scenario->workload_count; i++) {
		if (strcmp(scenario->workloads[i].variant, variant) == 0)
			return true;
	}
	return false;
}

/* Those about variants that were not chosen are checked, and left out. So are all of a scaled run: they
 * speak of the scenario's own durations. */
static void parse_expectations(struct reading *reading, const struct checked *checked,
			       const struct checked_variant *variants, size_t count,
			       const struct scenario_options *options, struct scenario *scenario)
{
	const struct yaml_node *list = checked->keys.expect;
	const char **names = variant_names(reading->region, variants, count);

	if (list == NULL)
		return;
	scenario->expectations =
		region_alloc_array(reading->region, list->count, sizeof(scenario->expectations[0]));
	for (uint32_t i = 0; i < list->count; i++) {
		const struct yaml_node *node = list->items[i];
		struct expectation expectation;
		struct unit_error error;
		int column = 1;

		if (node->kind != NODE_SCALAR) {
			yaml_tree_error(reading->diagnostics, node,
					"%s for an expectation, expected e.g. 'threads.speedup > 3'",
					yaml_tree_describe(node, reading->region));
			continue;
		}
		if (!expectation_parse(node->text, names, count, reading->region, &expectation, &column, &error)) {
			size_t offset = 0;

			/* From characters back to bytes. */
			for (int at = 1; node->text[offset] != '\0' && at < column; at++) {
				offset++;
				while (((unsigned char)node->text[offset] & 0xc0) == 0x80)
					offset++;
			}
			yaml_tree_error_inside(reading->diagnostics, node, offset, "%s", error.text);
			continue;
		}
		expectation.file = node->origin->file;
		expectation.line = node->line;
		expectation.column = node->column;
		/* Scaled times have other values; what does not end does not end at any scale. */
		if ((!options->scaled || expectation_expects_unfinished(&expectation, expectation.left.variant)) &&
		    is_about(scenario, expectation.left.variant) &&
		    is_about(scenario, expectation.right.variant))
			scenario->expectations[scenario->expectation_count++] = expectation;
	}
}

/* ---- What production has ---- */

/* Those of variants that were not chosen are checked, and left out; so are all of a scaled run. */
static void parse_measured(struct reading *reading, const struct checked *checked,
			   const struct checked_variant *variants, size_t count,
			   const struct scenario_options *options, struct scenario *scenario)
{
	const struct yaml_node *map = checked->keys.measured;
	struct region *region = reading->region;
	size_t capacity = 0;

	for (uint32_t i = 0; map != NULL && i < map->count; i++) {
		const struct yaml_node *name = map->pairs[i].key, *figures = map->pairs[i].value;

		if (find_variant(variants, count, name->text) == count)
			keys_report_unknown(reading, name, "variant", name->text, "measured",
					    variant_names(region, variants, count), count);
		if (figures->kind != NODE_MAP) {
			yaml_tree_error(reading->diagnostics, figures,
					"%s for what was measured, expected a map such as {p99: 120ms}",
					yaml_tree_describe(figures, region));
			continue;
		}
		for (uint32_t j = 0; j < figures->count; j++) {
			const struct yaml_node *metric = figures->pairs[j].key, *value = figures->pairs[j].value;
			struct scenario_measured measured = { .variant = name->text };
			struct unit_error error;

			if (value->kind != NODE_SCALAR) {
				yaml_tree_error(reading->diagnostics, value, "%s for '%s', expected one value",
						yaml_tree_describe(value, region), metric->text);
			} else if (!expectation_parse_value(metric->text, value->text, region,
							    &measured.figure.metric, &measured.figure.value,
							    &error)) {
				yaml_tree_error(reading->diagnostics,
						measured.figure.metric == NULL ? metric : value, "%s", error.text);
			} else if (!options->scaled && is_about(scenario, name->text)) {
				scenario->measured = region_grow(region, scenario->measured,
								 scenario->measured_count, &capacity,
								 sizeof(scenario->measured[0]));
				scenario->measured[scenario->measured_count++] = measured;
			}
		}
	}
}

/* ---- What nobody runs ---- */

static void refuse_idle_run(struct reading *reading, const struct yaml_node *root,
			    const struct checked_variant *variants, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!variants[i].has_model || variants[i].keys.model != MODEL_PROGRAM)
			return;
	}
	if (count > 0 && yaml_tree_get(root, "run") != NULL)
		yaml_tree_error(reading->diagnostics, yaml_tree_get(root, "run"),
				"'run' beside variants that all run the task 'main', expected none");
}

static void warn_of_idle_tasks(struct reading *reading, const struct program *program)
{
	for (uint32_t i = 0; i < program->task_count; i++) {
		const struct yaml_node *node = program->task_nodes[i];

		if (!program->is_started[i])
			diagnostics_warning(reading->diagnostics, node->origin->file, node->line, node->column,
					    "task '%s' is never started", program->tasks[i].name);
	}
}

/* ---- All of it ---- */

static void compile_all(struct reading *reading, const struct yaml_node *root, const struct checked *base,
			const char *path, const struct scenario_options *options, size_t errors_before,
			struct scenario *scenario)
{
	struct region *region = reading->region;
	const char *folder = folder_of(region, path);
	struct compiler compiler = {
		.reading = reading,
		.options = options,
		.scenario = scenario->name,
		.file = scenario->file,
	};
	size_t count;
	struct checked_variant *variants = scenario_parse_variants(reading, base, &count);
	bool has_one_program = true;

	scenario->workloads = region_alloc_array(region, count, sizeof(scenario->workloads[0]));
	scenario->workload_count = count;
	for (size_t i = 0; i < count; i++) {
		const struct checked *checked =
			check_variant(reading, root, base, &variants[i], folder, options->scaled);

		has_one_program &= checked->program == base->program;
		workload_compile(&compiler, checked, &variants[i], &scenario->workloads[i]);
		scenario->workloads[i].variant = variants[i].name;
	}
	scenario->cores_clamped = compiler.cores_clamped;
	scenario->baseline = find_baseline(reading, root, base, variants, count);
	refuse_idle_run(reading, root, variants, count);
	check_chosen_variants(reading, options, variants, count);
	choose_variants(scenario, options);
	parse_expectations(reading, base, variants, count, options, scenario);
	parse_measured(reading, base, variants, count, options, scenario);
	if (has_one_program && reading->diagnostics->error_count == errors_before)
		warn_of_idle_tasks(reading, base->program);
}

struct scenario *scenario_load(const char *path, const struct scenario_options *options, struct region *region,
			       struct diagnostics *diagnostics)
{
	struct reading reading = { .region = region, .diagnostics = diagnostics };
	size_t errors_before = diagnostics->error_count;
	const struct yaml_node *root = yaml_tree_read(path, SCENARIO_MAX_BYTES, region, diagnostics);
	const struct checked *base;
	struct scenario *scenario;

	if (root == NULL)
		return NULL;
	for (size_t i = 0; i < options->override_count; i++)
		root = scenario_paths_set(&reading, root, options->overrides[i],
					  i + options->further_count < options->override_count ? "--set"
											       : options->further_option);
	base = scenario_parse(&reading, root, folder_of(region, path), options->scaled, NULL);
	if (base == NULL)
		return NULL;
	scenario = region_alloc(region, sizeof(*scenario));
	scenario->name = base->keys.name != NULL ? base->keys.name : name_of(region, path);
	scenario->about = base->keys.about;
	scenario->file = root->origin->file;
	scenario->seed = options->seed;
	scenario->overridden = options->override_count > 0;
	compile_all(&reading, root, base, path, options, errors_before, scenario);
	return diagnostics->error_count == errors_before ? scenario : NULL;
}
