/*
 * model_run_asyncio.c - a run by the model `asyncio`: asyncio.run(main()), where main() gathers all tasks, or waits for
 * some of them.
 */
#include "models/library/aio_gather.h"
#include "models/simulate/coroutines.h"
#include "models/simulate/model_run.h"

static struct aio_task *new_task(struct os_thread *thread, const struct model_run *run, int64_t number)
{
	struct task_instance *instance = model_run_release(run, number);

	task_set_timeout(instance, run->model->timeout_ns);
	return coroutine_task_new(aio_running_loop(thread), instance);
}

/* ---- main() ---- */

struct main_locals {
	const struct model_run *run;
	struct aio_task *task;
	near_ref *futures;
	int64_t next;
};

static const enum aio_return_when return_whens[] = {
	[RETURN_FIRST] = AIO_FIRST_COMPLETED,
	[RETURN_EXCEPTION] = AIO_FIRST_EXCEPTION,
};

/* What is not done then is cancelled by asyncio.run(). */
static enum progress await_some(struct os_thread *thread, const struct main_locals *my)
{
	return aio_wait(thread, my->futures, (size_t)my->run->count, return_whens[my->run->model->return_when],
			AIO_NO_TIMEOUT);
}

static enum progress main_coroutine(struct os_thread *thread, struct frame *frame)
{
	struct main_locals *my = FRAME_LOCALS(frame, struct main_locals);
	struct region *region = my->run->simulation->region;

	PROGRAM_BEGIN(frame);
	aio_running_loop(thread)->eager = my->run->model->eager;
	my->futures = region_alloc_array(region, (size_t)my->run->count, sizeof(near_ref));
	for (my->next = 0; my->next < my->run->count; my->next++) {
		my->task = new_task(thread, my->run, my->next);
		my->futures[my->next] = near_ref_to(&my->task->future);
		AWAIT(frame, aio_task_start(thread, my->task));
	}
	if (my->run->model->return_when == RETURN_ALL) {
		AWAIT(frame,
		      aio_gather(thread, my->futures, (size_t)my->run->count, my->run->model->return_exceptions));
		return DONE;
	}
	AWAIT(frame, await_some(thread, my));
	for (my->next = 0; my->next < my->run->count; my->next++)
		aio_future_let_go(aio_running_loop(thread), aio_future_at(my->futures[my->next]));
	region_free(region, my->futures);
	PROGRAM_END;
}

/* ---- asyncio.run() ---- */

struct run_locals {
	struct model_run *run;
	struct aio_loop *loop;
	struct aio_task *main_task;
};

enum progress model_run_asyncio(struct os_thread *thread, struct frame *frame)
{
	struct run_locals *my = FRAME_LOCALS(frame, struct run_locals);
	struct main_locals *locals;

	PROGRAM_BEGIN(frame);
	my->loop = aio_loop_new(py_current(thread)->interpreter, &my->run->simulation->loops);
	my->main_task = aio_task_new(my->loop, "main", main_coroutine);
	locals = aio_task_locals(my->main_task);
	locals->run = my->run;
	AWAIT(frame, aio_run(thread, my->loop, my->main_task));
	py_catch(thread); /* what main() has let through: it is counted where it was raised */
	PROGRAM_END;
}
