/*
 * profile_read.c - a profile file as YAML events, as a small tree with positions, as struct profile.
 *
 * The file is a few kilobytes that gilsim or a person wrote: no aliases, no more nesting than the
 * form has. What exceeds that is refused before it is read on.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml.h>

#include "sim/profile/cost_text.h"
#include "sim/profile/profile.h"

#define PROFILE_MAX_BYTES ((off_t)4 << 20)
#define PROFILE_MAX_DEPTH 8

enum node_kind { NODE_SCALAR, NODE_MAPPING, NODE_SEQUENCE };

struct node {
	enum node_kind kind;
	int line, column;
	const char *text; /* SCALAR */
	const char *key;  /* when it is the value of a mapping's key */
	int key_line, key_column;
	struct node *first, *last; /* children */
	struct node *next;
};

struct reader {
	const char *path;
	struct region *region;
	struct diagnostics *diagnostics;
	yaml_parser_t parser;
	yaml_event_t event; /* being read; empty between two */
};

#define node_error(reader, node, ...)                                                                              \
	diagnostics_error((reader)->diagnostics, (reader)->path, (node)->line, (node)->column, __VA_ARGS__)
#define key_error(reader, node, ...)                                                                               \
	diagnostics_error((reader)->diagnostics, (reader)->path, (node)->key_line, (node)->key_column, __VA_ARGS__)

/* --- text to tree ---------------------------------------------------------------------------- */

static void parser_error(struct reader *reader)
{
	const yaml_parser_t *parser = &reader->parser;
	const char *problem = parser->problem ? parser->problem : "out of memory";

	if (parser->error == YAML_READER_ERROR)
		diagnostics_error(reader->diagnostics, reader->path, 0, 0, "not text: %s at byte %zu", problem,
				  parser->problem_offset);
	else
		diagnostics_error(reader->diagnostics, reader->path, (int)parser->problem_mark.line + 1,
				  (int)parser->problem_mark.column + 1, "not valid YAML: %s", problem);
}

static struct node *node_new(struct reader *reader, enum node_kind kind, yaml_mark_t mark)
{
	struct node *node = region_alloc(reader->region, sizeof(*node));

	node->kind = kind;
	node->line = (int)mark.line + 1;
	node->column = (int)mark.column + 1;
	return node;
}

/*
 * Builds the document's tree without recursion: `open` is the path from the root to the collection
 * being read. In a mapping, keys and values alternate; a key waits in `pending` for its value.
 * NULL after an error, or for an empty file.
 */
static struct node *read_tree(struct reader *reader)
{
	struct node *open[PROFILE_MAX_DEPTH], *pending[PROFILE_MAX_DEPTH];
	size_t depth = 0;
	struct node *root = NULL;
	bool done = false;

