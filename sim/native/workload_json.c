/*
 * workload_json.c - a compiled workload as the JSON that the harness executes.
 *
 * The control flow of today's steps does not depend on data, so walking through an instance's steps
 * tells all that it will ever draw and spawn. A step that makes it depend (if, while) will need the
 * durations of both ways; it must then be refused here or written out per draw site.
 */
#include "sim/native/workload_json.h"

#include <assert.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/native/native_cpus.h"

/* Guards against scenarios that only a simulator can run: 2 million numbers are 30 MB of JSON, and CPython
 * needs seconds to make 100,000 threads ready, let alone to start them. */
#define DRAW_LIMIT 2000000
#define INSTANCE_LIMIT 1000000
#define SPAWN_LIMIT 100000
/* Coroutines are cheap, and how many a program starts only its run tells. */
#define COROUTINE_LIMIT 200000

/* An OpenSSL limit, and far above any sensible step: a quarter of an hour. */
#define NATIVE_ITERATIONS_MAX INT32_MAX

static const char *const model_words[MODEL_KIND_COUNT] = {
	[MODEL_SEQUENTIAL] = "sequential", [MODEL_THREADS] = "threads", [MODEL_THREAD_POOL] = "thread_pool",
	[MODEL_PROCESSES] = "processes",   [MODEL_POOL] = "pool",	[MODEL_PROGRAM] = "program",
	[MODEL_ASYNCIO] = "asyncio",
};
static const char *const return_when_words[] = {
	[RETURN_FIRST] = "FIRST_COMPLETED", [RETURN_ALL] = "ALL_COMPLETED", [RETURN_EXCEPTION] = "FIRST_EXCEPTION"
};
static const char *const spawn_words[] = {
	[SPAWN_THREAD] = "thread", [SPAWN_PROCESS] = "process", [SPAWN_COROUTINE] = "coroutine"
};
static const char *const start_words[] = {
	[START_FORK] = "fork", [START_SPAWN] = "spawn", [START_FORKSERVER] = "forkserver"
};
static const char *const leaf_words[STEP_KIND_COUNT] = {
	[STEP_PYTHON] = "python", [STEP_C] = "c",	  [STEP_NATIVE] = "native",
	[STEP_IO] = "io",	  [STEP_BLOCK] = "block",
};

/* ---- Amounts of work -------------------------------------------------------------------------------- */

static json_int_t iterations(sim_ns duration_ns, double spin_ns)
{
	double count = spin_ns > 0 ? (double)duration_ns / spin_ns : 0;

	return count < 9e18 ? llround(count) : INT64_MAX;
}

/* What the harness hands to the step's function: iterations of its loop, or seconds to sleep. */
static json_t *amount_new(const struct workload *workload, enum step_kind kind, sim_ns duration_ns)
{
	json_int_t count;

	switch (kind) {
	case STEP_PYTHON:
		return json_integer(iterations(duration_ns, workload->python.spin_python_ns));
	case STEP_C:
		return json_integer(iterations(duration_ns, workload->python.spin_c_ns));
	case STEP_NATIVE:
		/* Zero iterations are an error for hashlib. */
		count = iterations(duration_ns, workload->python.spin_native_ns);
		return json_integer(count < 1 ? 1 : count > NATIVE_ITERATIONS_MAX ? NATIVE_ITERATIONS_MAX : count);
	default:
		return json_real(sim_time_seconds(duration_ns));
	}
}

/* ---- Walking through an instance's steps ------------------------------------------------------------ */

struct walk {
	const struct workload *workload;
	const struct task *task;
	uint64_t entity;
	sim_ns item_ns;
	uint64_t draw;	     /* number of the next drawn duration */
	uint64_t child;	     /* ordinal of the next child */
	json_t *amounts;     /* drawn so far; NULL: not wanted */
	struct spawned *all; /* NULL: this is no program */
	int64_t draws_left;  /* of DRAW_LIMIT, over all instances */
	const char *why_not; /* set when the walk failed */
};

/* Instances of a program, in the order of their numbers. */
struct spawned {
	struct instance {
		uint32_t task;
		uint64_t entity;
		int64_t first_child;
	} * items;
	size_t count, capacity;
};

enum way { WAY_ON, WAY_BREAK, WAY_ENDLESS, WAY_FAILED };

