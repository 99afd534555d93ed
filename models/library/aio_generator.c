/*
 * aio_generator.c - see aio_generator.h.
 */
#include "models/library/aio_generator.h"

void *aio_generator_init(struct machine_model *machine, struct aio_generator *generator, program_fn *program)
{
	generator->bottom = frame_stack_new(machine, program, FRAME_LOCALS_BYTES);
	generator->is_over = false;
	return generator->bottom->locals;
}

struct next_locals {
	struct aio_generator *generator;
};

static enum progress next(struct os_thread *thread, struct frame *frame)
{
	struct next_locals *my = FRAME_LOCALS(frame, struct next_locals);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_overhead(thread, py_cost(thread, COST_AIO_GENERATOR)));
	my->generator->is_over = true;
	AWAIT(frame, os_thread_attach(thread, my->generator->bottom));
	PROGRAM_END;
}

enum progress aio_generator_next(struct os_thread *thread, struct aio_generator *generator)
{
	struct next_locals *locals = os_thread_push(thread, next);

	locals->generator = generator;
	return os_thread_enter(thread);
}

enum progress aio_generator_yield(struct os_thread *thread, struct aio_generator *generator, int64_t value)
{
	generator->value = value;
	generator->is_over = false;
	return os_thread_detach(thread, generator->bottom);
}
