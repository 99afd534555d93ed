/*
 * executors.h - the library's executors behind one interface, for runs and for the steps that name one.
 */
#ifndef MODELS_SIMULATE_EXECUTORS_H
#define MODELS_SIMULATE_EXECUTORS_H

#include "models/library/mp_pool.h"
#include "models/library/process_pool.h"
#include "models/library/thread_pool.h"
#include "models/simulate/resources.h"
#include "models/simulate/task_program.h"

struct executor {
	struct simulation *simulation;
	const struct model *model;
	bool opened;
	bool keeps_futures; /* who submits has them until it takes their results */
	/* One of them, after its kind. */
	struct thread_pool *threads; /* also InterpreterPoolExecutor */
	struct process_pool *processes;
	struct mp_pool *pool;
};

/* One call: of a task instance, or of another program. Its memory must live until its future is done. */
struct executor_call {
	struct work_item item;	      /* of a thread pool, or of the job */
	struct process_call *process; /* of a process pool; NULL: it is none */
	struct mp_job *job;	      /* Pool.apply_async(); NULL: it is none */
	struct task_instance *instance;
};

/* Of one that has been submitted. */
static inline struct py_future *executor_call_future(struct executor_call *call)
{
	if (call->process)
		return &call->process->item.future;
	return call->job ? &call->job->future : &call->item.future;
}
/* Runs the call's task instance: its locals begin with the call. */
program_fn executor_call_run;

/* What calls that a step starts take with them and bring back: the task's number and nothing where it does not say, nor
 * without a step (NULL). */
struct payload start_arguments(const struct start *start);
struct payload start_result(const struct start *start);
/* Whether there is such an executor. */
bool executor_is_known(enum model_kind kind);
/* Not opened yet. */
struct executor *executor_new(struct simulation *simulation, const struct model *model);
/* For AWAIT. Its constructor: from now on it belongs to the caller's process. */
enum progress executor_open(struct os_thread *thread, struct executor *executor);
/* For AWAIT. submit(), or apply_async(): of a task instance with these arguments and this result. */
enum progress executor_submit_task(struct os_thread *thread, struct executor *executor, struct executor_call *call,
				   struct task_instance *instance, struct payload arguments, struct payload result);
/* For AWAIT. The same of any program (work_item_push). */
enum progress executor_submit(struct os_thread *thread, struct executor *executor, struct executor_call *call,
			      program_fn *program, void *argument, struct payload arguments, struct payload result);
/* For AWAIT. Waits until all workers have started: what `warm` means. */
enum progress executor_warm_up(struct os_thread *thread, struct executor *executor);
/* For AWAIT. shutdown(wait=True); Pool: close() and join(). */
enum progress executor_shutdown(struct os_thread *thread, struct executor *executor, bool cancel_futures);

/* An executor among the resources: created by `with` or at the first submit(). */
extern const struct resource_class executor_resource;

#endif
