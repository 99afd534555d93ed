/*
 * thread_event.h - threading.Event.
 *
 * Source      Lib/threading.py: Event.set(), clear(), wait() @3.8 to 3.13: a flag under a Condition; set() notifies
 *             all.
 */
#ifndef MODELS_LIBRARY_THREAD_EVENT_H
#define MODELS_LIBRARY_THREAD_EVENT_H

#include "models/library/condition.h"

struct thread_event {
	struct py_lock lock;
	struct py_condition condition;
	bool is_set;
};

void thread_event_init(struct thread_event *event, struct region *region);
/* For AWAIT. */
enum progress thread_event_set(struct os_thread *thread, struct thread_event *event);
enum progress thread_event_clear(struct os_thread *thread, struct thread_event *event);
/* For AWAIT. Waits until it is set or until `deadline_ns`; py_thread.timed_out tells. */
enum progress thread_event_wait(struct os_thread *thread, struct thread_event *event, sim_ns deadline_ns);

#endif
