/*
 * scenario_parse.h - a scenario's tree, checked: names resolved to indexes, texts to values.
 *
 * What only a variant's model decides (may it spawn, which defaults hold) is workload_compile.c's.
 */
#ifndef SIM_SCENARIO_SCENARIO_PARSE_H
#define SIM_SCENARIO_SCENARIO_PARSE_H

#include "sim/scenario/program_parse.h"

struct cost_setting {
	enum cost cost;
	double value;
};

/* One tree: the file's, or the one that a variant's `set:` makes of it. */
struct checked {
	struct file_keys keys;
	struct machine_keys machine;
	struct python_keys python;
	struct imports_keys imports;
	struct cost_setting *costs;
	size_t cost_count;
	struct program *program;
	struct run_keys run;
	struct arrivals_keys arrivals;
	struct duration think;
	struct run load; /* mix, warm-up, and how arrivals come */
	sim_ns *items_ns;
	uint32_t item_count;
	uint32_t run_task; /* NAME_NONE: not given, or unknown */
};

struct checked_variant {
	const char *name;
	const struct yaml_node *name_node, *model_node;
	struct variant_keys keys;
	bool has_model; /* false: not a variant at all (reported) */
};

/* Checks a tree. `folder` is where relative file names begin; every duration is multiplied with the
 * file's `scale` if `is_scaled`. Parts whose nodes are those of `base` (NULL: none) are shared with it.
 * NULL when the root is no map. */
struct checked *scenario_parse(struct reading *reading, const struct yaml_node *root, const char *folder,
			       bool is_scaled, const struct checked *base);
/* The variants of a file, without what their `set:` does. */
struct checked_variant *scenario_parse_variants(struct reading *reading, const struct checked *checked,
						size_t *count);

#endif
