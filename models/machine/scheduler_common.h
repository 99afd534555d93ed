/*
 * scheduler_common.h - the queue's array, shared by the two sets of rules.
 */
#ifndef MODELS_MACHINE_SCHEDULER_COMMON_H
#define MODELS_MACHINE_SCHEDULER_COMMON_H

#include "models/machine/machine.h"

/* The rules of one scheduler; scheduler.h says what each does. */
struct scheduler_rules {
	bool (*update_current)(struct core *core);
	void (*place)(struct core *core, struct os_thread *thread, int reason);
	void (*leave)(struct core *core, struct os_thread *thread, bool migrate);
	bool (*stop_current)(struct core *core, bool sleep);
	size_t (*best)(struct core *core); /* index into the queue; SIZE_MAX: empty */
	void (*picked)(struct core *core, struct os_thread *thread);
	bool (*wake_preempts)(struct core *core, struct os_thread *thread, int reason);
	bool (*tick_preempts)(struct core *core);
	void (*yield)(struct core *core);
	sim_ns (*slice_left)(const struct core *core); /* NULL: its slices have no timers */
};

extern const struct scheduler_rules eevdf_rules, cfs_rules;

void queue_insert(struct core *core, struct os_thread *thread);
void queue_remove_at(struct core *core, size_t index);
/* A sleeper that was to be next has burnt its negative lag, and leaves the queue for good. */
void queue_drop_sleeper(struct core *core, size_t index);

#endif
