/*
 * steps.c - see steps.h.
 */
#include "models/simulate/steps.h"

#include "models/simulate/drivers.h"
#include "models/simulate/model_run.h"
#include "models/simulate/resources.h"

/* What is the same in functions and in coroutines. */
static step_fn *const anywhere[STEP_KIND_COUNT] = {
	[STEP_PYTHON] = step_python,
	[STEP_C] = step_c,
	[STEP_NATIVE] = step_native,
	[STEP_BLOCK] = step_block,
	[STEP_ALLOCATE] = step_allocate,
	[STEP_REPEAT] = step_repeat,
	[STEP_LOOP] = step_loop,
	[STEP_BREAK] = step_break,
	[STEP_WHILE] = step_while,
	[STEP_IF] = step_if,
	[STEP_LET] = step_let,
	[STEP_CALL] = step_call,
	[STEP_RETURN] = step_return,
	[STEP_TRY] = step_try,
	[STEP_RAISE] = step_raise,
	[STEP_RETRY] = step_retry,
	[STEP_STAGE] = step_stage,
	[STEP_YIELD] = step_yield,
	[STEP_ITERATE] = step_iterate,
	[STEP_READ] = step_access,
	[STEP_WRITE] = step_access,
	[STEP_REQUEST] = step_request,
};

/* Steps on what processes share, wherever they are. */
static step_fn *const across_processes[STEP_KIND_COUNT] = {
	[STEP_WITH] = step_with,
	[STEP_ACQUIRE] = step_acquire,
	[STEP_RELEASE] = step_release,
	[STEP_WAIT] = step_mp_wait,
	[STEP_SET] = step_mp_set,
	[STEP_CLEAR] = step_mp_clear,
	[STEP_NOTIFY] = step_mp_notify,
	[STEP_PUT] = step_mp_put,
	[STEP_GET] = step_mp_get,
	[STEP_TASK_DONE] = step_mp_task_done,
	[STEP_JOIN_QUEUE] = step_mp_join_queue,
	[STEP_READ] = step_mp_access,
	[STEP_WRITE] = step_mp_access,
	[STEP_REQUEST] = step_request,
	[STEP_SEND] = step_send,
	[STEP_RECV] = step_recv,
};

static step_fn *const in_functions[STEP_KIND_COUNT] = {
	[STEP_IO] = step_io,
	[STEP_SPAWN] = step_spawn,
	[STEP_JOIN] = step_join,
	/* threading and queue */
	[STEP_WITH] = step_with,
	[STEP_ACQUIRE] = step_acquire,
	[STEP_RELEASE] = step_release,
	[STEP_WAIT] = step_wait,
	[STEP_SET] = step_set,
	[STEP_CLEAR] = step_clear,
	[STEP_NOTIFY] = step_notify,
	[STEP_PUT] = step_put,
	[STEP_GET] = step_get,
	[STEP_TASK_DONE] = step_task_done,
	[STEP_JOIN_QUEUE] = step_join_queue,
	/* executors */
	[STEP_SUBMIT] = step_submit,
	[STEP_AWAIT] = step_await_futures,
	[STEP_WAIT_HANDLES] = step_wait_futures,
	[STEP_AS_COMPLETED] = step_as_completed,
	[STEP_CANCEL] = step_cancel_futures,
	[STEP_RUN] = step_run,
};

