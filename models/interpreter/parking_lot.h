/*
 * parking_lot.h - where threads wait for PyMutex and its like since 3.13, in order of arrival.
 *
 * Source      Python/parking_lot.c @3.13: _PyParkingLot_Park(), _PyParkingLot_Unpark(), _PySemaphore_Wait().
 * Modelled    a thread queues while it still has the GIL, and then gives it up; the woken takes the GIL before it
 *             goes on; one whose time is up leaves the queue only when it has the GIL again, so until then it may
 *             still be unparked, and then has not timed out.
 * Left out    the table of buckets, whose locks are held for less than a microsecond.
 */
#ifndef MODELS_INTERPRETER_PARKING_LOT_H
#define MODELS_INTERPRETER_PARKING_LOT_H

#include "models/interpreter/py_thread.h"

/* One waiter. It lies in the frame of its thread's parking_lot_park(). */
struct parked {
	struct os_thread *thread;
	struct parked *next;
	sim_ns since_ns; /* as its thread says: when it began to wait */
	void **gift;	 /* where it wants what it is handed */
	bool unparked, blocked;
	uint8_t activity, previous_activity;
};

struct parking_lot {
	struct parked *first, *last;
};

/* For AWAIT. Waits until unparked or until `deadline_ns`; py_thread.timed_out tells which. `*gift` is what the
 * unparker handed over; it is left alone at a time-out. */
enum progress parking_lot_park(struct os_thread *thread, struct parking_lot *lot, sim_ns since_ns,
			       sim_ns deadline_ns, uint8_t activity, void **gift);
/* Unparks the first waiter, of which there must be one, and hands it `gift`. Returns what that costs the caller. */
sim_ns parking_lot_unpark(struct parking_lot *lot, struct os_thread *thread, void *gift);

#endif
