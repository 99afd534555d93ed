/*
 * yaml_tree.h - a YAML text as a tree of nodes, each with its position.
 *
 * Read with libyaml's event API. Scalars stay text: whether `on` is a word or a truth value is for
 * the reader of the key to say. Nodes are never changed once made, so an alias is one more
 * pointer to the same node, and an override (scenario_paths.h) copies the nodes on its path only.
 *
 * Refused, each with its position: more than YAML_TREE_MAX_DEPTH levels, more than
 * YAML_TREE_MAX_NODES nodes once aliases are expanded, too many anchors, a scalar that is too long,
 * a key given twice, keys that are not scalars, tags, directives, a second document, bytes that are
 * not UTF-8 text.
 */
#ifndef SIM_SCENARIO_YAML_TREE_H
#define SIM_SCENARIO_YAML_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/diagnostic.h"
#include "sim/base/region.h"

#define YAML_TREE_MAX_DEPTH 64
#define YAML_TREE_MAX_NODES 1000000
#define YAML_TREE_MAX_ANCHORS 10000
#define YAML_TREE_MAX_TEXT_BYTES (64 << 10) /* of one scalar */

/* Where nodes come from: a file, or one --set or --vary of the command line. */
struct yaml_origin {
	const char *file;    /* NULL: the command line */
	const char *setting; /* "PATH=VALUE" of --set or --vary; NULL: a file */
	const char *option;  /* which of them; NULL: gilsim's own setting, which messages leave out */
};

enum yaml_node_kind { NODE_SCALAR, NODE_LIST, NODE_MAP };

struct yaml_pair {
	const struct yaml_node *key; /* a scalar */
	const struct yaml_node *value;
};

struct yaml_node {
	const struct yaml_origin *origin; /* borrowed */
	enum yaml_node_kind kind;
	int line, column; /* from 1 */
	/* A scalar that stands in the file as it is, on one line: the column of its text's first
	 * character, so that a message can point inside it. 0: it does not. */
	int text_column;
	uint32_t count;	 /* of items or pairs */
	uint32_t weight; /* nodes in all with aliases expanded, this one included; 0: not yet complete */
	uint8_t height;	 /* levels below this one */
	bool quoted;	 /* a scalar in quotes, or a block scalar */
	union {
		const char *text;
		const struct yaml_node *const *items;
		const struct yaml_pair *pairs;
	};
};

/* Reads a file ("-": standard input) of at most `max_bytes` and registers its text with `diagnostics`.
 * NULL when there is no tree to go on with; a tree may come with errors too (a key given twice). */
const struct yaml_node *yaml_tree_read(const char *path, size_t max_bytes, struct region *region,
				       struct diagnostics *diagnostics);
/* The same from memory. `text` and `origin` must outlive the tree's use. */
const struct yaml_node *yaml_tree_parse(const struct yaml_origin *origin, const char *text, size_t length_bytes,
					struct region *region, struct diagnostics *diagnostics);

/* The value of a map's key, or NULL; linear in the map's size. `map` may be of any kind. */
const struct yaml_node *yaml_tree_get(const struct yaml_node *map, const char *key);
/* The number of a map's pair with this key; NODE_NO_PAIR if there is none. */
#define NODE_NO_PAIR UINT32_MAX
uint32_t yaml_tree_pair_index(const struct yaml_node *map, const char *key);
/* A text as a message quotes it: cut when it is long. */
const char *yaml_tree_quote(const char *text, struct region *region);
/* "a map", "a list" or "'TEXT'": how a message names a node that is not what was expected. */
bool yaml_tree_is_blank(const struct yaml_node *node); /* `key:` with nothing behind it */
const char *yaml_tree_describe(const struct yaml_node *node, struct region *region);

/* Reports an error at a node. The same text at the same place is reported once: every variant is
 * checked in full, and most of what they share is checked again. */
void yaml_tree_error(struct diagnostics *diagnostics, const struct yaml_node *node, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The same about one variant: what is wrong in several is told once, with the names of all. */
void yaml_tree_error_in(struct diagnostics *diagnostics, const struct yaml_node *node, const char *variant,
			const char *format, ...) __attribute__((format(printf, 4, 5)));
/* The same at any place. */
void yaml_tree_error_at(struct diagnostics *diagnostics, const struct yaml_origin *origin, int line, int column,
			const char *format, ...) __attribute__((format(printf, 5, 6)));
/* The same at the byte `offset` of a scalar's text, where that can be pointed at. */
void yaml_tree_error_inside(struct diagnostics *diagnostics, const struct yaml_node *node, size_t offset,
			    const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