/* Whether walking through these steps would bring nothing to light. */
static bool is_plain(const struct workload *workload, uint32_t first, uint32_t end)
{
	for (uint32_t at = first; at < end; at++) {
		const struct step *step = &workload->steps[at];

		if (step->duration.kind == DURATION_DRAWN && leaf_words[step->kind])
			return false;
		if (step->kind == STEP_SPAWN || step->kind == STEP_BREAK || step->kind == STEP_LOOP)
			return false;
	}
	return true;
}

static bool has_unbounded(const struct workload *workload, uint32_t first, uint32_t end)
{
	for (uint32_t at = first; at < end; at++) {
		const struct step *step = &workload->steps[at];

		if (step->kind == STEP_SPAWN || (step->duration.kind == DURATION_DRAWN && leaf_words[step->kind]))
			return true;
	}
	return false;
}

static enum way fail(struct walk *walk, const char *why_not)
{
	walk->why_not = why_not;
	return WAY_FAILED;
}

static enum way walk_spawn(struct walk *walk, const struct step *step)
{
	struct spawned *all = walk->all;

	if (!all)
		return fail(walk, "spawn is run natively in the model `program` only");
	if (step->start->count.expression != 0 || step->start->items_ns || step->start->argument_count > 0)
		return fail(walk, "a spawn with arguments, items or a counted number is not run natively yet");
	if (step->start->count.constant > SPAWN_LIMIT - (int64_t)all->count)
		return fail(walk, "more than 100000 tasks would be spawned");
	for (int64_t i = 0; i < step->start->count.constant; i++) {
		if (all->count == all->capacity) {
			all->capacity = all->capacity ? 2 * all->capacity : 64;
			all->items = realloc(all->items, all->capacity * sizeof(*all->items));
			if (!all->items)
				abort();
		}
		all->items[all->count++] = (struct instance){
			.task = step->start->task,
			.entity = random_hash_path(walk->entity, walk->child++),
		};
	}
	return WAY_ON;
}

static enum way walk_steps(struct walk *walk, uint32_t first, uint32_t end);

static enum way walk_step(struct walk *walk, uint32_t at)
{
	const struct workload *workload = walk->workload;
	const struct step *step = &workload->steps[at];
	enum way way = WAY_ON;

	switch (step->kind) {
	case STEP_REPEAT:
		if (step->count.expression != 0)
			return fail(walk, "a counted repeat is not run natively yet");
		if (is_plain(workload, at + 1, step->end))
			return WAY_ON;
		for (int64_t i = 0; i < step->count.constant && way == WAY_ON; i++)
			way = walk_steps(walk, at + 1, step->end);
		return way == WAY_BREAK ? WAY_ON : way;
	case STEP_LOOP:
		/* One pass either breaks out, or all further ones are the same. */
		way = walk_steps(walk, at + 1, step->end);
		if (way == WAY_BREAK)
			return WAY_ON;
		if (way == WAY_ON && has_unbounded(workload, at + 1, step->end))
			return fail(walk, "an endless loop that draws durations or spawns is not run natively");
		return way == WAY_ON ? WAY_ENDLESS : way;
	case STEP_BREAK:
		return WAY_BREAK;
	case STEP_WITH:
		return walk_steps(walk, at + 1, step->end);
	case STEP_SPAWN:
		return walk_spawn(walk, step);
	default:
		break;
	}
	if (!leaf_words[step->kind] || step->duration.kind != DURATION_DRAWN)
		return WAY_ON;
	if (walk->draws_left-- == 0)
		return fail(walk, "more than 2000000 durations would be drawn");
	if (walk->amounts) {
		sim_ns duration_ns =
			workload_duration(workload, step, walk->task, 0, walk->entity, walk->draw, walk->item_ns);

		json_array_append_new(walk->amounts, amount_new(workload, step->kind, duration_ns));
	}
	walk->draw++;
	return WAY_ON;
}

static enum way walk_steps(struct walk *walk, uint32_t first, uint32_t end)
{
	enum way way = WAY_ON;

	for (uint32_t at = first; at < end && way == WAY_ON; at = walk->workload->steps[at].end)
		way = walk_step(walk, at);
	return way;
}

/* Walks through one instance of `task`; the drawn amounts are returned in `*amounts` unless it is NULL. */
static bool walk_instance(struct walk *walk, uint32_t task, uint64_t entity, sim_ns item_ns, json_t **amounts)
{
	walk->task = &walk->workload->tasks[task];
	walk->entity = entity;
	walk->item_ns = item_ns;
	walk->draw = 0;
	walk->child = 0;
	walk->amounts = amounts ? json_array() : NULL;
	if (amounts)
		*amounts = walk->amounts;
	return walk_steps(walk, walk->task->first, walk->task->end) != WAY_FAILED;
}

