/*
 * scenario_step_keys.c - the tables of steps. The first key of a step's table names it.
 */
#include <string.h>

#include "sim/scenario/scenario_keys.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define FIELD(type, field) .offset = offsetof(struct type, field)

/* ---- What stands behind the names ---- */

#define TASK_KEY                                                                                                   \
	{ "task", "The task that is started.", VALUE_NAME, FIELD(detail_keys, task), .is_required = true }
#define ARGS_KEY                                                                                                   \
	{ "args", "Its arguments; `index` is the number of the instance, from 0.", VALUE_EXPRESSIONS,              \
	  FIELD(detail_keys, args) }
#define START_KEYS                                                                                                 \
	TASK_KEY,                                                                                                  \
		{ "count", "How many of it; 1 by default.", VALUE_EXPRESSION, FIELD(detail_keys, count), .least = 0, \
		  .most = 1e6, .group = 1 },                                                                       \
		{ "items", "One for each of these durations; its step says `item`.", VALUE_DURATIONS,              \
		  FIELD(detail_keys, items), .group = 1 },                                                         \
		ARGS_KEY
#define GROUP_KEY                                                                                                  \
	{ "as", "The name under which they can be waited for.", VALUE_NAME, FIELD(detail_keys, group) }
#define VARIABLE_KEY                                                                                               \
	{ "as", "The variable that receives it.", VALUE_NAME, FIELD(detail_keys, variable) }
#define TIMEOUT_KEY                                                                                                \
	{ "timeout", "How long at most; for ever by default.", VALUE_DURATION, FIELD(detail_keys, timeout_ns) }
#define RESOURCE_KEY(name)                                                                                         \
	{ name, "The resource.", VALUE_NAME, FIELD(detail_keys, resource), .is_required = true }
#define OF_KEY                                                                                                     \
	{ "of", "What was started under that name; all by default.", VALUE_NAME, FIELD(detail_keys, group) }
#define ITEM_KEY                                                                                                   \
	{ "item", "An integer or a word; 0 by default.", VALUE_EXPRESSION, FIELD(detail_keys, value) }
#define INDEX_KEY { "index", "Which element of an array.", VALUE_EXPRESSION, FIELD(detail_keys, extra) }
#define BYTES_KEY                                                                                                  \
	{ "bytes", "Size when pickled; that of an integer by default.", VALUE_BYTES, FIELD(detail_keys, bytes) },        \
	{ "objects", "Of how many small objects those bytes are; 1 (one buffer) by default.", VALUE_INTEGER,         \
	  FIELD(detail_keys, objects), .least = 1, .most = 1e7, .initial = "1" }

