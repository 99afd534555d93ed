/*
 * scenario_keys.h - the scenario language as tables: one entry a key.
 *
 * The same entries (scenario_keys.c, scenario_step_keys.c) check a file (keys_read.c), lead an override to its place
 * (scenario_paths.c) and become the JSON Schema (scenario_schema.c). A new key is one new line.
 */
#ifndef SIM_SCENARIO_SCENARIO_KEYS_H
#define SIM_SCENARIO_SCENARIO_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/profile/python_version.h"
#include "sim/base/diagnostic.h"
#include "sim/base/region.h"
#include "sim/base/sim_time.h"
#include "sim/scenario/name_table.h"
#include "sim/scenario/workload.h"
#include "sim/scenario/yaml_tree.h"

/* What stands behind a key, the type of the field that receives it, and the field's value when the key is absent.
 */
enum value_kind {
	VALUE_TEXT,	/* const char *, NULL */
	VALUE_NAME,	/* const char *, NULL: letters, digits, '_' and '-' */
	VALUE_WORD,	/* int, -1: index into words[] */
	VALUE_BOOLEAN,	/* bool, false */
	VALUE_INTEGER,	/* int64_t, -1 */
	VALUE_NUMBER,	/* double, NaN */
	VALUE_DURATION, /* sim_ns, -1 */
	VALUE_BYTES,	/* int64_t, -1 */
	VALUE_RATE,	/* double per second, NaN */
	VALUE_RATIO,	/* double, NaN: 20% */
	/* The rest: const struct yaml_node *, NULL. The parser goes on from there. */
	VALUE_DRAWN,	 /* a duration, a distribution or `item` */
	VALUE_EXPRESSION, /* integers, see expression_parse.h */
	VALUE_EXPRESSIONS, /* a list of them */
	VALUE_LETS,	 /* a map of variables to expressions */
	VALUE_NAMES,	 /* a list of names */
	VALUE_HANDLERS,	 /* `except`: a list of steps, or a map of exceptions to lists of steps */
	VALUE_NOTHING,	 /* `break:` */
	VALUE_SECTION,	 /* a map as `table` says */
	VALUE_SECTIONS,	 /* a map of names, each with a map as `table` says */
	VALUE_STEPS,	 /* a list of steps */
	VALUE_DURATIONS, /* a list of durations */
	VALUE_TEXTS,	 /* a list of texts */
	VALUE_SETTINGS,	 /* a map of paths to values: a variant's `set:` */
	VALUE_COSTS,	 /* a map of profile parameters to values */
	VALUE_MAP,	 /* any other map; key.example shows one */
	VALUE_FIGURES,	 /* `measured:`, a map of variants, each with a map of metrics to values */
};

struct key {
	const char *name;
	const char *help; /* a sentence */
	enum value_kind kind;
	size_t offset;		       /* of the field in the table's struct */
	double least, most;	       /* INTEGER, NUMBER; least also for DURATION, in ns */
	const char *const *words;      /* WORD: NULL-terminated */
	const struct key_table *table; /* SECTION, SECTIONS */
	const char *initial;	       /* the default as one would write it; NULL: none, or it depends */
	uint32_t models; /* bits of the table's choices that take it; 0: all */
	int group;		       /* of keys that exclude each other; 0: none */
	const char *example;	       /* MAP */
	bool is_required;
};

struct key_table {
	const char *what;	       /* "a machine" */
	const char *scalar_stands_for; /* the key that a bare scalar gives; NULL: none */
	const char *list_stands_for;   /* the key that a bare list gives; NULL: none */
	const struct key *keys;
	size_t count;
	const char *chooser; /* the key whose word decides which others there may be (key.models); NULL: none */
	const char *const *choices;
};

/* ---- The structs that the tables fill ---- */

struct file_keys {
	const char *name, *about, *baseline;
	const struct yaml_node *machine, *python, *profile, *resources, *tasks, *run, *variants, *expect, *measured;
	sim_ns limit_ns;
	double scale;
	int64_t native_count;
};

struct machine_keys {
	const char *profile;
	int64_t cores;
	double quota_cores;
	sim_ns quota_period_ns;
	int64_t background, memory_bytes;
};

struct python_keys {
	int version; /* index into python_versions */
	int loop;    /* enum loop_kind */
	int gil;     /* enum gil_kind */
	int start;   /* enum start_method */
	sim_ns switch_interval_ns;
	const struct yaml_node *imports;
};

struct imports_keys {
	sim_ns time_ns;
	int64_t memory_bytes;
};

struct resource_keys {
	int kind; /* enum resource_kind */
	int per;  /* 0: the program; 1: each process */
	int64_t size, value, parties, tokens, backlog, slots, initial, bytes;
	const struct yaml_node *time;
	int64_t workers, chunksize, max_tasks_per_child;
	bool is_warm;
};

