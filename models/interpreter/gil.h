/*
 * gil.h - the global interpreter lock of one interpreter.
 *
 * One thread holds it; the others wait. A waiter that has waited a whole switch interval without a change
 * of hands asks the holder to drop it; the holder does so at its next check, if what it runs has any, and
 * then waits until another thread has taken it.
 */
#ifndef MODELS_INTERPRETER_GIL_H
#define MODELS_INTERPRETER_GIL_H

#include "models/machine/futex.h"
#include "models/machine/machine.h"

/* What its holder is executing, for those who ask why they wait. */
enum gil_holder_kind { GIL_HOLDER_PYTHON, GIL_HOLDER_C, GIL_HOLDER_KIND_COUNT };

struct gil {
	struct machine_model *machine;
	int32_t id; /* of the trace's lane */
	bool locked;
	bool drop_requested;
	struct os_thread *last_holder; /* the holder while locked */
	uint64_t switch_count;
	struct futex group1, group2;	 /* glibc's condition variable: signals go to group1 until it is used up */
	struct os_thread *switch_waiter; /* dropped on request, waits for another to take */
	struct os_thread *signaller;	 /* holds the inner mutex to signal the condition */
	struct futex mutex;		 /* waits for the inner mutex */
	sim_ns interval_ns, half_uncontended_ns, signal_ns, take_after_wake_ns;

	/* Accounting. */
	enum gil_holder_kind holder_kind;
	uint32_t counted_waiters; /* waiters that execute a task */
	sim_ns since_ns;
	sim_ns locked_ns;
	sim_ns waited_behind_ns[GIL_HOLDER_KIND_COUNT];
};

struct gil *gil_new(struct machine_model *machine, sim_ns interval_ns, sim_ns uncontended_ns, sim_ns signal_ns,
		    sim_ns take_after_wake_ns);

/* For AWAIT by the running thread. `waiting_activity` is shown while it waits. */
enum progress gil_take(struct gil *gil, struct os_thread *thread, uint8_t waiting_activity);
enum progress gil_drop(struct gil *gil, struct os_thread *thread, uint8_t waiting_activity);

static inline bool gil_drop_requested(const struct gil *gil)
{
	return gil->drop_requested;
}

/* The holder says what it executes from now on. */
void gil_set_holder_kind(struct gil *gil, enum gil_holder_kind kind);
/* Brings the sums up to now. */
void gil_account(struct gil *gil);

#endif