	while (!done) {
		struct node *node = NULL;
		yaml_event_type_t type;

		if (!yaml_parser_parse(&reader->parser, &reader->event)) {
			parser_error(reader);
			return NULL;
		}
		type = reader->event.type;
		if (type == YAML_SCALAR_EVENT) {
			const char *value = (const char *)reader->event.data.scalar.value;

			node = node_new(reader, NODE_SCALAR, reader->event.start_mark);
			node->text = region_strndup(reader->region, value, reader->event.data.scalar.length);
			if (strlen(value) != reader->event.data.scalar.length)
				node_error(reader, node, "a text may not hold a NUL character");
		} else if (type == YAML_MAPPING_START_EVENT) {
			node = node_new(reader, NODE_MAPPING, reader->event.start_mark);
		} else if (type == YAML_SEQUENCE_START_EVENT) {
			node = node_new(reader, NODE_SEQUENCE, reader->event.start_mark);
		} else if (type == YAML_ALIAS_EVENT) {
			diagnostics_error(reader->diagnostics, reader->path, (int)reader->event.start_mark.line + 1,
					  (int)reader->event.start_mark.column + 1,
					  "a profile may not use aliases");
			done = true;
		} else if (type == YAML_DOCUMENT_END_EVENT || type == YAML_STREAM_END_EVENT) {
			done = true;
		} else if (type == YAML_MAPPING_END_EVENT || type == YAML_SEQUENCE_END_EVENT) {
			assert(depth > 0);
			depth--;
		}
		yaml_event_delete(&reader->event);
		if (type == YAML_ALIAS_EVENT)
			return NULL;
		if (!node)
			continue;

		if (depth > 0) {
			struct node *parent = open[depth - 1];
			struct node *key = pending[depth - 1];

			if (parent->kind == NODE_MAPPING && !key) {
				if (node->kind != NODE_SCALAR) {
					node_error(reader, node, "a key must be a text");
					return NULL;
				}
				pending[depth - 1] = node;
				continue;
			}
			if (key) {
				node->key = key->text;
				node->key_line = key->line;
				node->key_column = key->column;
				pending[depth - 1] = NULL;
				for (const struct node *other = parent->first; other; other = other->next)
					if (!strcmp(other->key, node->key)) {
						key_error(reader, node, "'%s' is given twice, first in line %d",
							  node->key, other->key_line);
						break;
					}
			}
			if (parent->last)
				parent->last->next = node;
			else
				parent->first = node;
			parent->last = node;
		} else {
			root = node;
		}
		if (node->kind != NODE_SCALAR) {
			if (depth == PROFILE_MAX_DEPTH) {
				node_error(reader, node, "nested deeper than a profile's form");
				return NULL;
			}
			pending[depth] = NULL;
			open[depth++] = node;
		}
	}
	return root;
}

/* --- tree to profile ------------------------------------------------------------------------- */

/* The children of a mapping; an empty value (`pythons:`) is an empty mapping. */
static const struct node *mapping_children(struct reader *reader, const struct node *node, const char *what)
{
	if (node->kind == NODE_MAPPING)
		return node->first;
	if (node->kind != NODE_SCALAR || node->text[0] != '\0')
		node_error(reader, node, "%s must be a mapping", what);
	return NULL;
}

/* The text of a scalar, NULL (and an error) for anything else. */
static const char *scalar_text(struct reader *reader, const struct node *node)
{
	if (node->kind == NODE_SCALAR)
		return node->text;
	node_error(reader, node, "'%s' must be a single value", node->key);
	return NULL;
}

static void unknown_key(struct reader *reader, const struct node *node, const char *where, const char *const *known,
			size_t count)
{
	const char *near = diagnostics_suggest(node->key, known, count);

	if (near)
		key_error(reader, node, "unknown key '%s' in %s, did you mean '%s'?", node->key, where, near);
	else
		key_error(reader, node, "unknown key '%s' in %s", node->key, where);
}

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static bool read_integer(struct reader *reader, const struct node *node, int least, int *value)
{
	const char *text = scalar_text(reader, node);
	char *end;
	long number;

	if (!text)
		return false;
	errno = 0;
	number = strtol(text, &end, 10);
	if (end == text || *end || errno || number < least || number > INT_MAX) {
		node_error(reader, node, "'%s' is '%s', expected a whole number of at least %d", node->key, text,
			   least);
		return false;
	}
	*value = (int)number;
	return true;
}

