/*
 * coroutines.h - task instances as asyncio's tasks: what the steps of coroutines and the asyncio driver share.
 */
#ifndef MODELS_SIMULATE_COROUTINES_H
#define MODELS_SIMULATE_COROUTINES_H

#include "models/library/aio_task.h"
#include "models/simulate/task_program.h"

/* The instance will be executed by a coroutine of the loop: what the harness makes for it. */
void coroutine_prepare(struct aio_loop *loop, struct task_instance *instance);
/* A task that executes the instance; it is not started yet. */
struct aio_task *coroutine_task_new(struct aio_loop *loop, struct task_instance *instance);
/* Pushes a program that awaits the instance's steps under wait_for(), which raises TimeoutError in it. */
void coroutine_push_bounded(struct os_thread *thread, struct task_instance *instance);

#endif
