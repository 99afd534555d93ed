/*
 * frame.h - programs that simulated threads execute, written like the code they model.
 *
 * A program is a C function that can stop in the middle and go on later, when what it waits for has
 * come. It keeps its variables in a frame; a thread's frames form its call stack. Between two waits a
 * program runs at one instant of simulated time.
 *
 *	struct put_locals { struct item *item; int tries; };
 *
 *	static enum progress put(struct os_thread *thread, struct frame *frame)
 *	{
 *		struct put_locals *my = FRAME_LOCALS(frame, struct put_locals);
 *
 *		PROGRAM_BEGIN(frame);
 *		AWAIT(frame, os_thread_compute(thread, 300));	 // takes 300 ns of a core
 *		AWAIT(frame, lock_acquire(thread, my->lock));	 // may block; a program of its own
 *		...
 *		PROGRAM_END;
 *	}
 *
 * What AWAIT calls either is done at once or returns PENDING; then the program is entered again at
 * that point. C variables do not survive an AWAIT; what must survive stands in the frame's locals.
 * A `switch` may not stand around an AWAIT, and one line holds one AWAIT.
 *
 * A frame has room for FRAME_LOCALS_BYTES. Programs of which millions may wait at once are pushed with as much as their
 * locals take: os_thread_push_sized().
 */
#ifndef MODELS_MACHINE_FRAME_H
#define MODELS_MACHINE_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "sim/base/near.h"

struct os_thread;
struct frame;

enum progress { DONE, PENDING };

typedef enum progress program_fn(struct os_thread *thread, struct frame *frame);

#define FRAME_LOCALS_BYTES 64
/* What stands for the size of a frame that its owner has put elsewhere. */
#define FRAME_ELSEWHERE (FRAME_LOCALS_BYTES / 8 + 1)

struct frame {
	struct frame *parent; /* caller; NULL for a thread's first */
	near_fn program;
	uint16_t resume_line; /* 0: not begun */
	uint8_t locals_eights; /* bytes of its locals, in eights */
	_Alignas(8) unsigned char locals[];
};

/* The frame is that of `program` from now on, which has not begun. */
static inline void frame_become(struct frame *frame, program_fn *program)
{
	frame->program = near_of((any_fn *)program);
	frame->resume_line = 0;
}

/* Goes on with its program. */
static inline enum progress frame_continue(struct os_thread *thread, struct frame *frame)
{
	/* Not by near_function(): there always is one. */
	return ((program_fn *)((intptr_t)near_origin + frame->program))(thread, frame);
}

#define FRAME_LOCALS(frame, type)                                                                                \
	((void)sizeof(char[sizeof(type) <= FRAME_LOCALS_BYTES ? 1 : -1]), (type *)(void *)(frame)->locals)

#define PROGRAM_BEGIN(frame)                                                                                     \
	switch ((frame)->resume_line) {                                                                          \
	case 0:

#define PROGRAM_END                                                                                              \
	}                                                                                                        \
	return DONE

#define AWAIT(frame, call)                                                                                       \
	do {                                                                                                     \
		(frame)->resume_line = __LINE__;                                                                 \
		if ((call) == PENDING)                                                                           \
			return PENDING;                                                                          \
		__attribute__((fallthrough));                                                                    \
	case __LINE__:;                                                                                          \
	} while (0)

#endif