/* {value: 1.3us, spread: 4%, samples: 31, measured: NOTE} */
static void read_value(struct reader *reader, const struct node *node, enum cost cost, struct profile_value *value)
{
	static const char *const keys[] = {
		"value", "spread", "samples", "measured", "from", "published", "assumed"
	};
	static const enum provenance provenances[] = { [3] = PROVENANCE_MEASURED,
						       [4] = PROVENANCE_SYSTEM,
						       [5] = PROVENANCE_PUBLISHED,
						       [6] = PROVENANCE_ASSUMED };
	struct profile_value read = { .value = NAN, .spread = NAN, .provenance = PROVENANCE_MISSING };
	struct unit_error error;
	bool has_value = false;

	if (node->kind != NODE_MAPPING) {
		node_error(reader, node, "'%s' must be a mapping such as {value: ..., measured: ...}", node->key);
		return;
	}
	for (const struct node *child = node->first; child; child = child->next) {
		size_t index = 0;
		const char *text;

		while (index < COUNT_OF(keys) && strcmp(keys[index], child->key) != 0)
			index++;
		if (index == COUNT_OF(keys)) {
			unknown_key(reader, child, "a parameter", keys, COUNT_OF(keys));
			continue;
		}
		text = scalar_text(reader, child);
		if (!text)
			continue;
		if (index == 0) {
			has_value = true;
			if (!cost_parse(cost_infos[cost].unit, text, &read.value, &error))
				node_error(reader, child, "%s: %s", cost_infos[cost].name, error.text);
		} else if (index == 1) {
			if (!cost_parse(UNIT_ratio, text, &read.spread, &error))
				node_error(reader, child, "spread: %s", error.text);
		} else if (index == 2) {
			read_integer(reader, child, 0, &read.samples);
		} else if (read.provenance != PROVENANCE_MISSING) {
			key_error(reader, child,
				  "'%s' has two origins, expected one of measured, from, published, assumed",
				  node->key);
		} else {
			read.provenance = provenances[index];
			read.note = text[0] ? text : NULL;
		}
	}
	if (!has_value)
		node_error(reader, node, "'%s' has no value", node->key);
	if (read.provenance == PROVENANCE_MISSING)
		node_error(
			reader, node,
			"'%s' does not say where it comes from, expected one of measured, from, published, assumed",
			node->key);
	*value = read;
}

static void read_parameters(struct reader *reader, const struct node *node, enum cost_scope scope,
			    struct profile_value values[COST_COUNT])
{
	enum cost likely = 0; /* a profile lists its parameters in the table's order */

	for (const struct node *child = mapping_children(reader, node, "'parameters'"); child;
	     child = child->next) {
		bool is_likely = likely < COST_COUNT && !strcmp(cost_infos[likely].name, child->key);
		enum cost cost = is_likely ? likely : cost_find(child->key);

		likely = cost + 1;
		if (cost == COST_COUNT) {
			const char *names[COST_COUNT];

			for (enum cost other = 0; other < COST_COUNT; other++)
				names[other] = cost_infos[other].name;
			unknown_key(reader, child, "'parameters'", names, COST_COUNT);
		} else if (cost_infos[cost].scope != scope) {
			key_error(reader, child, "'%s' is a parameter of %s", child->key,
				  scope == SCOPE_MACHINE
					  ? "an interpreter: give it under 'pythons'"
					  : "the machine: give it under the top level's 'parameters'");
		} else {
			read_value(reader, child, cost, &values[cost]);
		}
	}
}

static void read_machine(struct reader *reader, const struct node *node, struct profile *profile)
{
	static const char *const keys[] = { "cpu", "kernel", "cores", "smt" };
	int threads_per_core;

	for (const struct node *child = mapping_children(reader, node, "'machine'"); child; child = child->next) {
		if (!strcmp(child->key, "cpu"))
			profile->cpu = scalar_text(reader, child);
		else if (!strcmp(child->key, "kernel"))
			profile->kernel = scalar_text(reader, child);
		else if (!strcmp(child->key, "cores"))
			read_integer(reader, child, 1, &profile->cores);
		else if (!strcmp(child->key, "smt"))
			read_integer(reader, child, 1,
				     &threads_per_core); /* for the reader; no model uses it yet */
		else
			unknown_key(reader, child, "'machine'", keys, COUNT_OF(keys));
	}
}

/* "3.13" or "3.13t": 3, a point, one or two digits. */
static bool is_version(const char *text, size_t length)
{
	return (length == 3 || length == 4) && !strncmp(text, "3.", 2) &&
	       strspn(text + 2, "0123456789") >= length - 2;
}

/* One that has been read already, by what a profile calls it; NULL: none. */
static const struct profile_python *find_python(const struct profile *profile, const char *name)
{
	for (size_t i = 0; i < profile->python_count; i++) {
		const struct profile_python *python = &profile->pythons[i];
		size_t length = strlen(python->version);

		if (!strncmp(python->version, name, length) && !strcmp(name + length, python->gil ? "" : "t"))
			return python;
	}
	return NULL;
}

