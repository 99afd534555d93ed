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

#include "sim/base/wish.h"
#include "sim/engine/event_lanes.h"
#include "sim/engine/event_list.h"

/* Its fields are for engine.c, and for the two functions below that everybody calls all the time. */
struct engine {
	sim_ns now_ns;
	uint64_t advance_end_ns; /* merging may move the clock up to before this; 0: it must not */
	sim_ns last_ns;		 /* the loop executes events up to here; -1: stopped */
	uint64_t step_count; /* events and advances */
	uint64_t heed_at;    /* with so many it looks whether somebody wants it to stop */
	struct event_list events;
	struct event_lanes lanes;
	uint64_t advance_count, round_count;
	uint64_t step_limit; /* UINT64_MAX: none */
	sim_ns until_ns;
	const volatile sig_atomic_t *wish; /* to stop */
	bool merging, running, stopped;
};

/* Memory comes from `region`, which must outlive the engine and frees it. */
struct engine *engine_new(struct region *region);

static inline sim_ns engine_now(const struct engine *engine)
{
	return engine->now_ns;
}
/* Events executed so far, and events merged into a caller by engine_try_advance(). */
uint64_t engine_event_count(const struct engine *engine);
uint64_t engine_advance_count(const struct engine *engine);
uint64_t engine_pending_count(const struct engine *engine);

/* `time_ns` must not lie in the past. */
event_handle engine_schedule_at(struct engine *engine, sim_ns time_ns, event_fn *function, void *subject,
				uint64_t argument);
event_handle engine_schedule_after(struct engine *engine, sim_ns delay_ns, event_fn *function, void *subject,
				   uint64_t argument);
/* Forgets a pending event. False, and nothing happens, when the handle is stale or EVENT_NONE. */
bool engine_cancel(struct engine *engine, event_handle handle);
/* Moves a pending event to another time, as though cancelled and scheduled anew: it goes behind the
 * events already due at that instant. Returns its new handle; the old one is stale. */
event_handle engine_reschedule_at(struct engine *engine, event_handle handle, sim_ns time_ns);
bool engine_is_pending(const struct engine *engine, event_handle handle);

/* A lane: the place of one pending event, for those that are set and moved all the time. Lanes are made before the
 * engine runs; there should be no more than some hundred. */
uint32_t engine_lane_new(struct engine *engine, event_fn *function, void *subject);
static inline bool engine_lane_is_set(const struct engine *engine, uint32_t lane)
{
	return event_entry_time(event_lanes_entry(&engine->lanes, lane)) != event_entry_time(EVENT_NEVER);
}
/* Set: when its event comes. */
static inline sim_ns engine_lane_time(const struct engine *engine, uint32_t lane)
{
	return event_entry_time(event_lanes_entry(&engine->lanes, lane));
}
/* The place in the order of what comes at one instant that an event would get that was scheduled now. */
static inline event_handle engine_number(struct engine *engine)
{
	return event_list_number(&engine->events);
}
/* Its event comes then, at the place that was taken by engine_number(); set before, that is forgotten. */
static inline void engine_lane_set_numbered(struct engine *engine, uint32_t lane, sim_ns time_ns, event_handle number)
{
	assert(time_ns >= engine->now_ns);
	event_lanes_put(&engine->lanes, lane, (event_entry)time_ns << 64 | number | lane);
}
/* The same, behind all that are due at that instant already. */
static inline void engine_lane_set(struct engine *engine, uint32_t lane, sim_ns time_ns)
{
	engine_lane_set_numbered(engine, lane, time_ns, engine_number(engine));
}
static inline void engine_lane_clear(struct engine *engine, uint32_t lane)
{
	event_lanes_put(&engine->lanes, lane, EVENT_NEVER);
}

/* Executes events in order until none is left, engine_stop() is called, or the next one lies beyond
 * `until_ns` (then the clock is set to until_ns). Returns true when stopped by one of the latter two. */
bool engine_run(struct engine *engine, sim_ns until_ns);
void engine_stop(struct engine *engine);
/* From now on the engine stops, as by engine_stop(), ENGINE_HEED_STEPS events at the latest after `*wish` is not 0: the
 * wish of somebody outside the simulation, a signal handler say. */
#define ENGINE_HEED_STEPS 256
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
bool engine_try_advance_looking(struct engine *engine, sim_ns delay_ns); /* it has to look for the next event */
static inline bool engine_try_advance(struct engine *engine, sim_ns delay_ns)
{
	const uint64_t end_ns = (uint64_t)engine->now_ns + (uint64_t)delay_ns;

	assert(delay_ns >= 0);
	if (end_ns >= engine->advance_end_ns || engine->step_count >= engine->heed_at ||
	    (uint64_t)event_entry_time(engine->lanes.first) <= end_ns)
		return false;
	/* A time that is not known is before any other. */
	if ((uint64_t)engine->events.next_ns <= end_ns)
		return engine->events.next_ns == TIME_UNKNOWN && engine_try_advance_looking(engine, delay_ns);
	engine->now_ns = (sim_ns)end_ns;
	engine->step_count++;
	engine->advance_count++;
	return true;
}
void engine_set_merging(struct engine *engine, bool enabled);

#endif