/* ---- Steps ------------------------------------------------------------------------------------------ */

/* The harness looks a step's item up in the column of its kind: the same time is another number there. */
static json_t *leaf_new(const struct workload *workload, const struct step *step)
{
	json_t *leaf = json_array();

	json_array_append_new(leaf, json_string(leaf_words[step->kind]));
	switch (step->duration.kind) {
	case DURATION_CONSTANT:
		json_array_append_new(leaf, json_string("constant"));
		json_array_append_new(leaf, amount_new(workload, step->kind, step->duration.constant_ns));
		break;
	case DURATION_ITEM:
		json_array_append_new(leaf, json_string("item"));
		json_array_append_new(leaf, json_integer(step->kind));
		break;
	case DURATION_DRAWN:
		json_array_append_new(leaf, json_string("drawn"));
		json_array_append_new(leaf, json_null());
		break;
	}
	return leaf;
}

/* ---- One writer a kind of step: [NAME, ...] with its body, if it has one, last ---- */

typedef json_t *write_step_fn(const struct workload *workload, const struct step *step, json_t *body);

static json_t *write_loop(const struct workload *workload, const struct step *step, json_t *body)
{
	(void)workload;
	return json_pack("[so]", step_names[step->kind], body);
}

static json_t *write_name_only(const struct workload *workload, const struct step *step, json_t *body)
{
	(void)workload;
	json_decref(body);
	return json_pack("[s]", step_names[step->kind]);
}

static json_t *write_with(const struct workload *workload, const struct step *step, json_t *body)
{
	(void)workload;
	return json_pack("[sIo]", step_names[step->kind], (json_int_t)step->resource, body);
}

static json_t *write_spawn(const struct workload *workload, const struct step *step, json_t *body)
{
	(void)workload;
	json_decref(body);
	return json_pack("[sII]", step_names[step->kind], (json_int_t)step->start->task,
			 (json_int_t)step->start->count.constant);
}

static json_t *write_stage(const struct workload *workload, const struct step *step, json_t *body)
{
	(void)workload;
	json_decref(body);
	return json_pack("[ss]", step_names[step->kind], step->name ? step->name : "");
}

static json_t *write_leaf(const struct workload *workload, const struct step *step, json_t *body)
{
	json_decref(body);
	return leaf_new(workload, step);
}

/* ---- Values and starts, for the kinds that have more than a word to say ---- */

/* An integer, ["var", SLOT], or [OPERATOR, operand, ...]: the harness evaluates it. */
static json_t *value_new(const struct workload *workload, struct value value)
{
	static const char *const words[] = {
		[OPERATOR_NEGATE] = "neg",	[OPERATOR_NOT] = "not",	   [OPERATOR_ADD] = "+",
		[OPERATOR_SUBTRACT] = "-",	[OPERATOR_MULTIPLY] = "*", [OPERATOR_DIVIDE] = "//",
		[OPERATOR_REMAINDER] = "%",	[OPERATOR_EQUAL] = "==",   [OPERATOR_NOT_EQUAL] = "!=",
		[OPERATOR_LESS] = "<",		[OPERATOR_LESS_EQUAL] = "<=", [OPERATOR_GREATER] = ">",
		[OPERATOR_GREATER_EQUAL] = ">=", [OPERATOR_AND] = "and",   [OPERATOR_OR] = "or",
	};
	/* AND and OR stand between their operands, so each waits for the TRUTH that ends its right one. */
	const struct expression *expression;
	json_t *stack[EXPRESSION_STACK_LIMIT + 1];
	enum operator_kind open[EXPRESSION_STACK_LIMIT + 1];
	size_t depth = 0, open_count = 0;

	if (value.expression == 0)
		return json_integer(value.constant);
	expression = &workload->expressions[value.expression];
	for (uint32_t i = 0; i < expression->count; i++) {
		struct operation operation = workload->operations[expression->first + i];

		switch (operation.kind) {
		case OPERATOR_CONSTANT:
			stack[depth++] = json_integer(operation.operand);
			break;
		case OPERATOR_VARIABLE:
			stack[depth++] = json_pack("[sI]", "var", (json_int_t)operation.operand);
			break;
		case OPERATOR_NEGATE:
		case OPERATOR_NOT:
			stack[depth - 1] = json_pack("[so]", words[operation.kind], stack[depth - 1]);
			break;
		case OPERATOR_AND:
		case OPERATOR_OR:
			open[open_count++] = operation.kind;
			break;
		default:
			depth--;
			stack[depth - 1] = json_pack("[soo]",
						     words[operation.kind == OPERATOR_TRUTH ? open[--open_count]
											    : operation.kind],
						     stack[depth - 1], stack[depth]);
		}
	}
	assert(depth == 1);
	return stack[0];
}