/* like: "3.12": what its parameters do not say is as that one's. */
static void read_like(struct reader *reader, const struct node *node, const struct profile *profile,
		      struct profile_python *python)
{
	const char *name = scalar_text(reader, node);
	const struct profile_python *other = name ? find_python(profile, name) : NULL;

	if (name && (!other || other == python))
		node_error(reader, node, "like is '%s', expected a Python that stands before this one", name);
	for (enum cost cost = 0; other && cost < COST_COUNT; cost++)
		if (python->values[cost].provenance == PROVENANCE_MISSING)
			python->values[cost] = other->values[cost];
}

static void read_python(struct reader *reader, const struct node *node, struct profile *profile)
{
	static const char *const keys[] = { "like", "gil", "executable", "version", "parameters" };
	const struct node *like = NULL;
	size_t length = strlen(node->key);
	bool free_threaded = length > 0 && node->key[length - 1] == 't';
	struct profile_python *python;
	char *version = region_strndup(reader->region, node->key, length - free_threaded);

	if (!is_version(version, strlen(version))) {
		key_error(reader, node, "'%s' is no version of Python, expected one such as \"3.13\" or \"3.13t\"",
			  node->key);
		return;
	}
	if (find_python(profile, node->key))
		return; /* given twice: said already */
	python = profile_add_python(profile, reader->region, version, !free_threaded);
	for (const struct node *child = mapping_children(reader, node, "a Python"); child; child = child->next) {
		const char *text;

		if (!strcmp(child->key, "parameters")) {
			read_parameters(reader, child, SCOPE_PYTHON, python->values);
			continue;
		}
		if (!strcmp(child->key, "like")) {
			like = child;
			continue;
		}
		text = scalar_text(reader, child);
		if (!text)
			continue;
		if (!strcmp(child->key, "gil")) {
			bool on = !strcmp(text, "on");

			if (!on && strcmp(text, "off") != 0)
				node_error(reader, child, "gil is '%s', expected on or off", text);
			else if (on == free_threaded)
				node_error(reader, child, "gil is %s, but the version '%s' says otherwise", text,
					   node->key);
		} else if (!strcmp(child->key, "executable")) {
			python->executable = text;
		} else if (!strcmp(child->key, "version")) {
			python->full_version = text;
		} else {
			unknown_key(reader, child, "a Python", keys, COUNT_OF(keys));
		}
	}
	if (like)
		read_like(reader, like, profile, python);
}

/* Every row of the machine must be there; a Python's missing rows come from its neighbours. */
static void check_complete(struct reader *reader, const struct node *parameters, const struct profile *profile)
{
	for (enum cost cost = 0; cost < COST_COUNT; cost++)
		if (cost_infos[cost].scope == SCOPE_MACHINE &&
		    profile->values[cost].provenance == PROVENANCE_MISSING)
			key_error(reader, parameters,
				  "'parameters' lacks '%s' (%s); gilsim calibrate measures anew what an earlier release did not",
				  cost_infos[cost].name, cost_infos[cost].meaning);
}

static struct profile *read_profile(struct reader *reader, const struct node *root)
{
	static const char *const keys[] = { "profile", "about", "machine", "parameters", "pythons" };
	struct profile *profile = profile_new("", reader->region);
	const struct node *parameters = NULL;
	bool named = false;

