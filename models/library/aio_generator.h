/*
 * aio_generator.h - generators, and asyncio's asynchronous ones.
 *
 * Source      Objects/genobject.c: a generator's frames run on top of whoever asks for its next value, in the same
 *             task; handing a value over takes no turn of the loop. An await inside suspends the whole task.
 * Left out    asend(), athrow().
 */
#ifndef MODELS_LIBRARY_AIO_GENERATOR_H
#define MODELS_LIBRARY_AIO_GENERATOR_H

#include "models/interpreter/py_thread.h"

struct aio_generator {
	struct frame *bottom; /* of its stack, until it is over */
	int64_t value;	      /* the last one handed over */
	bool is_over;	      /* unless it hands over another one */
};

/* Makes it ready to run `program`; returns its locals, to be filled in. */
void *aio_generator_init(struct machine_model *machine, struct aio_generator *generator, program_fn *program);
/* For AWAIT: runs it up to its next value, or to its end: aio_generator_is_over() then. It may raise. */
enum progress aio_generator_next(struct os_thread *thread, struct aio_generator *generator);
/* For AWAIT by the generator itself. */
enum progress aio_generator_yield(struct os_thread *thread, struct aio_generator *generator, int64_t value);
static inline bool aio_generator_is_over(const struct aio_generator *generator)
{
	return generator->is_over;
}

#endif