struct task_keys {
	bool is_daemon;
	const struct yaml_node *args, *steps;
};

struct run_keys {
	const char *task;
	int64_t count, users, requests, bytes, result_bytes;
	sim_ns for_ns;
	const struct yaml_node *items, *arrivals, *think, *mix;
	const char *warm_up;
};

enum arrival_spacing { SPACING_POISSON, SPACING_EVEN, SPACING_GAMMA };

struct arrivals_keys {
	double rate_per_s, cv;
	sim_ns for_ns, every_ns;
	const struct yaml_node *curve, *log;
	int spacing; /* enum arrival_spacing */
	int from;    /* 0: outside, 1: inside */
	int64_t count, burst;
};

struct log_keys {
	const char *file, *time, *class_column;
	const struct yaml_node *tasks;
	double speed;
};

struct variant_keys {
	int model; /* enum model_kind */
	int64_t workers, chunksize, max_tasks_per_child, queue_limit, prefetch, backlog;
	bool is_warm, return_exceptions, is_eager, reuse_port;
	int spawn;	 /* enum spawn_kind */
	int map;	 /* enum map_kind */
	int return_when; /* enum return_when */
	sim_ns timeout_ns;
	const struct yaml_node *set, *each;
	/* Of the step `run` only. */
	const char *task;
	const struct yaml_node *count, *items, *args;
};

/* What stands in the map behind a step's name; each step's table has some of it. */
struct detail_keys {
	const char *task, *resource, *group, *variable, *exception;
	const struct yaml_node *count, *args, *items, *value, *extra, *backoff;
	sim_ns timeout_ns, limit_ns;
	int64_t bytes, objects, result_bytes, result_objects, times;
	double chance, factor, jitter;
	int return_when; /* enum return_when */
	bool return_exceptions, is_daemon, is_all;
};

/* Of any step. */
struct step_keys {
	const struct yaml_node *value, *body, *other, *handlers, *final;
	const char *name;
	sim_ns timeout_ns;
	int64_t bytes;
	int io_via; /* enum io_via */
};

extern const struct key_table file_table, machine_table, python_table, imports_table, resource_table, task_table,
	run_table, arrivals_table, log_table, variant_table, each_table, run_model_table;
extern const char *const return_words[];   /* "first", ...; NULL-terminated */

extern const char *const python_versions[]; /* "3.8" and on; NULL-terminated */

/* One kind of step: its table's first key names it, and it is the only one a bare word may stand for. */
struct step_form {
	enum step_kind kind;
	bool may_be_bare; /* `- break` for `- break:` */
	const struct key_table *table; /* NULL: a part of another step */
};
extern const struct step_form step_forms[STEP_KIND_COUNT];
/* The tables of what stands behind steps' names, for the schema. */
extern const struct key_table *const detail_tables[];
extern const size_t detail_table_count;

/* ---- Reading by table ---- */

/* What every function of this folder needs to speak and to allocate. */
struct reading {
	struct region *region;
	struct diagnostics *diagnostics;
};

/* Checks the map `node` against `table` and fills `target`. `name` is what the section is called in
 * messages; NULL: the file itself. False when the node is not such a map at all (reported). */
bool keys_read(struct reading *reading, const struct yaml_node *node, const struct key_table *table,
	       const char *name, void *target);
/* The map that `node` stands for: itself, or one with the key that a bare scalar or list gives. */
const struct yaml_node *keys_expand(struct region *region, const struct yaml_node *node,
				    const struct key_table *table);
const struct key *keys_find(const struct key_table *table, const char *name);
/* "unknown key 'coers' in 'machine', did you mean 'cores'?" at `node`. */
void keys_report_unknown(struct reading *reading, const struct yaml_node *node, const char *kind, const char *word,
			 const char *where, const char *const *candidates, size_t count);
void keys_report_unknown_key(struct reading *reading, const struct yaml_node *node, const char *word,
			     const struct key_table *table, const char *where);
/* "a whole number from 1 to 4096": what the key takes. */
const char *keys_expected(struct region *region, const struct key *key);

/* The number that a table gives the name at `node`; for an unknown one NAME_NONE, and the nearest of `declared`'s keys
 * is suggested. */
uint32_t keys_resolve(struct reading *reading, const struct name_table *table, const struct yaml_node *node,
		      const char *kind, const struct yaml_node *declared);

/* The form of a step's map by the key that names it, and NULL when none does. `step` may be any node. */
const struct step_form *keys_step_form(const struct yaml_node *step);
const struct step_form *keys_step_form_of_name(const char *name);
void keys_report_unknown_step(struct reading *reading, const struct yaml_node *node, const char *word);

/* Whether `text` may name a task, a variant or a resource. */
bool keys_is_name(const char *text);

#endif
