/*
 * scenario_paths.h - overrides: a value put at a path of the tree, before it is checked.
 *
 *   tasks.fetch[0].io        run.count          variants.threads.workers       run.items[2]
 *   machine.cores            python.gil         profile.gil.uncontended        tasks.main[1].do[0].python
 *
 * The tables of scenario_keys.h say what a path may name, so that a key which the file leaves to its default
 * can be set, and one that does not exist is an error. The tree is not changed: the nodes on the
 * path are copied, the others shared, so that a caller sees by comparing pointers what stayed as it was.
 */
#ifndef SIM_SCENARIO_SCENARIO_PATHS_H
#define SIM_SCENARIO_SCENARIO_PATHS_H

#include "sim/scenario/scenario_keys.h"

/* Applies "PATH=VALUE" of the command line's `option` (see struct yaml_origin); VALUE is a scalar as it stands, or
 * YAML when it begins with a bracket, a brace or a quote. The new root; after an error (reported) the old one. */
const struct yaml_node *scenario_paths_set(struct reading *reading, const struct yaml_node *root,
					   const char *setting, const char *option);
/* Applies one entry of a variant's `set:`, which may change what is run and on what, but not what the
 * scenario is called, compares and expects. Errors are reported at `path`. */
const struct yaml_node *scenario_paths_put(struct reading *reading, const struct yaml_node *root,
					   const struct yaml_node *path, const struct yaml_node *value);

#endif
