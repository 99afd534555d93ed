/*
 * workload_json_steps.c - see workload_json_steps.h.
 */
#include "sim/native/workload_json_steps.h"

#include <assert.h>

#include "sim/native/workload_binding.h"
#include "sim/native/workload_json_draws.h"

static const char *const leaf_words[STEP_KIND_COUNT] = {
	[STEP_PYTHON] = "python", [STEP_C] = "c",	  [STEP_NATIVE] = "native",
	[STEP_IO] = "io",	  [STEP_BLOCK] = "block",
};

/* As concurrent.futures and asyncio name them. */
static const char *const return_constants[] = {
	[RETURN_FIRST] = "FIRST_COMPLETED", [RETURN_ALL] = "ALL_COMPLETED", [RETURN_EXCEPTION] = "FIRST_EXCEPTION"
};
static const char *const scope_words[] = {
	[SCOPE_THREADS] = "threads", [SCOPE_COROUTINES] = "coroutines", [SCOPE_PROCESSES] = "processes"
};

/* ---- Values and starts ---- */

/* An integer, ["var", SLOT], or [OPERATOR, operand, ...]: the harness evaluates it. */
static json_t *value_new(const struct workload *workload, struct value value)
{
	static const char *const words[] = {
		[OPERATOR_NEGATE] = "neg",	 [OPERATOR_NOT] = "not",       [OPERATOR_ADD] = "+",
		[OPERATOR_SUBTRACT] = "-",	 [OPERATOR_MULTIPLY] = "*",    [OPERATOR_DIVIDE] = "//",
		[OPERATOR_REMAINDER] = "%",	 [OPERATOR_EQUAL] = "==",      [OPERATOR_NOT_EQUAL] = "!=",
		[OPERATOR_LESS] = "<",		 [OPERATOR_LESS_EQUAL] = "<=", [OPERATOR_GREATER] = ">",
		[OPERATOR_GREATER_EQUAL] = ">=", [OPERATOR_AND] = "and",       [OPERATOR_OR] = "or",
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
			assert(depth > 0);
			stack[depth - 1] = json_pack("[so]", words[operation.kind], stack[depth - 1]);
			break;
		case OPERATOR_AND:
		case OPERATOR_OR:
			open[open_count++] = operation.kind;
			break;
		case OPERATOR_TRUTH:
			assert(open_count > 0);
			operation.kind = open[--open_count];
			__attribute__((fallthrough));
		default:
			assert(depth > 1);
			depth--;
			stack[depth - 1] = json_pack("[soo]", words[operation.kind], stack[depth - 1], stack[depth]);
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
	json_t *arguments = json_array();

	for (uint32_t i = 0; i < start->argument_count; i++)
		json_array_append_new(arguments,
				      value_new(workload, workload->arguments[start->first_argument + i]));
	return json_pack("{sI so so so sb sb sI sI sI sI}", "task", (json_int_t)start->task, "count",
			 start->items_ns ? json_integer(start->item_count) : value_new(workload, start->count),
			 "args", arguments, "index", index_new(start->index_variable), "return_exceptions",
			 start->return_exceptions, "daemon", start->daemon, "bytes", (json_int_t)start->bytes,
			 "objects", (json_int_t)start->objects, "result_bytes", (json_int_t)start->result_bytes,
			 "result_objects", (json_int_t)start->result_objects);
}

json_t *workload_json_model(const struct workload *workload, const struct model *model)
{
	static const char *const map_words[] = {
		[MAP_MAP] = "map",
		[MAP_IMAP] = "imap",
		[MAP_IMAP_UNORDERED] = "imap_unordered",
		[MAP_APPLY_ASYNC] = "apply_async",
	};

	if (!model)
		return json_null();
	return json_pack("{ss si sI sb ss sI ss sb sb so sI sb sI so}", "model", model_names[model->kind], "workers",
			 model_workers(workload, model), "chunksize", (json_int_t)model->chunksize, "warm",
			 model->warm, "map", map_words[model->map], "max_tasks_per_child",
			 (json_int_t)model->max_tasks_per_child, "return_when", return_constants[model->return_when],
			 "return_exceptions", model->return_exceptions, "eager", model->eager, "timeout_s",
			 workload_json_seconds(model->timeout_ns), "prefetch", (json_int_t)model->prefetch, "reuse_port",
			 model->reuse_port, "backlog", (json_int_t)model->backlog, "each", workload_json_model(workload, model->each));
}

static json_t *retry_new(const struct workload *workload, const struct step *step)
{
	const struct retry *retry = step->retry;

	return json_pack("{sI so sf so so}", "times", (json_int_t)retry->times, "backoff_s",
			 workload_json_drawn(workload, step, false, workload_json_seconds(retry->backoff.constant_ns)), "factor",
			 retry->factor, "limit_s", json_real(sim_time_seconds(retry->limit_ns)), "jitter",
			 workload_json_drawn(workload, step, true, json_integer(1)));
}

/* ---- Steps: [NAME, fields, body] ---- */

typedef void add_fields_fn(const struct workload *workload, const struct step *step, json_t *fields);

static void add_nothing(const struct workload *workload, const struct step *step, json_t *fields)
{
	(void)workload;
	(void)step;
	(void)fields;
}

/* On a resource: the resource, how long at most, and how many of it. */
static void add_resource(const struct workload *workload, const struct step *step, json_t *fields)
{
	json_object_set_new(fields, "resource", index_new(step->resource));
	json_object_set_new(fields, "timeout_s", workload_json_seconds(step->timeout_ns));
	json_object_set_new(fields, "count", value_new(workload, step->count));
}

static void add_bytes(const struct workload *workload, const struct step *step, json_t *fields)
{
	(void)workload;
	json_object_set_new(fields, "bytes", json_integer(step->bytes));
}

static void add_value(const struct workload *workload, const struct step *step, json_t *fields)
{
	json_object_set_new(fields, "value", value_new(workload, step->value));
	json_object_set_new(fields, "variable", index_new(step->variable));
}

static void add_item(const struct workload *workload, const struct step *step, json_t *fields)
{
	add_resource(workload, step, fields);
	add_value(workload, step, fields);
	json_object_set_new(fields, "extra", value_new(workload, step->extra));
	json_object_set_new(fields, "bytes", json_integer(step->bytes));
	json_object_set_new(fields, "objects", json_integer(step->objects));
}

static void add_count(const struct workload *workload, const struct step *step, json_t *fields)
{
	json_object_set_new(fields, "count", value_new(workload, step->count));
	json_object_set_new(fields, "variable", index_new(step->variable));
}

static void add_condition(const struct workload *workload, const struct step *step, json_t *fields)
{
	json_object_set_new(fields, "value", value_new(workload, step->value));
	json_object_set_new(fields, "chance",
			    step->chance < 0 ? json_null() : workload_json_drawn(workload, step, false, json_null()));
}

static void add_exception(const struct workload *workload, const struct step *step, json_t *fields)
{
	bool is_named =
		step->exception >= EXCEPTION_NAMED && step->exception - EXCEPTION_NAMED < workload->exception_count;

	json_object_set_new(fields, "exception", json_integer(step->exception));
	json_object_set_new(fields, "exception_name",
			    is_named ? json_string(workload->exceptions[step->exception - EXCEPTION_NAMED])
				     : json_null());
}

static void add_retry(const struct workload *workload, const struct step *step, json_t *fields)
{
	add_exception(workload, step, fields);
	json_object_set_new(fields, "retry", retry_new(workload, step));
}

static void add_group(const struct workload *workload, const struct step *step, json_t *fields)
{
	(void)workload;
	json_object_set_new(fields, "group",
			    step->group == GROUP_ALL ? json_string("all") : json_integer(step->group));
	json_object_set_new(fields, "timeout_s", workload_json_seconds(step->timeout_ns));
}

static void add_timeout(const struct workload *workload, const struct step *step, json_t *fields)
{
	(void)workload;
	json_object_set_new(fields, "timeout_s", workload_json_seconds(step->timeout_ns));
}

static void add_start(const struct workload *workload, const struct step *step, json_t *fields)
{
	json_object_set_new(fields, "start", start_new(workload, step->start));
	json_object_set_new(fields, "variable", index_new(step->variable));
	json_object_set_new(fields, "group", json_integer(step->group));
}

static void add_submit(const struct workload *workload, const struct step *step, json_t *fields)
{
	add_start(workload, step, fields);
	json_object_set_new(fields, "resource", index_new(step->resource));
}

static void add_run(const struct workload *workload, const struct step *step, json_t *fields)
{
	add_start(workload, step, fields);
	json_object_set_new(fields, "model", workload_json_model(workload, step->model));
}

/* On what was started. */
static void add_handles(const struct workload *workload, const struct step *step, json_t *fields)
{
	add_group(workload, step, fields);
	json_object_set_new(fields, "variable", index_new(step->variable));
	json_object_set_new(fields, "return_when", json_string(return_constants[step->return_when]));
}

static void add_request(const struct workload *workload, const struct step *step, json_t *fields)
{
	const struct resource *service = &workload->resources[step->resource];

	add_resource(workload, step, fields);
	json_object_set_new(fields, "time_s",
			    workload_json_drawn(workload, step, false, workload_json_seconds(service->time.constant_ns)));
}

static void add_name(const struct workload *workload, const struct step *step, json_t *fields)
{
	(void)workload;
	json_object_set_new(fields, "name", json_string(step->name ? step->name : ""));
}

/* Kinds without a line, leaves apart, are not run natively. */
static add_fields_fn *const field_adders[STEP_KIND_COUNT] = {
	/* basic */
	[STEP_ALLOCATE] = add_bytes,
	[STEP_REPEAT] = add_count,
	[STEP_LOOP] = add_nothing,
	[STEP_WHILE] = add_value,
	[STEP_BREAK] = add_nothing,
	[STEP_IF] = add_condition,
	[STEP_BODY] = add_nothing,
	[STEP_LET] = add_value,
	[STEP_CALL] = add_start,
	[STEP_RETURN] = add_value,
	[STEP_TRY] = add_nothing,
	[STEP_EXCEPT] = add_exception,
	[STEP_FINALLY] = add_nothing,
	[STEP_RAISE] = add_exception,
	[STEP_RETRY] = add_retry,
	[STEP_SPAWN] = add_start,
	[STEP_JOIN] = add_group,
	[STEP_STAGE] = add_name,
	/* threading and queue */
	[STEP_WITH] = add_resource,
	[STEP_ACQUIRE] = add_resource,
	[STEP_RELEASE] = add_resource,
	[STEP_WAIT] = add_resource,
	[STEP_SET] = add_resource,
	[STEP_CLEAR] = add_resource,
	[STEP_NOTIFY] = add_resource,
	[STEP_PUT] = add_item,
	[STEP_GET] = add_item,
	[STEP_TASK_DONE] = add_resource,
	[STEP_JOIN_QUEUE] = add_resource,
	[STEP_READ] = add_item,
	[STEP_WRITE] = add_item,
	[STEP_REQUEST] = add_request,
	/* asyncio */
	[STEP_CREATE_TASK] = add_start,
	[STEP_GATHER] = add_start,
	[STEP_TIMEOUT] = add_timeout,
	[STEP_SHIELD] = add_handles,
	[STEP_TASK_GROUP] = add_nothing,
	[STEP_YIELD] = add_value,
	[STEP_ITERATE] = add_start,
	/* executors, processes */
	[STEP_SUBMIT] = add_submit,
	[STEP_AWAIT] = add_handles,
	[STEP_WAIT_HANDLES] = add_handles,
	[STEP_AS_COMPLETED] = add_handles,
	[STEP_CANCEL] = add_handles,
	[STEP_RUN] = add_run,
	[STEP_SEND] = add_item,
	[STEP_RECV] = add_item,
};

/* The harness looks a step's item up in the column of its kind: the same time is another number there. */
static json_t *leaf_new(const struct workload *workload, const struct step *step)
{
	const char *word = step->io_via == IO_SOCKET ? "socket_io" : leaf_words[step->kind];

	switch (step->duration.kind) {
	case DURATION_ITEM:
		return json_pack("[ssi]", word, "item", (int)step->kind);
	case DURATION_DRAWN:
		return json_pack("[ssI]", word, "drawn", workload_json_site(workload, step, false));
	default:
		return json_pack("[sso]", word, "constant",
				 workload_json_amount(workload, step->kind, step->duration.constant_ns));
	}
}

static json_t *steps_new(const struct workload *workload, uint32_t first, uint32_t end)
{
	json_t *steps = json_array();

	for (uint32_t at = first; at < end; at = workload->steps[at].end) {
		const struct step *step = &workload->steps[at];
		json_t *fields;

		if (leaf_words[step->kind]) {
			json_array_append_new(steps, leaf_new(workload, step));
			continue;
		}
		fields = json_object();
		field_adders[step->kind](workload, step, fields);
		json_array_append_new(steps, json_pack("[soo]", step_names[step->kind], fields,
						       steps_new(workload, at + 1, step->end)));
	}
	return steps;
}

/* ---- Tasks and resources ---- */

json_t *workload_json_tasks(const struct workload *workload)
{
	json_t *tasks = json_array();

	for (uint32_t i = 0; i < workload->task_count; i++) {
		const struct task *task = &workload->tasks[i];

		if (task->ways == 0) { /* not of this variant: an empty place keeps the numbers */
			json_array_append_new(tasks, json_null());
			continue;
		}
		json_array_append_new(tasks, json_pack("{ss sb ss sI sI so}", "name", task->name ? task->name : "",
						       "daemon", task->daemon, "bound",
						       workload_binding_word(workload_binding_of(workload, i)), "variables",
						       (json_int_t)task->variable_count, "groups",
						       (json_int_t)(task->group_count > 0 ? task->group_count : 1),
						       "steps", steps_new(workload, task->first, task->end)));
	}
	return tasks;
}

json_t *workload_json_resources(const struct workload *workload)
{
	json_t *resources = json_array();

	for (uint32_t i = 0; i < workload->resource_count; i++) {
		const struct resource *resource = &workload->resources[i];

		json_array_append_new(resources,
				      json_pack("{ss ss sI sI sI sb sb so}", "kind", resource_names[resource->kind],
						"scope", scope_words[resource->scope], "size",
						(json_int_t)resource->size, "initial",
						(json_int_t)resource->initial, "bytes", (json_int_t)resource->bytes,
						"joinable", resource->joinable, "per_process", resource->per_process, "model",
						workload_json_model(workload, resource->model)));
	}
	return resources;
}

/* Steps that coroutines have and functions have not, and the other way round. */
static bool is_for(enum step_kind kind, unsigned ways)
{
	switch (kind) {
	case STEP_CREATE_TASK:
	case STEP_GATHER:
	case STEP_TIMEOUT:
	case STEP_SHIELD:
	case STEP_TASK_GROUP:
		return !(ways & TASK_AS_FUNCTION);
	case STEP_RUN:
	case STEP_SEND:
	case STEP_RECV:
		return !(ways & TASK_AS_COROUTINE);
	default:
		return true;
	}
}

static const char *const no_interpreter_pool =
	"InterpreterPoolExecutor is there from Python 3.14 on, which was not at hand: not measured";

/* Why the harness does not know what the step uses; NULL: it does. */
static const char *why_not_step(const struct workload *workload, const struct task *task, const struct step *step)
{
	const struct resource *resource =
		step->resource < workload->resource_count ? &workload->resources[step->resource] : NULL;

	if (resource && resource->kind == RESOURCE_INTERPRETER_POOL)
		return no_interpreter_pool;
	if ((!leaf_words[step->kind] && !field_adders[step->kind]) || !is_for(step->kind, task->ways))
		return "a step in it is not run natively under this model";
	return NULL;
}

const char *workload_json_why_not(const struct workload *workload)
{
	if (workload->model.kind == MODEL_INTERPRETER_POOL)
		return no_interpreter_pool;
	for (uint32_t i = 0; i < workload->task_count; i++) {
		const struct task *task = &workload->tasks[i];

		for (uint32_t at = task->first; task->ways != 0 && at < task->end; at++) {
			const char *why_not = why_not_step(workload, task, &workload->steps[at]);

			if (why_not)
				return why_not;
		}
	}
	return NULL;
}
