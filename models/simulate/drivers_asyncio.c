/*
 * drivers_asyncio.c - asyncio.run(main()): for the model `asyncio` main() gathers all tasks, or waits for some of
 * them; for a program whose `main` is a coroutine it is that.
 */
#include "models/library/aio_gather.h"
#include "models/simulate/coroutines.h"
#include "models/simulate/drivers.h"

static struct aio_task *new_task(struct os_thread *thread, struct simulation *simulation, int64_t index)
{
	const struct workload *workload = simulation->workload;
	struct task_instance *instance = task_instance_new(simulation, workload->run.task, (uint64_t)index);

	instance->timeout_ns = workload->model.timeout_ns;
	return coroutine_task_new(aio_running_loop(thread), instance);
}

/* ---- main() ---- */

struct main_locals {
	struct simulation *simulation;
	struct aio_task *task;
	struct aio_future **futures;
	int64_t next;
};

static const enum aio_return_when return_whens[] = {
	[RETURN_FIRST] = AIO_FIRST_COMPLETED,
	[RETURN_EXCEPTION] = AIO_FIRST_EXCEPTION,
};

/* What is not done when main() returns is cancelled by asyncio.run(). */
static enum progress await_all(struct os_thread *thread, const struct main_locals *my)
{
	const struct model *model = &my->simulation->workload->model;
	size_t count = (size_t)my->simulation->workload->run.count;

	if (model->return_when == RETURN_ALL)
		return aio_gather(thread, my->futures, count, model->return_exceptions);
	return aio_wait(thread, my->futures, count, return_whens[model->return_when], AIO_NO_TIMEOUT);
}

static enum progress main_coroutine(struct os_thread *thread, struct frame *frame)
{
	struct main_locals *my = FRAME_LOCALS(frame, struct main_locals);
	int64_t count = my->simulation->workload->run.count;

	PROGRAM_BEGIN(frame);
	aio_running_loop(thread)->eager = my->simulation->workload->model.eager;
	my->futures = region_alloc_array(my->simulation->region, (size_t)count, sizeof(struct aio_future *));
	for (my->next = 0; my->next < count; my->next++) {
		my->task = new_task(thread, my->simulation, my->next);
		my->futures[my->next] = &my->task->future;
		AWAIT(frame, aio_task_start(thread, my->task));
	}
	AWAIT(frame, await_all(thread, my));
	for (my->next = 0; my->next < count; my->next++)
		aio_future_let_go(aio_running_loop(thread), my->futures[my->next]);
	region_free(my->simulation->region, my->futures);
	PROGRAM_END;
}

struct run_locals {
	struct simulation *simulation;
	struct aio_loop *loop;
	struct aio_task *main_task;
};

static enum progress run_loop(struct os_thread *thread, struct frame *frame)
{
	struct run_locals *my = FRAME_LOCALS(frame, struct run_locals);
	struct main_locals *locals;

	PROGRAM_BEGIN(frame);
	my->simulation = py_current(thread)->argument;
	simulation_start_clock(my->simulation);
	my->loop = aio_loop_new(py_current(thread)->interpreter, &my->simulation->loops);
	if (my->simulation->workload->run.kind == RUN_PROGRAM) {
		my->main_task = coroutine_task_new(
			my->loop, task_instance_new_main(my->simulation, my->simulation->workload->run.task));
	} else {
		my->main_task = aio_task_new(my->loop, "main", main_coroutine);
		locals = aio_task_locals(my->main_task);
		locals->simulation = my->simulation;
	}
	AWAIT(frame, aio_run(thread, my->loop, my->main_task));
	py_catch(thread); /* what main() has let through: it is counted where it was raised */
	simulation_stop_clock(my->simulation);
	PROGRAM_END;
}

program_fn *driver_for_asyncio(const struct workload *workload)
{
	enum run_kind run = workload->run.kind;

	return run == RUN_COUNT || run == RUN_ITEMS || run == RUN_PROGRAM ? run_loop : NULL;
}
