/*
 * aio_task.h - asyncio.Task: a coroutine that the event loop runs step by step.
 *
 * Source      Modules/_asynciomodule.c: task_step_impl(), task_wakeup(), _asyncio_Task_cancel_impl(),
 *             task_eager_start() @3.12; Lib/asyncio/tasks.py, runners.py.
 * Modelled    the first step comes a turn after create_task(), or at once with the eager task factory (3.12); a
 *             step runs until the coroutine awaits what is not done; cancel() cancels what the task waits for, and
 *             CancelledError is thrown at its next step.
 *
 * A coroutine is a program on a frame stack of its own: it runs on the loop's thread, and while it awaits, its
 * frames lie aside. Its program looks at py_exception() before anything else: it may be cancelled before its first
 * step. Whoever creates a task must release it once; it goes when it has also come to its end.
 */
#ifndef MODELS_LIBRARY_AIO_TASK_H
#define MODELS_LIBRARY_AIO_TASK_H

#include "models/library/aio_loop.h"

/* So many bits have the size of a frame, an activity, references and requests to cancel. */
#define AIO_EIGHTS_BITS 4
#define AIO_ACTIVITY_BITS 4
#define AIO_REFERENCE_BITS 20
#define AIO_REQUEST_BITS 12
#define AIO_EIGHTS_MASK ((1u << AIO_EIGHTS_BITS) - 1)
_Static_assert(FRAME_LOCALS_BYTES / 8 <= AIO_EIGHTS_MASK, "the largest one fits");
#define AIO_REFERENCE_MASK ((1u << AIO_REFERENCE_BITS) - 1)
#define AIO_REQUEST_MASK ((1u << AIO_REQUEST_BITS) - 1)
#define AIO_ACTIVITY_MASK ((1u << AIO_ACTIVITY_BITS) - 1)
_Static_assert(ACTIVITY_LIMIT - 1 <= AIO_ACTIVITY_MASK, "each of them fits");

/* Whether a task is in sleep(), and whether that has ended but the task has not gone on yet. */
enum aio_sleep { AIO_AWAKE, AIO_ASLEEP, AIO_SLEEP_ENDED };

/* With the locals of most coroutines it takes 48 bytes. When a wait has begun is not kept: a sum of durations is
 * that of their ends less that of their beginnings. Nor are its neighbours: all_tasks() is what the loop's pools
 * have. */
struct aio_task {
	struct aio_future future; /* first: a task is a future */
	uint32_t account : AIO_ACCOUNT_BITS;	/* of the loop's; while it waits: that its thread accounted to */
	uint32_t activity : AIO_ACTIVITY_BITS;	/* while it waits */
	uint32_t locals_eights : AIO_EIGHTS_BITS; /* bytes of the locals of its frame, in eights */
	uint32_t sleep : 2;			/* enum aio_sleep */
	bool must_cancel : 1;
	bool has_ended : 1; /* in a step: unless it waits for something more; while it waits: false */
	union {
		near_ref waiting_for; /* AIO_AWAKE: struct aio_future, or 0 */
		near_ref alarm;	      /* else: struct aio_timer */
	};
	uint32_t references : AIO_REFERENCE_BITS;
	uint32_t cancel_requests : AIO_REQUEST_BITS; /* cancelling(); no more than fit */
	struct frame frame; /* the outermost one of its stack, and the last part: its locals follow */
};
_Static_assert(sizeof(struct aio_task) == 40, "as there are millions, it holds nothing that could do without");

/* What tasks of one name share whose time is counted alike. */
struct aio_account {
	const char *name; /* borrowed */
	sim_ns *time_in;  /* sums, as those of a thread; NULL: it is not counted */
	uint16_t next;	  /* of its list; 0: it is the last */
};

/* A task for a coroutine that runs `program`; its locals are filled in by aio_task_locals() before the start. */
struct aio_task *aio_task_new(struct aio_loop *loop, const char *name, program_fn *program);
/* The same with no more room for locals than they take (os_thread_push_sized()). */
struct aio_task *aio_task_new_sized(struct aio_loop *loop, const char *name, program_fn *program,
				    size_t locals_bytes);
static inline void *aio_task_locals(struct aio_task *task)
{
	return task->frame.locals;
}
/* For AWAIT: what create_task() does with it. */
enum progress aio_task_start(struct os_thread *thread, struct aio_task *task);
/* The same without its cost, and never eager: for a loop that does not run yet. */
void aio_task_schedule(struct aio_loop *loop, struct aio_task *task);
/* One more who must release it. */
void aio_task_hold(struct aio_task *task);
void aio_task_release(struct aio_loop *loop, struct aio_task *task);
/* Task.cancel(); false: it was done. */
bool aio_task_cancel(struct aio_loop *loop, struct aio_task *task);
/* Task.uncancel(): how many requests are left. */
uint32_t aio_task_uncancel(struct aio_task *task);

/* For AWAIT in a coroutine. */

/* A bare yield, as sleep(0) is: goes on in the next turn. */
enum progress aio_yield(struct os_thread *thread);
/* asyncio.sleep(). */
enum progress aio_sleep(struct os_thread *thread, sim_ns duration_ns);

/* For AWAIT by a thread without a loop: asyncio.run() of a task that has not been started, default executor
 * included. What the coroutine raised is raised. */
enum progress aio_run(struct os_thread *thread, struct aio_loop *loop, struct aio_task *main_task);

/* For futures. */
enum progress aio_task_suspend(struct os_thread *thread, struct aio_task *task, struct aio_future *waiting_for,
			       uint8_t activity);
aio_callback_fn aio_task_wakeup;
/* Its wake-up has been scheduled: from now on it waits for the loop. */
void aio_task_is_ready(struct aio_loop *loop, struct aio_task *task);
/* Counts what those that wait have waited up to now: of a run, or a process, that ends before they do. Once. */
void aio_tasks_take_stock(struct aio_loop *loop);

#endif
