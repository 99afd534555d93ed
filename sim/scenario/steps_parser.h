/*
 * steps_parser.h - what the files share that read tasks and their steps: program_parse.c, step_parse.c (each kind
 * of step), step_details.c (what stands in a step), program_cycles.c.
 */
#ifndef SIM_SCENARIO_STEPS_PARSER_H
#define SIM_SCENARIO_STEPS_PARSER_H

#include "sim/scenario/program_parse.h"

/* Where a word that is no variable stands. */
struct symbol_place {
	struct symbol_use use;
	const struct yaml_node *node;
};

struct steps_parser {
	struct reading *reading;
	const struct file_keys *file;
	struct program *program;
	const char *folder;
	double scale;
	size_t step_capacity, node_capacity, flag_capacity, condition_capacity, argument_capacity,
		exception_capacity;
	bool is_conditional; /* what is parsed now may be passed over */
	bool may_have_left;  /* a return or raise before it, too */

	struct task *task;		     /* the one that is parsed now */
	struct name_table variables, groups; /* its own, to slots and numbers */

	const struct yaml_node *expression_node; /* the expression that is parsed now */
	bool defines_symbol;			 /* it is an item: a word in it becomes known */
	struct name_table defined_symbols;
	struct symbol_place *symbols; /* those that are used */
	size_t symbol_count, symbol_capacity;
};

/* What the steps of a body amount to, for the loop around them. */
struct body_facts {
	bool has_break; /* of the innermost loop around the body */
	bool takes_time;
};

/* ---- step_parse.c ---- */

/* A list of steps, each with its body. */
void steps_parse(struct steps_parser *parser, const struct yaml_node *list, bool is_in_loop,
		 struct body_facts *facts);

/* ---- step_details.c ---- */

/* An expression between `least` and `most`, where it is a constant and `least` is below `most`. */
struct value steps_parse_value(struct steps_parser *parser, const struct yaml_node *node, int64_t absent,
			       int64_t least, int64_t most);
/* The slot of a variable of the task, a new one when it is new; INDEX_NONE for no name. */
uint32_t steps_declare_variable(struct steps_parser *parser, const char *name);
/* The number of a group of handles; `is_new`: a start step may begin one. */
uint32_t steps_find_group(struct steps_parser *parser, const struct yaml_node *node, const char *name, bool is_new);
/* A built-in exception, or one of the scenario's own, which is made when it is first named. */
uint32_t steps_find_exception(struct steps_parser *parser, const char *name);
/* Finds the resource that the scalar `node` names; one that such a step does not work on is reported. */
void steps_resolve_resource(struct steps_parser *parser, struct step *step, const struct yaml_node *node);
/* What a start step starts, from the nodes of its keys. */
struct start *steps_parse_start(struct steps_parser *parser, const struct yaml_node *map,
				const struct yaml_node *count, const struct yaml_node *items,
				const struct yaml_node *args, uint32_t index);
/* The map behind the name of step `index`. */
void steps_parse_details(struct steps_parser *parser, const struct yaml_node *node, const struct key_table *table,
			 uint32_t index);

/* ---- program_parse.c ---- */

/* A time of the scenario as its `scale` has it; one that is absent (below 0) stays so. */
sim_ns program_scaled(sim_ns ns, double scale);

/* ---- program_cycles.c ---- */

/* Reports tasks that start each other without end. */
void program_refuse_cycles(struct reading *reading, const struct program *program);

#endif
