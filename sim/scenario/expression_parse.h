/*
 * expression_parse.h - integer expressions: text to the postfix code of workload.h.
 *
 *   or  and  not  == != < <= > >= (not chained)  + -  * // %  - (unary)  ( )  123  name
 *
 * A name is a variable when the scope knows it, else a symbol such as `stop`, which equals only itself.
 */
#ifndef SIM_SCENARIO_EXPRESSION_PARSE_H
#define SIM_SCENARIO_EXPRESSION_PARSE_H

#include "sim/base/region.h"
#include "sim/base/units.h"
#include "sim/scenario/name_table.h"
#include "sim/scenario/workload.h"

#define EXPRESSION_MAX_DEPTH 30	    /* brackets, `not` and `-` inside each other */
#define EXPRESSION_MAX_OPERATIONS 1000

/* A word that is no variable, where it stands. */
struct symbol_use {
	const char *name;
	size_t offset; /* in the text */
	bool is_all;   /* it is the whole expression */
};

/* All expressions of a program. */
struct expressions {
	struct region *region;
	struct expression *items; /* [0] is none */
	size_t count, capacity;
	struct operation *operations;
	size_t operation_count, operation_capacity;
	struct name_table symbols; /* to their numbers, from 0 */
	uint32_t symbol_count;
};

struct expression_error {
	size_t offset; /* in the text */
	char text[160];
};

void expressions_init(struct expressions *expressions, struct region *region);
/* The value of `text`, constants folded; `variables` maps names to slots. Each use of a symbol is told to `found`.
 * False with what is wrong in `error`. */
bool expression_parse(struct expressions *expressions, const char *text, const struct name_table *variables,
		      void (*found)(void *context, const struct symbol_use *use), void *context,
		      struct value *value, struct expression_error *error);

#endif