static json_t *index_new(uint32_t index)
{
	return index == INDEX_NONE ? json_null() : json_integer(index);
}

static json_t *start_new(const struct workload *workload, const struct start *start)
{
	json_t *arguments = json_array(), *items = NULL;

	for (uint32_t i = 0; i < start->argument_count; i++)
		json_array_append_new(arguments,
				      value_new(workload, workload->arguments[start->first_argument + i]));
	if (start->items_ns) {
		items = json_array();
		for (uint32_t i = 0; i < start->item_count; i++)
			json_array_append_new(items, json_integer(start->items_ns[i]));
	}
	return json_pack("{sI so so so so sb sb sI sI}", "task", (json_int_t)start->task, "count",
			 items ? json_integer(start->item_count) : value_new(workload, start->count), "args", arguments,
			 "items_ns", items ? items : json_null(), "index", index_new(start->index_variable),
			 "return_exceptions", start->return_exceptions, "daemon", start->daemon, "bytes",
			 (json_int_t)start->bytes, "result_bytes", (json_int_t)start->result_bytes);
}

static json_t *seconds_new(sim_ns ns)
{
	return ns < 0 || ns == SIM_NS_MAX ? json_null() : json_real(sim_time_seconds(ns));
}

static json_t *group_new(uint32_t group)
{
	return group == GROUP_ALL ? json_string("all") : json_integer(group);
}

static json_t *write_repeat(const struct workload *workload, const struct step *step, json_t *body)
{
	return json_pack("[sooo]", step_names[step->kind], value_new(workload, step->count), index_new(step->variable),
			 body);
}

static json_t *retry_new(const struct retry *retry)
{
	return json_pack("{sI sf sf so sf}", "times", (json_int_t)retry->times, "backoff_s",
			 sim_time_seconds(retry->backoff.constant_ns), "factor", retry->factor, "limit_s",
			 seconds_new(retry->limit_ns), "jitter", retry->jitter);
}

/* [NAME, {all that a step may have}, body]: what a kind takes is said in workload.h. */
static json_t *write_fields(const struct workload *workload, const struct step *step, json_t *body)
{
	const char *exception = "any";

	if (step->exception >= EXCEPTION_NAMED && step->exception - EXCEPTION_NAMED < workload->exception_count)
		exception = workload->exceptions[step->exception - EXCEPTION_NAMED];
	return json_pack("[s{so so so so so so so sI so ss sf so ss so}o]", step_names[step->kind], "resource",
			 index_new(step->resource), "group", group_new(step->group), "variable",
			 index_new(step->variable), "value", value_new(workload, step->value), "count",
			 value_new(workload, step->count), "extra", value_new(workload, step->extra), "timeout_s",
			 seconds_new(step->timeout_ns), "bytes", (json_int_t)step->bytes, "start",
			 step->start ? start_new(workload, step->start) : json_null(), "exception_name", exception,
			 "chance", step->chance, "exception", json_integer(step->exception), "return_when",
			 return_when_words[step->return_when], "retry",
			 step->retry ? retry_new(step->retry) : json_null(), body);
}

/* Kinds without a writer are not run natively yet. */
static write_step_fn *const step_writers[STEP_KIND_COUNT] = {
	/* basic */
	[STEP_PYTHON] = write_leaf,
	[STEP_C] = write_leaf,
	[STEP_NATIVE] = write_leaf,
	[STEP_IO] = write_leaf,
	[STEP_BLOCK] = write_leaf,
	[STEP_REPEAT] = write_repeat,
	[STEP_LOOP] = write_loop,
	[STEP_BREAK] = write_name_only,
	[STEP_SPAWN] = write_spawn,
	[STEP_JOIN] = write_name_only,
	[STEP_STAGE] = write_stage,
	[STEP_LET] = write_fields,
	/* threading and queue */
	[STEP_WITH] = write_with,
	/* executors, processes */
};

