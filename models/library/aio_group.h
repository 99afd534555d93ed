/*
 * aio_group.h - asyncio.TaskGroup.
 *
 * Source      Lib/asyncio/taskgroups.py @3.11 to 3.13: leaving the block waits for all tasks; the first failure
 *             cancels the others and what the block is at, and an ExceptionGroup leaves it; CancelledError from
 *             outside cancels the tasks and goes on.
 */
#ifndef MODELS_LIBRARY_AIO_GROUP_H
#define MODELS_LIBRARY_AIO_GROUP_H

#include "models/library/aio_task.h"

struct aio_group;

/* __aenter__(), by the current task. It goes with aio_group_leave(). */
struct aio_group *aio_group_new(struct os_thread *thread);
/* For AWAIT: create_task(); the caller still has to release the task. */
enum progress aio_group_start(struct os_thread *thread, struct aio_group *group, struct aio_task *task);
/* For AWAIT: __aexit__(), with the exception in flight that left the block, if any. */
enum progress aio_group_leave(struct os_thread *thread, struct aio_group *group);

#endif
