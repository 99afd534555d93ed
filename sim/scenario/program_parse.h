/*
 * program_parse.h - tasks, their steps and what they share, checked, as the workload takes them.
 */
#ifndef SIM_SCENARIO_PROGRAM_PARSE_H
#define SIM_SCENARIO_PROGRAM_PARSE_H

#include "sim/scenario/expression_parse.h"
#include "sim/scenario/name_table.h"
#include "sim/scenario/scenario_keys.h"

struct program {
	struct task *tasks;
	const struct yaml_node **task_nodes; /* each task's name in the file */
	bool *is_started;		     /* by some variant; filled by workload_compile() */
	uint32_t task_count;
	struct step *steps;
	const struct yaml_node **step_nodes; /* each step in the file */
	bool *is_endless;		     /* a loop without a break */
	bool *is_conditional;		     /* may be passed over: in an `if`, a `try`, an expression's count */
	uint32_t step_count;
	struct resource *resources;
	uint32_t resource_count;
	struct expressions expressions;
	struct value *arguments;
	uint32_t argument_count;
	const char **exceptions; /* the scenario's own */
	uint32_t exception_count;
	struct name_table task_names, resource_names; /* to indexes */
};

/* Relative file names begin at `folder`; every duration is multiplied with `scale`. What is wrong is reported. */
struct program *program_parse(struct reading *reading, const struct file_keys *file, const char *folder,
			      double scale);
/* A duration or distribution, scaled; a list of durations, scaled. */
struct duration program_parse_duration(struct reading *reading, const struct yaml_node *node, const char *folder,
				       double scale);
sim_ns *program_parse_items(struct reading *reading, const struct yaml_node *list, double scale, uint32_t *count);
/* A model by its keys, `each` included. What is left to Python's rule is 0: workload_compile() fills it in where it
 * knows the machine. */
struct model *program_parse_model(struct reading *reading, const struct variant_keys *keys, double scale);

#endif