/* The same for coroutines, which know all that functions do. */
static write_step_fn *const coroutine_step_writers[STEP_KIND_COUNT] = {
	/* control */
	[STEP_WHILE] = write_fields,
	[STEP_IF] = write_fields,
	[STEP_BODY] = write_fields,
	[STEP_CALL] = write_fields,
	[STEP_RETURN] = write_fields,
	[STEP_TRY] = write_fields,
	[STEP_EXCEPT] = write_fields,
	[STEP_FINALLY] = write_fields,
	[STEP_RAISE] = write_fields,
	[STEP_RETRY] = write_fields,
	/* tasks */
	[STEP_SPAWN] = write_fields,
	[STEP_JOIN] = write_fields,
	[STEP_CREATE_TASK] = write_fields,
	[STEP_GATHER] = write_fields,
	[STEP_AWAIT] = write_fields,
	[STEP_WAIT_HANDLES] = write_fields,
	[STEP_AS_COMPLETED] = write_fields,
	[STEP_TIMEOUT] = write_fields,
	[STEP_CANCEL] = write_fields,
	[STEP_SHIELD] = write_fields,
	[STEP_TASK_GROUP] = write_fields,
	[STEP_SUBMIT] = write_fields,
	[STEP_YIELD] = write_fields,
	[STEP_ITERATE] = write_fields,
	/* locks and queues */
	[STEP_WITH] = write_fields,
	[STEP_ACQUIRE] = write_fields,
	[STEP_RELEASE] = write_fields,
	[STEP_WAIT] = write_fields,
	[STEP_SET] = write_fields,
	[STEP_CLEAR] = write_fields,
	[STEP_NOTIFY] = write_fields,
	[STEP_PUT] = write_fields,
	[STEP_GET] = write_fields,
	[STEP_TASK_DONE] = write_fields,
	[STEP_JOIN_QUEUE] = write_fields,
};

/* A task whose code runs both ways is written as the coroutine's, if the function's harness knows all of it. */
static write_step_fn *writer_of(const struct task *task, enum step_kind kind)
{
	if ((task->ways & TASK_AS_COROUTINE) && coroutine_step_writers[kind])
		return (task->ways & TASK_AS_FUNCTION) ? NULL : coroutine_step_writers[kind];
	return step_writers[kind];
}

static json_t *steps_new(const struct workload *workload, const struct task *task, uint32_t first, uint32_t end)
{
	json_t *steps = json_array();

	for (uint32_t at = first; at < end; at = workload->steps[at].end) {
		const struct step *step = &workload->steps[at];
		json_t *body = steps_new(workload, task, at + 1, step->end > at + 1 ? step->end : at + 1);
		json_t *made = writer_of(task, step->kind)(workload, step, body);

		assert(made != NULL);
		json_array_append_new(steps, made);
	}
	return steps;
}

/* A step that the harness does not know; NULL when it knows all that the variant runs. */
static const struct step *find_unwritable(const struct workload *workload)
{
	for (uint32_t i = 0; i < workload->task_count; i++) {
		const struct task *task = &workload->tasks[i];

		for (uint32_t at = task->first; task->ways != 0 && at < task->end; at++) {
			if (!writer_of(task, workload->steps[at].kind))
				return &workload->steps[at];
		}
	}
	return NULL;
}

/* A task's steps must be bound to each instance where instances differ: in draws, items or children. */
static bool differs_by_instance(const struct workload *workload, const struct task *task)
{
	for (uint32_t at = task->first; at < task->end; at++) {
		const struct step *step = &workload->steps[at];

		if (step->kind == STEP_SPAWN || step->kind == STEP_JOIN || task->variable_count > 0 ||
		    (leaf_words[step->kind] && step->duration.kind != DURATION_CONSTANT))
			return true;
	}
	return false;
}

static bool uses(const struct workload *workload, enum duration_kind kind)
{
	for (uint32_t at = 0; at < workload->step_count; at++) {
		if (leaf_words[workload->steps[at].kind] && workload->steps[at].duration.kind == kind)
			return true;
	}
	return false;
}

static json_t *tasks_new(const struct workload *workload)
{
	json_t *tasks = json_array();

	for (uint32_t i = 0; i < workload->task_count; i++) {
		const struct task *task = &workload->tasks[i];

		if (task->ways == 0) { /* not of this variant: an empty place keeps the numbers */
			json_array_append_new(tasks, json_null());
			continue;
		}
		json_array_append_new(tasks, json_pack("{sssbsbsIso}", "name", task->name ? task->name : "", "daemon",
						       task->daemon, "bound", differs_by_instance(workload, task),
						       "variables", (json_int_t)task->variable_count,
						       "steps", steps_new(workload, task, task->first, task->end)));
	}
	return tasks;
}