	if (root->kind != NODE_MAPPING) {
		node_error(reader, root,
			   "a profile must be a mapping with the keys profile, machine, parameters, pythons");
		return profile;
	}
	for (const struct node *child = root->first; child; child = child->next) {
		if (!strcmp(child->key, "profile")) {
			const char *name = scalar_text(reader, child);

			if (name) {
				profile->name = name;
				named = true;
			}
		} else if (!strcmp(child->key, "about")) {
			scalar_text(reader, child);
		} else if (!strcmp(child->key, "machine")) {
			read_machine(reader, child, profile);
		} else if (!strcmp(child->key, "parameters")) {
			parameters = child;
			read_parameters(reader, child, SCOPE_MACHINE, profile->values);
		} else if (!strcmp(child->key, "pythons")) {
			for (const struct node *python = mapping_children(reader, child, "'pythons'"); python;
			     python = python->next)
				read_python(reader, python, profile);
		} else {
			unknown_key(reader, child, "a profile", keys, COUNT_OF(keys));
		}
	}
	if (!named)
		node_error(reader, root, "a profile needs its name: 'profile: NAME'");
	check_complete(reader, parameters ? parameters : root, profile);
	return profile;
}

/* --- the file -------------------------------------------------------------------------------- */

static const char *read_file(struct reader *reader, size_t *length)
{
	int descriptor = open(reader->path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	char *text = NULL;
	size_t got = 0;

	if (descriptor < 0 || fstat(descriptor, &status) != 0) {
		diagnostics_error(reader->diagnostics, reader->path, 0, 0, "cannot be read: %s", strerror(errno));
	} else if (!S_ISREG(status.st_mode)) {
		diagnostics_error(reader->diagnostics, reader->path, 0, 0, "is %s, expected a profile file",
				  S_ISDIR(status.st_mode) ? "a directory" : "not a regular file");
	} else if (status.st_size > PROFILE_MAX_BYTES) {
		diagnostics_error(reader->diagnostics, reader->path, 0, 0,
				  "is %jd bytes long, a profile has at most %jd", (intmax_t)status.st_size,
				  (intmax_t)PROFILE_MAX_BYTES);
	} else {
		size_t size = (size_t)status.st_size;
		ssize_t count = 0;

		text = region_alloc(reader->region, size + 1);
		while (got < size && (count = read(descriptor, text + got, size - got)) > 0)
			got += (size_t)count;
		if (count < 0) {
			diagnostics_error(reader->diagnostics, reader->path, 0, 0, "cannot be read: %s",
					  strerror(errno));
			text = NULL;
		}
	}
	if (descriptor >= 0)
		close(descriptor);
	*length = got;
	return text;
}

/*
 * The parser's memory is not the region's: when an allocation of the region fails, it is given back
 * on the way out. Not inlined, so that no caller's variable lives across setjmp().
 */
static __attribute__((noinline)) struct node *parse_text(struct reader *reader, const char *text, size_t length)
{
	jmp_buf *const outer = reader->region->unwind;
	jmp_buf here;
	struct node *root;

	if (!yaml_parser_initialize(&reader->parser)) {
		diagnostics_error(reader->diagnostics, reader->path, 0, 0, "out of memory");
		return NULL;
	}
	if (outer) {
		if (setjmp(here) != 0) {
			yaml_event_delete(&reader->event);
			yaml_parser_delete(&reader->parser);
			reader->region->unwind = outer;
			longjmp(*outer, 1);
		}
		reader->region->unwind = &here;
	}
	yaml_parser_set_input_string(&reader->parser, (const unsigned char *)text, length);
	root = read_tree(reader);
	yaml_parser_delete(&reader->parser);
	reader->region->unwind = outer;
	return root;
}

struct profile *profile_read(const char *path, struct region *region, struct diagnostics *diagnostics)
{
	struct reader reader = { .path = region_strdup(region, path),
				 .region = region,
				 .diagnostics = diagnostics };
	size_t errors_before = diagnostics->error_count;
	size_t length;
	const char *text = read_file(&reader, &length);
	const struct node *root;
	struct profile *profile = NULL;

	if (!text)
		return NULL;
	diagnostics_add_source(diagnostics, reader.path, text, length);
	root = parse_text(&reader, text, length);
	if (root)
		profile = read_profile(&reader, root);
	else if (diagnostics->error_count == errors_before)
		diagnostics_error(diagnostics, reader.path, 0, 0, "is empty, expected a profile");
	return diagnostics->error_count == errors_before ? profile : NULL;
}
