/*
 * thread_event.c - see thread_event.h.
 */
#include "models/library/thread_event.h"

void thread_event_init(struct thread_event *event, struct region *region)
{
	*event = (struct thread_event){ 0 };
	py_lock_init(&event->lock);
	py_condition_init(&event->condition, region, &event->lock, NULL);
}

struct event_locals {
	struct thread_event *event;
	sim_ns deadline_ns;
	bool timed_out;
	bool value; /* to be given to the flag */
};

static struct event_locals *push(struct os_thread *thread, program_fn *program, struct thread_event *event)
{
	struct event_locals *my = os_thread_push(thread, program);

	my->event = event;
	return my;
}

static enum progress change(struct os_thread *thread, struct frame *frame)
{
	struct event_locals *my = FRAME_LOCALS(frame, struct event_locals);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_lock_acquire(thread, &my->event->lock));
	AWAIT(frame, py_overhead(thread, py_cost(thread, COST_EVENT_OP)));
	my->event->is_set = my->value;
	if (my->value)
		AWAIT(frame, py_condition_notify(thread, &my->event->condition, INT64_MAX));
	AWAIT(frame, py_lock_release(thread, &my->event->lock));
	PROGRAM_END;
}

enum progress thread_event_set(struct os_thread *thread, struct thread_event *event)
{
	push(thread, change, event)->value = true;
	return os_thread_enter(thread);
}

enum progress thread_event_clear(struct os_thread *thread, struct thread_event *event)
{
	push(thread, change, event)->value = false;
	return os_thread_enter(thread);
}

static enum progress wait(struct os_thread *thread, struct frame *frame)
{
	struct event_locals *my = FRAME_LOCALS(frame, struct event_locals);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_lock_acquire(thread, &my->event->lock));
	AWAIT(frame, py_overhead(thread, py_cost(thread, COST_EVENT_OP)));
	if (!my->event->is_set) {
		AWAIT(frame, py_condition_wait(thread, &my->event->condition, my->deadline_ns));
		my->timed_out = py_current(thread)->timed_out;
	}
	AWAIT(frame, py_lock_release(thread, &my->event->lock));
	py_current(thread)->timed_out = my->timed_out;
	PROGRAM_END;
}

enum progress thread_event_wait(struct os_thread *thread, struct thread_event *event, sim_ns deadline_ns)
{
	push(thread, wait, event)->deadline_ns = deadline_ns;
	return os_thread_enter(thread);
}
