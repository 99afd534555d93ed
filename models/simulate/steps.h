/*
 * steps.h - how each kind of step is executed: one function a kind and a context, in the tables of steps.c.
 *
 * A step's function is what an AWAIT calls: it finishes at once, or pushes a program and returns os_thread_enter().
 * What a kind does is said in sim/scenario/workload.h. A kind that no model fills has no function: then
 * steps_check() says so at the step's line, before anything runs.
 *
 * A step that raises calls task_raise() and returns DONE; a block stops at the first step after which
 * `instance->leaving` is not LEAVING_NOT, and whoever pushed the block decides (try, with, loops, calls).
 */
#ifndef MODELS_SIMULATE_STEPS_H
#define MODELS_SIMULATE_STEPS_H

#include "models/simulate/task_program.h"
#include "sim/base/diagnostic.h"

typedef enum progress step_fn(struct os_thread *thread, struct task_instance *instance, const struct step *step);

/* The function for this step; NULL: not simulated. A step on a resource that processes share is the same in functions and in
 * coroutines. */
step_fn *step_program_of(const struct workload *workload, const struct step *step, bool in_coroutine);
/* Reports each step, resource and model of the workload that is not simulated, at its line. */
void steps_check(const struct workload *workload, struct diagnostics *diagnostics);

/* ---- For the functions themselves ---- */

/* Pushes the program of a block: the steps from `first` to `end`, once. For os_thread_enter(). */
void push_steps(struct os_thread *thread, struct task_instance *instance, uint32_t first, uint32_t end);
/* Likewise: the body of a step. */
void push_body(struct os_thread *thread, struct task_instance *instance, const struct step *step);
/* The time that a step's duration takes on this build, the next draw of the instance. */
sim_ns step_ns(struct task_instance *instance, const struct step *step, double slowdown);
/* The value under the activation's variables; raises EXCEPTION_ARITHMETIC and gives 0 where there is none. */
int64_t step_value(struct task_instance *instance, struct value value);
/* Stores into the activation's variable, if the step names one. */
void step_store(struct task_instance *instance, uint32_t variable, int64_t value);
/* The k-th instance that a start step starts: entity, item and arguments set; released now. */
struct task_instance *step_new_child(struct task_instance *parent, const struct start *start, int64_t index);
/* How many it starts. */
int64_t step_start_count(struct task_instance *instance, const struct start *start);

/* The connections that a step with io_via: socket uses here: of the event loop, or of the process. */
struct stream_pool *step_streams(struct os_thread *thread, struct simulation *simulation, bool in_coroutine);
/* For AWAIT: time.sleep(), or in a coroutine asyncio.sleep(), in which it may be cancelled. */
enum progress step_sleep(struct os_thread *thread, const struct task_instance *instance, sim_ns duration_ns);
/* When the step's timeout is over: SIM_NS_MAX without one. */
sim_ns step_deadline(const struct os_thread *thread, const struct step *step);
/* Enters a call: the callee's activation, its arguments set from the caller's. Raises where that cannot be. */
void step_enter_callee(struct task_instance *instance, const struct start *start);

/* steps_basic.c */
step_fn step_allocate, step_python, step_c, step_native, step_block, step_io, step_repeat, step_loop, step_break, step_spawn, step_join, step_stage;
/* steps_control.c */
step_fn step_if, step_while, step_let, step_call, step_return, step_try, step_raise, step_retry;
/* steps_threading.c */
step_fn step_with, step_acquire, step_release, step_wait, step_set, step_clear, step_notify, step_put, step_get,
	step_task_done, step_join_queue, step_request;
/* steps_variable.c */
step_fn step_access, step_mp_access;
/* steps_process.c */
step_fn step_mp_put, step_mp_get, step_mp_task_done, step_mp_join_queue, step_send, step_recv,
	step_mp_wait, step_mp_notify, step_mp_set, step_mp_clear;
/* steps_executor.c */
step_fn step_submit, step_await_futures, step_wait_futures, step_as_completed, step_cancel_futures, step_run;
/* steps_asyncio.c */
step_fn step_io_awaited, step_create_task, step_gather, step_await, step_cancel_tasks, step_wait_tasks,
	step_tasks_as_completed, step_timeout, step_task_group, step_run_in_executor;
/* steps_aio_sync.c */
step_fn step_aio_with, step_aio_acquire, step_aio_release, step_aio_wait, step_aio_set, step_aio_clear,
	step_aio_notify, step_aio_put, step_aio_get, step_aio_task_done;
/* steps_generator.c */
step_fn step_iterate, step_yield;

#endif
