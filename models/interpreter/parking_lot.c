/*
 * parking_lot.c - see parking_lot.h.
 */
#include "models/interpreter/parking_lot.h"

struct park_locals {
	struct parked self;
	struct parking_lot *lot;
	sim_ns deadline_ns;
};

static void append(struct parking_lot *lot, struct parked *parked)
{
	if (lot->last)
		lot->last->next = parked;
	else
		lot->first = parked;
	lot->last = parked;
}

static void take_out(struct parking_lot *lot, struct parked *parked)
{
	struct parked **link = &lot->first;
	struct parked *previous = NULL;

	while (*link != parked) {
		previous = *link;
		link = &previous->next;
	}
	*link = parked->next;
	if (lot->last == parked)
		lot->last = previous;
	parked->next = NULL;
}

static enum progress park(struct os_thread *thread, struct frame *frame)
{
	struct park_locals *my = FRAME_LOCALS(frame, struct park_locals);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_release_gil(thread));
	if (!my->self.unparked) {
		os_thread_set_activity(thread, my->self.activity);
		my->self.blocked = true;
		AWAIT(frame, os_thread_block(thread, my->deadline_ns, thread->machine->timer_slack_ns));
		my->self.blocked = false;
		os_thread_set_activity(thread, my->self.previous_activity);
	}
	AWAIT(frame, py_take_gil(thread));
	if (!my->self.unparked)
		take_out(my->lot, &my->self);
	py_current(thread)->timed_out = !my->self.unparked;
	PROGRAM_END;
}

enum progress parking_lot_park(struct os_thread *thread, struct parking_lot *lot, sim_ns since_ns,
			       sim_ns deadline_ns, uint8_t activity, void **gift)
{
	struct park_locals *my = os_thread_push(thread, park);

	my->lot = lot;
	my->deadline_ns = deadline_ns;
	my->self = (struct parked){
		.thread = thread,
		.since_ns = since_ns,
		.gift = gift,
		.activity = activity,
		.previous_activity = thread->activity,
	};
	append(lot, &my->self);
	return os_thread_enter(thread);
}

sim_ns parking_lot_unpark(struct parking_lot *lot, struct os_thread *thread, void *gift)
{
	struct parked *parked = lot->first;

	take_out(lot, parked);
	*parked->gift = gift;
	parked->unparked = true;
	if (!parked->blocked || parked->thread->state != THREAD_BLOCKED)
		return 0; /* it has yet to block, or its time is up and it is on its way */
	return os_thread_wake(parked->thread, thread, false);
}