/* ---- Instances -------------------------------------------------------------------------------------- */

/* Items as amounts, one column a kind of step: amounts of different kinds differ. Kinds that no step takes
 * an item with have no column (null). */
static json_t *items_new(const struct workload *workload)
{
	json_t *columns = json_array();

	for (int kind = 0; kind <= STEP_BLOCK; kind++) {
		bool used = false;
		json_t *column;

		for (uint32_t at = 0; at < workload->step_count; at++)
			used = used || (workload->steps[at].kind == (enum step_kind)kind &&
					workload->steps[at].duration.kind == DURATION_ITEM);
		column = used ? json_array() : json_null();
		for (int64_t i = 0; used && i < workload->run.count; i++)
			json_array_append_new(
				column, amount_new(workload, (enum step_kind)kind, workload->run.items_ns[i]));
		json_array_append_new(columns, column);
	}
	return columns;
}

/* `count` instances of one task. */
static bool add_instances(struct walk *walk, json_t *root)
{
	const struct workload *workload = walk->workload;
	const struct run *run = &workload->run;
	bool draws = uses(workload, DURATION_DRAWN);
	json_t *all_amounts = json_array();

	if (run->count > INSTANCE_LIMIT) {
		walk->why_not = "more than 1000000 tasks are not run natively";
		json_decref(all_amounts);
		return false;
	}
	for (int64_t i = 0; i < run->count; i++) {
		json_t *amounts = NULL;
		bool ok = walk_instance(walk, run->task, workload_entity((uint64_t)i),
					run->items_ns ? run->items_ns[i] : 0, root && draws ? &amounts : NULL);

		if (amounts)
			json_array_append_new(all_amounts, amounts);
		if (!ok) {
			json_decref(all_amounts);
			return false;
		}
		if (!root && !draws)
			break; /* all are the same */
	}
	if (root) {
		json_object_set_new(root, "count", json_integer(run->count));
		json_object_set_new(root, "task", json_integer(run->task));
		if (draws)
			json_object_set(root, "draws", all_amounts);
		if (run->items_ns && uses(workload, DURATION_ITEM))
			json_object_set_new(root, "items", items_new(workload));
	}
	json_decref(all_amounts);
	return true;
}

/* One instance for each arrival. */
static bool add_arrivals(struct walk *walk, json_t *root)
{
	const struct workload *workload = walk->workload;
	const struct run *run = &workload->run;
	bool draws = uses(workload, DURATION_DRAWN), ok = true;
	json_t *all_amounts = json_array(), *times = json_array();
	uint64_t stream = random_hash_name("arrivals");
	sim_ns time_ns = 0;
	uint64_t index = 0;

	for (; ok && (run->count <= 0 || index < (uint64_t)run->count); index++) {
		struct variate variate = variate_open(workload->seed, 0, stream, 0, index);
		json_t *amounts = NULL;

		time_ns = sim_time_add(time_ns, distribution_draw_ns(&run->spacing, &variate));
		if (run->arrivals_for_ns > 0 && time_ns >= run->arrivals_for_ns)
			break;
		if (index == INSTANCE_LIMIT) {
			walk->why_not = "more than 1000000 arrivals are not run natively";
			ok = false;
			break;
		}
		ok = walk_instance(walk, run->task, workload_entity(index), 0, root && draws ? &amounts : NULL);
		if (amounts)
			json_array_append_new(all_amounts, amounts);
		json_array_append_new(times, json_integer(time_ns));
	}
	if (ok && root) {
		json_object_set_new(root, "count", json_integer((json_int_t)index));
		json_object_set_new(root, "task", json_integer(run->task));
		json_object_set(root, "arrivals_ns", times);
		if (draws)
			json_object_set(root, "draws", all_amounts);
	}
	json_decref(all_amounts);
	json_decref(times);
	return ok;
}

