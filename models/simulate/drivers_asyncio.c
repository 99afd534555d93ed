/*
 * drivers_asyncio.c - asyncio.run(main()) of a program whose `main` is a coroutine.
 */
#include "models/simulate/coroutines.h"
#include "models/simulate/drivers.h"
#include "models/simulate/resources.h"

struct run_locals {
	struct simulation *simulation;
	struct aio_loop *loop;
	struct aio_task *main_task;
};

enum progress run_coroutine_program(struct os_thread *thread, struct frame *frame)
{
	struct run_locals *my = FRAME_LOCALS(frame, struct run_locals);

	PROGRAM_BEGIN(frame);
	my->simulation = py_current(thread)->argument;
	AWAIT(frame, resources_start(thread, my->simulation));
	simulation_start_clock(my->simulation);
	my->loop = aio_loop_new(py_current(thread)->interpreter, &my->simulation->loops);
	my->loop->eager = my->simulation->workload->model.eager;
	my->main_task = coroutine_task_new(
		my->loop, task_instance_new_main(my->simulation, my->simulation->workload->run.task));
	AWAIT(frame, aio_run(thread, my->loop, my->main_task));
	py_catch(thread); /* what main() has let through: it is counted where it was raised */
	simulation_stop_clock(my->simulation);
	PROGRAM_END;
}
