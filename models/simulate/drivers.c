/*
 * drivers.c - see drivers.h.
 */
#include "models/simulate/drivers.h"

#include "models/simulate/model_run.h"
#include "models/simulate/resources.h"

static struct simulation *simulation_of(const struct os_thread *thread)
{
	return py_current(thread)->argument;
}

/* ---- A run by one model ---- */

struct run_locals {
	struct model_run *run;
};

static enum progress run_model(struct os_thread *thread, struct frame *frame)
{
	struct run_locals *my = FRAME_LOCALS(frame, struct run_locals);
	struct simulation *simulation = simulation_of(thread);
	const struct model *model = &simulation->workload->model;

	PROGRAM_BEGIN(frame);
	my->run = region_alloc(simulation->region, sizeof(*my->run));
	*my->run = model_run_of_workload(simulation);
	if (model->warm && executor_is_known(model->kind)) {
		my->run->warm = executor_new(simulation, model);
		AWAIT(frame, executor_warm_up(thread, my->run->warm));
	}
	AWAIT(frame, resources_start(thread, simulation));
	simulation_start_clock(simulation);
	AWAIT(frame, model_run_execute(thread, my->run));
	simulation_stop_clock(simulation);
	PROGRAM_END;
}

/* ---- program: the task `main` decides; daemons are left behind ---- */

static enum progress run_program(struct os_thread *thread, struct frame *frame)
{
	struct simulation *simulation = simulation_of(thread);
	struct task_run_locals *task;

	PROGRAM_BEGIN(frame);
	AWAIT(frame, resources_start(thread, simulation));
	simulation_start_clock(simulation);
	task = os_thread_push(thread, task_run);
	task->instance = task_instance_new_main(simulation, simulation->workload->run.task);
	AWAIT(frame, os_thread_enter(thread));
	simulation_stop_clock(simulation);
	PROGRAM_END;
}

program_fn *driver_for(const struct workload *workload)
{
	enum run_kind run = workload->run.kind;

	if (workload->model.kind == MODEL_SERVER)
		return run_server;
	if ((run == RUN_ARRIVALS || run == RUN_USERS) && workload->model.kind == MODEL_ASYNCIO)
		return run_clients_in_loop;
	if (run == RUN_ARRIVALS || run == RUN_USERS)
		return workload->model.kind == MODEL_THREAD_POOL ? run_clients : NULL;
	if (workload->model.kind == MODEL_PROGRAM)
		return workload->model.spawn == SPAWN_COROUTINE ? run_coroutine_program : run_program;
	return model_run_is_known(&workload->model) ? run_model : NULL;
}