/* main, and all that it and its children spawn. */
static bool add_program(struct walk *walk, json_t *root)
{
	const struct workload *workload = walk->workload;
	bool draws = uses(workload, DURATION_DRAWN);
	struct spawned all = { 0 };
	json_t *amounts = NULL, *all_amounts = json_array(), *tasks = json_array(), *first_children = json_array();
	bool ok;

	walk->all = &all;
	ok = walk_instance(walk, workload->run.task, random_hash_name("main"), 0, root ? &amounts : NULL);
	if (root)
		json_object_set_new(root, "main",
				    json_pack("{sIso}", "task", (json_int_t)workload->run.task, "draws", amounts));
	for (size_t i = 0; ok && i < all.count; i++) {
		amounts = NULL;
		all.items[i].first_child = (int64_t)all.count;
		ok = walk_instance(walk, all.items[i].task, all.items[i].entity, 0,
				   root && draws ? &amounts : NULL);
		if (amounts)
			json_array_append_new(all_amounts, amounts);
		if (root) {
			json_array_append_new(tasks, json_integer(all.items[i].task));
			json_array_append_new(first_children, json_integer(all.items[i].first_child));
		}
	}
	if (ok && root) {
		json_object_set_new(root, "count", json_integer((json_int_t)all.count));
		json_object_set(root, "instance_tasks", tasks);
		json_object_set(root, "first_children", first_children);
		if (draws)
			json_object_set(root, "draws", all_amounts);
	}
	json_decref(tasks);
	json_decref(first_children);
	json_decref(all_amounts);
	free(all.items);
	walk->all = NULL;
	return ok;
}

/* ---- Coroutines: the harness follows the control flow itself ---------------------------------------- */

static const char *const coroutine_resources[RESOURCE_KIND_COUNT] = {
	[RESOURCE_LOCK] = "lock",
	[RESOURCE_CONDITION] = "condition",
	[RESOURCE_SEMAPHORE] = "semaphore",
	[RESOURCE_BOUNDED_SEMAPHORE] = "bounded_semaphore",
	[RESOURCE_EVENT] = "event",
	[RESOURCE_QUEUE] = "queue",
	[RESOURCE_LIFO_QUEUE] = "lifo_queue",
	[RESOURCE_PRIORITY_QUEUE] = "priority_queue",
};

static bool runs_coroutines(const struct workload *workload)
{
	return workload->model.kind == MODEL_ASYNCIO ||
	       (workload->model.kind == MODEL_PROGRAM && workload->model.spawn == SPAWN_COROUTINE);
}

/* Whether instances come about while it runs, so that only the run tells how many. */
static bool starts_instances(const struct workload *workload)
{
	for (uint32_t i = 0; i < workload->task_count; i++) {
		const struct task *task = &workload->tasks[i];

		for (uint32_t at = task->first; task->ways != 0 && at < task->end; at++) {
			enum step_kind kind = workload->steps[at].kind;

			if (workload->steps[at].start && kind != STEP_CALL && kind != STEP_ITERATE)
				return true;
		}
	}
	return false;
}

/* What the harness cannot know without following the control flow as the simulator does. */
static bool draws_beyond_walking(const struct workload *workload)
{
	bool dynamic = starts_instances(workload) || workload->run.kind == RUN_PROGRAM;

	for (uint32_t i = 0; i < workload->task_count; i++) {
		const struct task *task = &workload->tasks[i];
		bool draws = false, branches = false;

		for (uint32_t at = task->first; task->ways != 0 && at < task->end; at++) {
			const struct step *step = &workload->steps[at];

			draws |= step->duration.kind == DURATION_DRAWN && leaf_words[step->kind] != NULL;
			draws |= step->kind == STEP_IF && step->chance >= 0;
			draws |= step->retry &&
				 (step->retry->jitter > 0 || step->retry->backoff.kind == DURATION_DRAWN);
			branches |= !step_writers[step->kind] || step->count.expression != 0;
		}
		if (draws && (dynamic || branches || i != workload->run.task))
			return true;
	}
	return false;
}

static bool add_coroutines(struct walk *walk, json_t *root)
{
	const struct workload *workload = walk->workload;
	const struct model *model = &workload->model;
	bool by_program = workload->run.kind == RUN_PROGRAM;
	json_t *resources;

	if (workload->run.kind == RUN_ARRIVALS || workload->run.kind == RUN_USERS) {
		walk->why_not = "requests from outside are not run natively under asyncio yet";
		return false;
	}
	if (draws_beyond_walking(workload)) {
		walk->why_not = "durations drawn in coroutines that branch or are started by others are not run "
				"natively yet";
		return false;
	}
	if (!by_program && !add_instances(walk, root))
		return false;
	if (!root)
		return true;
	resources = json_array();
	for (uint32_t i = 0; i < workload->resource_count; i++)
		json_array_append_new(resources, json_pack("[s?I]", coroutine_resources[workload->resources[i].kind],
							   (json_int_t)workload->resources[i].size));
	if (by_program)
		json_object_set_new(root, "count", json_integer(0));
	if (by_program || starts_instances(workload))
		json_object_set_new(root, "capacity", json_integer(COROUTINE_LIMIT));
	json_object_set_new(root, "task", json_integer(workload->run.task));
	json_object_set_new(root, "coroutines",
			    json_pack("{so so ss sb sb so s[fff]}", "resources", resources, "main",
				      by_program ? json_integer(workload->run.task) : json_null(), "return_when",
				      return_when_words[model->return_when], "return_exceptions",
				      model->return_exceptions, "eager", model->eager, "timeout_s",
				      seconds_new(model->kind == MODEL_ASYNCIO ? model->timeout_ns : TIMEOUT_NONE),
				      "spin_ns", workload->python.spin_python_ns, workload->python.spin_c_ns,
				      workload->python.spin_native_ns));
	return true;
}