static step_fn *const in_coroutines[STEP_KIND_COUNT] = {
	/* tasks */
	[STEP_IO] = step_io_awaited,
	[STEP_SPAWN] = step_create_task,
	[STEP_JOIN] = step_await,
	[STEP_CREATE_TASK] = step_create_task,
	[STEP_GATHER] = step_gather,
	[STEP_AWAIT] = step_await,
	[STEP_SHIELD] = step_await,
	[STEP_CANCEL] = step_cancel_tasks,
	[STEP_WAIT_HANDLES] = step_wait_tasks,
	[STEP_AS_COMPLETED] = step_tasks_as_completed,
	[STEP_TIMEOUT] = step_timeout,
	[STEP_TASK_GROUP] = step_task_group,
	[STEP_SUBMIT] = step_run_in_executor,
	/* asyncio's locks and queues */
	[STEP_WITH] = step_aio_with,
	[STEP_ACQUIRE] = step_aio_acquire,
	[STEP_RELEASE] = step_aio_release,
	[STEP_WAIT] = step_aio_wait,
	[STEP_SET] = step_aio_set,
	[STEP_CLEAR] = step_aio_clear,
	[STEP_NOTIFY] = step_aio_notify,
	[STEP_PUT] = step_aio_put,
	[STEP_GET] = step_aio_get,
	[STEP_TASK_DONE] = step_aio_task_done,
	[STEP_JOIN_QUEUE] = step_aio_acquire,
};

step_fn *step_program_of(const struct workload *workload, const struct step *step, bool in_coroutine)
{
	const struct resource *resource =
		step->resource < workload->resource_count ? &workload->resources[step->resource] : NULL;
	step_fn *program;

	if (resource && resource->scope == SCOPE_PROCESSES && step->kind != STEP_SUBMIT)
		return across_processes[step->kind];
	if (resource && resource->model && step->kind == STEP_WITH) /* `with executor:` blocks in a coroutine, too */
		return step_with;
	program = (in_coroutine ? in_coroutines : in_functions)[step->kind];
	return program ? program : anywhere[step->kind];
}

/* Parts of IF and TRY, which those execute. */
static bool is_part(enum step_kind kind)
{
	return kind == STEP_BODY || kind == STEP_EXCEPT || kind == STEP_FINALLY;
}

static void check_step(const struct workload *workload, const struct step *step, unsigned ways,
		       struct diagnostics *diagnostics)
{
	const char *under = model_names[workload->model.kind];

	if (is_part(step->kind))
		return;
	if (((ways & TASK_AS_FUNCTION) && !step_program_of(workload, step, false)) ||
	    ((ways & TASK_AS_COROUTINE) && !step_program_of(workload, step, true)))
		diagnostics_error(diagnostics, workload->file, step->line, 0,
				  "variant '%s': '%s' is not simulated under model %s", workload->variant,
				  step_names[step->kind], under);
	else if (step->kind == STEP_RUN && !model_run_is_known(step->model))
		diagnostics_error(diagnostics, workload->file, step->line, 0,
				  "variant '%s': a run of model %s inside a program is not simulated",
				  workload->variant, model_names[step->model->kind]);
	else if (step->kind == STEP_SUBMIT && (ways & TASK_AS_COROUTINE) && step->resource != INDEX_NONE &&
		 workload->resources[step->resource].kind != RESOURCE_THREAD_POOL &&
		 workload->resources[step->resource].kind != RESOURCE_PROCESS_POOL)
		diagnostics_error(diagnostics, workload->file, step->line, 0,
				  "variant '%s': a coroutine's submit to '%s', which is no executor of "
				  "concurrent.futures, is not simulated",
				  workload->variant, workload->resources[step->resource].name);
	else if (step->resource < workload->resource_count &&
		 !resource_class_of(&workload->resources[step->resource])->make)
		diagnostics_error(diagnostics, workload->file, step->line, 0,
				  "variant '%s': what '%s' is here is not simulated under model %s",
				  workload->variant, workload->resources[step->resource].name, under);
}

void steps_check(const struct workload *workload, struct diagnostics *diagnostics)
{
	if (!driver_for(workload))
		diagnostics_error(diagnostics, workload->file, 0, 0, "variant '%s': model %s is not simulated%s",
				  workload->variant, model_names[workload->model.kind],
				  workload->run.kind == RUN_ARRIVALS || workload->run.kind == RUN_USERS
					  ? " with requests from outside"
					  : "");
	for (uint32_t i = 0; i < workload->task_count; i++) {
		const struct task *task = &workload->tasks[i];

		for (uint32_t at = task->first; task->ways != 0 && at < task->end; at++)
			check_step(workload, &workload->steps[at], task->ways, diagnostics);
	}
}
