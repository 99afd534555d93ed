/*
 * engine.h - the clock, and the loop that executes the next event.
 *
 * An event is a function called at its time with a subject and one argument. Events due at the
 * same instant run in the order in which they were scheduled. Scheduling, cancelling and
 * re-scheduling take O(log n) or better and allocate nothing once the peak number of pending
 * events has been reached.
 */
#ifndef SIM_ENGINE_ENGINE_H
#define SIM_ENGINE_ENGINE_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "sim/base/region.h"
#include "sim/base/sim_time.h"

struct engine;

typedef void event_fn(struct engine *engine, void *subject, uint64_t argument);

/* Names one scheduled event for as long as it is pending; 0 names none. A handle of an event that
 * has run or was cancelled is recognised as stale, until 2^40 further events have been scheduled. */
typedef uint64_t event_handle;
#define EVENT_NONE ((event_handle)0)

/* Memory comes from `region`, which must outlive the engine and frees it. */
struct engine *engine_new(struct region *region);

sim_ns engine_now(const struct engine *engine);
/* Events executed so far, and events merged into a caller by engine_try_advance(). */
uint64_t engine_event_count(const struct engine *engine);
uint64_t engine_advance_count(const struct engine *engine);
uint64_t engine_pending_count(const struct engine *engine);

/* `time_ns` must not lie in the past. */
event_handle engine_schedule_at(struct engine *engine, sim_ns time_ns, event_fn *function, void *subject,
				uint64_t argument);
event_handle engine_schedule_after(struct engine *engine, sim_ns delay_ns, event_fn *function, void *subject,
				   uint64_t argument);
/* Forgets a pending or parked event. False, and nothing happens, when the handle is stale or EVENT_NONE. */
bool engine_cancel(struct engine *engine, event_handle handle);
/* Moves a pending or parked event to another time, as though cancelled and scheduled anew: it goes behind the
 * events already due at that instant. Returns its new handle; the old one is stale. Cheapest when that is later. */
event_handle engine_reschedule_at(struct engine *engine, event_handle handle, sim_ns time_ns);
/* Switches a pending event off, as though cancelled, but keeps it for engine_reschedule_at(): for time-outs that are
 * set again and again. Returns its new handle; the old one is stale. A parked event may be parked again or cancelled. */
event_handle engine_park(struct engine *engine, event_handle handle);
bool engine_is_pending(const struct engine *engine, event_handle handle);
/* The time of a pending event. */
sim_ns engine_event_time(const struct engine *engine, event_handle handle);

/* Executes events in order until none is left, engine_stop() is called, or the next one lies beyond
 * `until_ns` (then the clock is set to until_ns). Returns true when stopped by one of the latter two. */
bool engine_run(struct engine *engine, sim_ns until_ns);
void engine_stop(struct engine *engine);
/* From now on the engine stops, as by engine_stop(), before the first event at which `*wish` is not 0: the wish of
 * somebody outside the simulation, a signal handler say. */
void engine_heed(struct engine *engine, const volatile sig_atomic_t *wish);
/* Likewise once so many events have been executed or merged, or so many rounds counted; there is no limit at first. */
void engine_limit_events(struct engine *engine, uint64_t count);
bool engine_is_exhausted(const struct engine *engine);
/* For loops of a program, which may take no simulated time and so come by no event: counts one round. False when the
 * engine has been stopped: the program must then wait for something, which never comes. */
bool engine_count_round(struct engine *engine);

/*
 * Merging. If no event is pending at or before now + delay_ns (and that is not beyond the run's
 * until_ns), moves the clock there and returns true: the caller goes on inline, exactly as though it had
 * scheduled itself and been the next event. Otherwise nothing happens and it returns false: the
 * caller schedules an event. engine_set_merging(false) makes it refuse always, so that a test can
 * compare the two.
 */
bool engine_try_advance(struct engine *engine, sim_ns delay_ns);
void engine_set_merging(struct engine *engine, bool enabled);

#endif