static bool add_run(const struct workload *workload, json_t *root, const char **why_not)
{
	struct walk walk = { .workload = workload, .draws_left = DRAW_LIMIT };
	bool ok;

	if (runs_coroutines(workload)) {
		ok = add_coroutines(&walk, root);
		if (!ok)
			*why_not = walk.why_not;
		return ok;
	}
	switch (workload->run.kind) {
	case RUN_ARRIVALS:
		if (workload->model.kind != MODEL_THREAD_POOL) {
			*why_not = "arrivals are run natively in the model `thread_pool` only";
			return false;
		}
		ok = add_arrivals(&walk, root);
		break;
	case RUN_PROGRAM:
		ok = add_program(&walk, root);
		break;
	default:
		ok = add_instances(&walk, root);
	}
	if (!ok)
		*why_not = walk.why_not;
	return ok;
}

bool workload_json_is_possible(const struct workload *workload, const char **why_not)
{
	if (find_unwritable(workload)) {
		*why_not = "a step of it is not run natively yet";
		return false;
	}
	return add_run(workload, NULL, why_not);
}

/* Where a load generator may run: on the allowed CPUs that the program does not have, if there are any. */
static json_t *generator_cpus_new(const struct native_cpus *cpus)
{
	struct native_cpus allowed;
	json_t *list = json_array();

	native_cpus_allowed(&allowed);
	for (size_t i = 0; i < allowed.count; i++) {
		bool used = false;

		for (size_t k = 0; k < cpus->count; k++)
			used = used || cpus->items[k] == allowed.items[i];
		if (!used)
			json_array_append_new(list, json_integer(allowed.items[i]));
	}
	for (size_t i = 0; json_array_size(list) == 0 && i < allowed.count; i++)
		json_array_append_new(list, json_integer(allowed.items[i]));
	return list;
}

bool workload_json_make(const struct workload *workload, const struct native_cpus *cpus, struct region *region,
			struct workload_json *json, const char **why_not)
{
	json_t *root = json_object(), *cpu_list = json_array(), *capacity;
	char *text;
	bool ok;

	for (size_t i = 0; i < cpus->count; i++)
		json_array_append_new(cpu_list, json_integer(cpus->items[i]));
	json_object_set_new(root, "generator_cpus", generator_cpus_new(cpus));
	json_object_set_new(root, "model", json_string(model_words[workload->model.kind]));
	json_object_set_new(root, "workers", json_integer(workload->model.workers));
	json_object_set_new(root, "chunksize", json_integer(workload->model.chunksize));
	json_object_set_new(root, "warm", json_boolean(workload->model.warm));
	json_object_set_new(root, "spawn",
			    json_string(spawn_words[workload->model.kind == MODEL_PROGRAM ? workload->model.spawn :
											    SPAWN_THREAD]));
	json_object_set_new(root, "start", json_string(start_words[workload->python.start]));
	json_object_set_new(root, "switch_interval_s",
			    json_real(sim_time_seconds(workload->python.switch_interval_ns)));
	json_object_set_new(root, "cpus", cpu_list);
	json_object_set_new(root, "locks", json_integer(workload->resource_count));
	json_object_set_new(root, "tasks", tasks_new(workload));
	ok = add_run(workload, root, why_not);
	if (ok) {
		capacity = json_object_get(root, "capacity");
		json->instance_count = json_integer_value(capacity ? capacity : json_object_get(root, "count"));
		text = json_dumps(root, JSON_COMPACT);
		assert(text != NULL);
		json->text = region_strdup(region, text);
		json->length_bytes = strlen(text);
		free(text);
	}
	json_decref(root);
	return ok;
}