#define DETAIL_TABLE(name, what, shorthand, ...)                                                                   \
	static const struct key name##_details_keys[] = { __VA_ARGS__ };                                           \
	static const struct key_table name##_details = { what, shorthand, NULL, name##_details_keys,               \
							 LENGTH(name##_details_keys), NULL, NULL }

DETAIL_TABLE(if, "a condition", "test",
	     { "test", "An integer that is not 0.", VALUE_EXPRESSION, FIELD(detail_keys, value), .group = 1 },
	     { "chance", "The probability.", VALUE_RATIO, FIELD(detail_keys, chance), .group = 1 });
DETAIL_TABLE(call, "a call", "task", TASK_KEY, ARGS_KEY, VARIABLE_KEY);
DETAIL_TABLE(retry, "a retry", "times",
	     { "times", "How often it is tried in all.", VALUE_INTEGER, FIELD(detail_keys, times), .least = 1,
	       .most = 1e6, .is_required = true },
	     { "backoff", "The wait before the second try; none by default.", VALUE_DRAWN,
	       FIELD(detail_keys, backoff) },
	     { "factor", "What the wait grows by each time.", VALUE_NUMBER, FIELD(detail_keys, factor), .least = 1,
	       .most = 1000, .initial = "2" },
	     { "limit", "The longest wait.", VALUE_DURATION, FIELD(detail_keys, limit_ns) },
	     { "jitter", "The wait is drawn from so much less to so much more.", VALUE_RATIO,
	       FIELD(detail_keys, jitter) },
	     { "on", "The exception; any by default.", VALUE_NAME, FIELD(detail_keys, exception) });
DETAIL_TABLE(spawn, "what is spawned", "task", START_KEYS, GROUP_KEY,
	     { "daemon", "It need not end.", VALUE_BOOLEAN, FIELD(detail_keys, is_daemon), .initial = "false" });
DETAIL_TABLE(create_task, "what is created", "task", START_KEYS, GROUP_KEY);
DETAIL_TABLE(gather, "what is gathered", "task", START_KEYS, VARIABLE_KEY,
	     { "return_exceptions", "Exceptions are results.", VALUE_BOOLEAN, FIELD(detail_keys, return_exceptions),
	       .initial = "false" });
DETAIL_TABLE(submit, "what is submitted", "task", START_KEYS, GROUP_KEY,
	     { "to", "An executor or a limiter; the loop's default executor by default.", VALUE_NAME,
	       FIELD(detail_keys, resource) },
	     BYTES_KEY,
	     { "result_bytes", "Size of the result when pickled.", VALUE_BYTES, FIELD(detail_keys, result_bytes) },
	     { "result_objects", "Of how many small objects the result is.", VALUE_INTEGER,
	       FIELD(detail_keys, result_objects), .least = 1, .most = 1e7, .initial = "1" });
DETAIL_TABLE(iterate, "a generator", "task", TASK_KEY, ARGS_KEY, VARIABLE_KEY);
DETAIL_TABLE(join, "what is joined", "of", OF_KEY, TIMEOUT_KEY);
DETAIL_TABLE(await, "what is awaited", "of", OF_KEY, TIMEOUT_KEY, VARIABLE_KEY);
DETAIL_TABLE(with, "what is acquired", "resource", RESOURCE_KEY("resource"), TIMEOUT_KEY);
DETAIL_TABLE(release, "what is released", "resource", RESOURCE_KEY("resource"),
	     { "count", "How much of a semaphore; 1 by default.", VALUE_EXPRESSION, FIELD(detail_keys, count),
	       .least = 1, .most = 1e6 });
DETAIL_TABLE(wait, "what is waited for", "on",
	     { "on", "An event, a condition or a barrier.", VALUE_NAME, FIELD(detail_keys, resource), .group = 1 },
	     { "for", "For what of the started tasks to end.", VALUE_WORD, FIELD(detail_keys, return_when),
	       .words = return_words, .group = 1 },
	     OF_KEY, TIMEOUT_KEY);
DETAIL_TABLE(notify, "what is notified", "on", RESOURCE_KEY("on"),
	     { "count", "How many waiters; 1 by default.", VALUE_EXPRESSION, FIELD(detail_keys, count), .least = 1,
	       .most = 1e6, .group = 1 },
	     { "all", "All waiters.", VALUE_BOOLEAN, FIELD(detail_keys, is_all), .initial = "false", .group = 1 });
DETAIL_TABLE(put, "what is put", "to", RESOURCE_KEY("to"), ITEM_KEY,
	     { "priority", "Smallest first; 0 by default.", VALUE_EXPRESSION, FIELD(detail_keys, extra) }, BYTES_KEY,
	     TIMEOUT_KEY);
DETAIL_TABLE(get, "what is got", "from", RESOURCE_KEY("from"), VARIABLE_KEY, TIMEOUT_KEY);
DETAIL_TABLE(read, "what is read", "from", RESOURCE_KEY("from"), INDEX_KEY, VARIABLE_KEY);
DETAIL_TABLE(write, "what is written", "to", RESOURCE_KEY("to"), INDEX_KEY,
	     { "value", "What it becomes.", VALUE_EXPRESSION, FIELD(detail_keys, value), .is_required = true });
DETAIL_TABLE(request, "a request", "to", RESOURCE_KEY("to"), TIMEOUT_KEY);
DETAIL_TABLE(send, "what is sent", "to", RESOURCE_KEY("to"), ITEM_KEY, BYTES_KEY);

const struct key_table *const detail_tables[] = {
	&if_details,	  &call_details,  &retry_details, &spawn_details,  &create_task_details, &gather_details,
	&submit_details,  &iterate_details, &join_details, &await_details, &with_details,	 &release_details,
	&wait_details,	  &notify_details, &put_details,  &get_details,	   &read_details,	 &write_details,
	&request_details, &send_details,
};
const size_t detail_table_count = LENGTH(detail_tables);

/* ---- Steps ---- */

#define BODY_KEY { "do", "The steps inside.", VALUE_STEPS, FIELD(step_keys, body), .is_required = true }

#define STEP_TABLE(id, ...)                                                                                        \
	static const struct key id##_step_keys[] = { __VA_ARGS__ };                                                \
	static const struct key_table id##_step = { "the step '" #id "'", NULL, NULL, id##_step_keys,              \
						    LENGTH(id##_step_keys), NULL, NULL }
#define DETAIL_STEP(id, help, details, ...)                                                                        \
	STEP_TABLE(id, { #id, help, VALUE_SECTION, FIELD(step_keys, value), .table = &details##_details },         \
		   ##__VA_ARGS__)
#define NAME_STEP(id, help) STEP_TABLE(id, { #id, help, VALUE_NAME, FIELD(step_keys, name) })
#define DURATION_STEP(id, help) STEP_TABLE(id, { #id, help, VALUE_DRAWN, FIELD(step_keys, value) })

static const char *const io_words[] = { [IO_SLEEP] = "sleep", [IO_SOCKET] = "socket", NULL };

DURATION_STEP(python, "Bytecode: holds the GIL, gives it up on request.");
DURATION_STEP(c, "C code that holds the GIL throughout, such as math.factorial().");
DURATION_STEP(native, "C code that releases the GIL.");
DURATION_STEP(block, "A blocking wait, even inside a coroutine.");
STEP_TABLE(io, { "io", "A wait without the GIL; under asyncio an await.", VALUE_DRAWN, FIELD(step_keys, value) },
	   { "io_via", "Through what it waits.", VALUE_WORD, FIELD(step_keys, io_via), .words = io_words,
	     .initial = "sleep" });
STEP_TABLE(allocate, { "allocate", "Memory that is written to, until the task ends.", VALUE_BYTES,
		       FIELD(step_keys, bytes) });
STEP_TABLE(repeat,
	   { "repeat", "Does its steps so many times.", VALUE_EXPRESSION, FIELD(step_keys, value), .least = 1,
	     .most = 1e9 },
	   { "as", "The variable that counts the rounds, from 0.", VALUE_NAME, FIELD(step_keys, name) }, BODY_KEY);
STEP_TABLE(loop, { "loop", "Does its steps until a break, or until a daemon's program ends.", VALUE_STEPS,
		   FIELD(step_keys, body) });
STEP_TABLE(while, { "while", "Does its steps as long as an integer is not 0.", VALUE_EXPRESSION,
		    FIELD(step_keys, value) },
	   BODY_KEY);
STEP_TABLE(break, { "break", "Leaves the innermost loop.", VALUE_NOTHING, FIELD(step_keys, value) });
DETAIL_STEP(if, "Does one or the other.", if,
	    { "then", "The steps if so.", VALUE_STEPS, FIELD(step_keys, body), .is_required = true },
	    { "else", "The steps if not.", VALUE_STEPS, FIELD(step_keys, other) });
STEP_TABLE(let, { "let", "Gives variables values.", VALUE_LETS, FIELD(step_keys, value) });
DETAIL_STEP(call, "Does another task's steps as a function, or awaits them as a coroutine.", call);
STEP_TABLE(return, { "return", "Ends the task, or the call, with a value.", VALUE_EXPRESSION,
		     FIELD(step_keys, value), .initial = "" });
STEP_TABLE(try, { "try", "Does its steps; what they raise goes to `except`.", VALUE_STEPS, FIELD(step_keys, body) },
	   { "except", "Steps for any exception, or for some by their names.", VALUE_HANDLERS,
	     FIELD(step_keys, handlers) },
	   { "finally", "Steps that follow in any case.", VALUE_STEPS, FIELD(step_keys, final) });
NAME_STEP(raise, "Raises an exception; bare: the one being handled.");
DETAIL_STEP(retry, "Does its steps again when they fail.", retry, BODY_KEY);
DETAIL_STEP(spawn, "Starts threads or processes.", spawn);
DETAIL_STEP(join, "Waits for all that this task has spawned, daemons apart.", join);
STEP_TABLE(stage, { "stage", "Marks where a stage of the program begins.", VALUE_TEXT, FIELD(step_keys, name) });
STEP_TABLE(run, { "run", "Runs a task many times under a model, as a variant does.", VALUE_SECTION,
		  FIELD(step_keys, value), .table = &run_model_table });
DETAIL_STEP(with, "Acquires a resource, does its steps, releases it.", with, BODY_KEY);
DETAIL_STEP(acquire, "Acquires a lock, semaphore, condition or limiter.", with);
DETAIL_STEP(release, "Releases it.", release);
DETAIL_STEP(wait, "Waits for an event, a condition or a barrier, or for started tasks.", wait);
NAME_STEP(set, "Sets an event.");
NAME_STEP(clear, "Clears an event.");
DETAIL_STEP(notify, "Wakes waiters of a condition.", notify);
DETAIL_STEP(put, "Puts an item into a queue.", put);
DETAIL_STEP(get, "Takes an item from a queue.", get);
NAME_STEP(task_done, "Says that an item taken from a queue is done.");
NAME_STEP(join_queue, "Waits until all items of a queue are done.");
DETAIL_STEP(read, "Reads a shared variable.", read);
DETAIL_STEP(write, "Writes a shared variable; an update in between is lost.", write);
DETAIL_STEP(request, "Asks a service and waits for its answer.", request);
DETAIL_STEP(create_task, "asyncio.create_task().", create_task);
DETAIL_STEP(gather, "await asyncio.gather().", gather);
DETAIL_STEP(await, "Awaits what was started, in order; a future's result() in a function.", await);
DETAIL_STEP(as_completed, "Does its steps for each that ends, in order of ending.", await, BODY_KEY);
STEP_TABLE(timeout, { "timeout", "async with asyncio.timeout().", VALUE_DURATION, FIELD(step_keys, timeout_ns) },
	   BODY_KEY);
NAME_STEP(cancel, "Cancels what was started.");
NAME_STEP(shield, "await asyncio.shield().");
STEP_TABLE(task_group, { "task_group", "async with asyncio.TaskGroup().", VALUE_STEPS, FIELD(step_keys, body) });
STEP_TABLE(yield, { "yield", "Hands a value to the step that iterates.", VALUE_EXPRESSION, FIELD(step_keys, value),
		    .initial = "" });
DETAIL_STEP(iterate, "Does its steps for each value that a generator yields.", iterate, BODY_KEY);
DETAIL_STEP(submit, "Hands a task to an executor.", submit);
DETAIL_STEP(send, "Sends through a pipe.", send);
DETAIL_STEP(recv, "Receives from a pipe.", get);

#define FORM(KIND, id, may_be_bare) [STEP_##KIND] = { STEP_##KIND, may_be_bare, &id##_step }

const struct step_form step_forms[STEP_KIND_COUNT] = {
	FORM(PYTHON, python, false),
	FORM(C, c, false),
	FORM(NATIVE, native, false),
	FORM(IO, io, false),
	FORM(BLOCK, block, false),
	FORM(ALLOCATE, allocate, false),
	FORM(REPEAT, repeat, false),
	FORM(LOOP, loop, false),
	FORM(WHILE, while, false),
	FORM(BREAK, break, true),
	FORM(IF, if, false),
	FORM(LET, let, false),
	FORM(CALL, call, false),
	FORM(RETURN, return, true),
	FORM(TRY, try, false),
	FORM(RAISE, raise, true),
	FORM(RETRY, retry, false),
	FORM(SPAWN, spawn, false),
	FORM(JOIN, join, true),
	FORM(STAGE, stage, false),
	FORM(RUN, run, false),
	FORM(WITH, with, false),
	FORM(ACQUIRE, acquire, false),
	FORM(RELEASE, release, false),
	FORM(WAIT, wait, false),
	FORM(SET, set, false),
	FORM(CLEAR, clear, false),
	FORM(NOTIFY, notify, false),
	FORM(PUT, put, false),
	FORM(GET, get, false),
	FORM(TASK_DONE, task_done, false),
	FORM(JOIN_QUEUE, join_queue, false),
	FORM(READ, read, false),
	FORM(WRITE, write, false),
	FORM(REQUEST, request, false),
	FORM(CREATE_TASK, create_task, false),
	FORM(GATHER, gather, false),
	FORM(AWAIT, await, true),
	FORM(AS_COMPLETED, as_completed, false),
	FORM(TIMEOUT, timeout, false),
	FORM(CANCEL, cancel, false),
	FORM(SHIELD, shield, false),
	FORM(TASK_GROUP, task_group, false),
	FORM(YIELD, yield, true),
	FORM(ITERATE, iterate, false),
	FORM(SUBMIT, submit, false),
	FORM(SEND, send, false),
	FORM(RECV, recv, false),
};

const struct step_form *keys_step_form_of_name(const char *name)
{
	for (size_t i = 0; i < STEP_KIND_COUNT; i++) {
		if (step_forms[i].table != NULL && strcmp(step_forms[i].table->keys[0].name, name) == 0)
			return &step_forms[i];
	}
	return NULL;
}

const struct step_form *keys_step_form(const struct yaml_node *step)
{
	const struct step_form *form = NULL;

	if (step->kind == NODE_SCALAR)
		form = keys_step_form_of_name(step->text);
	else if (step->kind == NODE_MAP) {
		for (uint32_t i = 0; i < step->count && form == NULL; i++)
			form = keys_step_form_of_name(step->pairs[i].key->text);
	}
	return form;
}

void keys_report_unknown_step(struct reading *reading, const struct yaml_node *node, const char *word)
{
	/* What programs call it. */
	static const struct {
		const char *word, *meant;
	} other_words[] = {
		{ "sleep", "io, or block for a wait that holds its thread" },
		{ "cpu", "python, c or native, by who holds the GIL meanwhile" },
		{ "compute", "python, c or native, by who holds the GIL meanwhile" },
		{ "http", "io, with io_via: socket for one over a connection" },
		{ "lock", "with, or acquire and release" },
	};
	const char *names[STEP_KIND_COUNT];
	size_t count = 0, first = strcspn(word, " ");

	for (size_t i = 0; i < STEP_KIND_COUNT; i++) {
		if (step_forms[i].table != NULL)
			names[count++] = step_forms[i].table->keys[0].name;
	}
	for (size_t i = 0; i < count && word[first] == ' '; i++) {
		if (strncmp(names[i], word, first) != 0 || names[i][first] != '\0')
			continue;
		yaml_tree_error(reading->diagnostics, node, "unknown step '%s', expected a ':' after '%s'",
				yaml_tree_quote(word, reading->region), names[i]);
		return;
	}
	for (size_t i = 0; i < LENGTH(other_words); i++) {
		if (strncmp(other_words[i].word, word, first) != 0 || other_words[i].word[first] != '\0')
			continue;
		yaml_tree_error(reading->diagnostics, node, "unknown step '%s', expected %s",
				yaml_tree_quote(word, reading->region), other_words[i].meant);
		return;
	}
	keys_report_unknown(reading, node, "step", word, NULL, names, count);
}
