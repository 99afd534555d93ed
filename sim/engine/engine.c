/*
 * engine.c - the clock and the loop.
 *
 * Merging needs no more than to know the time of the next event: an advance that ends before it cannot
 * be observed by anyone. What forbids merging (engine_stop(), engine_set_merging(false), the end
 * of the run) is folded into one bound, so that the test costs two comparisons; likewise what ends the loop. Who wants it
 * to stop from outside, and how many events it may execute, is looked at every so many steps; an advance that
 * would be one of them is refused, so that it becomes an event, before which the loop looks.
 */
#include "sim/engine/engine.h"

#include <assert.h>

static const volatile sig_atomic_t no_wish;

static void engine_update_limits(struct engine *engine)
{
	engine->last_ns = engine->stopped ? -1 : engine->until_ns;
	engine->advance_end_ns = engine->merging ? (uint64_t)engine->last_ns + 1 : 0;
}

struct engine *engine_new(struct region *region)
{
	struct engine *engine = region_alloc(region, sizeof(*engine));

	event_list_init(&engine->events, region);
	event_lanes_init(&engine->lanes, region);
	engine->until_ns = SIM_NS_MAX;
	engine->merging = true;
	engine->step_limit = UINT64_MAX;
	engine->heed_at = ENGINE_HEED_STEPS;
	engine->wish = &no_wish;
	engine_update_limits(engine);
	return engine;
}

uint64_t engine_event_count(const struct engine *engine)
{
	return engine->step_count - engine->advance_count;
}

uint64_t engine_advance_count(const struct engine *engine)
{
	return engine->advance_count;
}

uint64_t engine_pending_count(const struct engine *engine)
{
	return event_list_pending_count(&engine->events) + event_lanes_pending_count(&engine->lanes);
}

event_handle engine_schedule_at(struct engine *engine, sim_ns time_ns, event_fn *function, void *subject,
				uint64_t argument)
{
	assert(time_ns >= engine->now_ns);
	return event_list_add(&engine->events, time_ns, function, subject, argument);
}

event_handle engine_schedule_after(struct engine *engine, sim_ns delay_ns, event_fn *function, void *subject,
				   uint64_t argument)
{
	assert(delay_ns >= 0);
	return event_list_add(&engine->events, sim_time_add(engine->now_ns, delay_ns), function, subject, argument);
}

bool engine_cancel(struct engine *engine, event_handle handle)
{
	return event_list_cancel(&engine->events, handle);
}

event_handle engine_reschedule_at(struct engine *engine, event_handle handle, sim_ns time_ns)
{
	assert(time_ns >= engine->now_ns);
	return event_list_move(&engine->events, handle, time_ns);
}

bool engine_is_pending(const struct engine *engine, event_handle handle)
{
	return event_list_is_pending(&engine->events, handle);
}

/* Whether it shall stop although nobody has called engine_stop(). If not, there is no need to ask for some steps. */
static bool is_to_stop(struct engine *engine)
{
	uint64_t left = engine->step_limit - engine->step_count;

	if (wish_is_uttered(engine->wish) || engine_is_exhausted(engine))
		return true;
	engine->heed_at = engine->step_count + (left < ENGINE_HEED_STEPS ? left : ENGINE_HEED_STEPS);
	return false;
}

uint32_t engine_lane_new(struct engine *engine, event_fn *function, void *subject)
{
	assert(!engine->running);
	return event_lanes_add(&engine->lanes, function, subject);
}

/* Whether the next event is a lane's; false: it is ready to be taken from the list, or there is none. */
static bool is_in_lane_looking(struct engine *engine)
{
	sim_ns listed_ns;

	if (engine->lanes.first == EVENT_NEVER)
		return false;
	if (!event_list_peek(&engine->events, &listed_ns) || event_entry_time(engine->lanes.first) < listed_ns)
		return true;
	return event_list_ready(&engine->events, &listed_ns) && engine->lanes.first < engine->events.front[0];
}

static inline bool is_in_lane(struct engine *engine)
{
	/* No lane's time is later than any other, a time that is not known earlier. */
	return (uint64_t)event_entry_time(engine->lanes.first) < (uint64_t)engine->events.next_ns ||
	       is_in_lane_looking(engine);
}

/* Looks at the next event. False: there is none. */
static inline bool find_next(struct engine *engine, bool has_lanes, bool *in_lane, sim_ns *next_ns)
{
	*in_lane = has_lanes && is_in_lane(engine);
	if (!*in_lane)
		return event_list_ready(&engine->events, next_ns);
	*next_ns = event_entry_time(engine->lanes.first);
	return true;
}

static inline void execute_lane(struct engine *engine)
{
	const uint32_t lane = (uint32_t)(engine->lanes.first & EVENT_SLOT_MASK);
	const struct event_lane *due = &engine->lanes.lanes[lane];

	engine_lane_clear(engine, lane);
	due->function(engine, due->subject, 0);
}

static inline void execute_listed(struct engine *engine)
{
	const struct event_slot *due = event_list_take(&engine->events);

	due->function(engine, due->subject, due->argument);
}

/* Inline whatever its size, so that without lanes there is nothing of them in the loop. */
static inline __attribute__((always_inline)) bool run(struct engine *engine, bool has_lanes)
{
	sim_ns next_ns;
	bool in_lane;

	while (find_next(engine, has_lanes, &in_lane, &next_ns)) {
		if (engine->step_count >= engine->heed_at && is_to_stop(engine))
			engine_stop(engine);
		if (next_ns > engine->last_ns) {
			if (!engine->stopped)
				engine->now_ns = engine->until_ns;
			return true;
		}
		engine->now_ns = next_ns;
		engine->step_count++;
		if (in_lane)
			execute_lane(engine);
		else
			execute_listed(engine);
	}
	return engine->stopped;
}

bool engine_run(struct engine *engine, sim_ns until_ns)
{
	bool is_stopped;

	assert(!engine->running);
	assert(until_ns >= engine->now_ns);
	engine->running = true;
	engine->stopped = engine->round_count >= engine->step_limit;
	engine->until_ns = until_ns;
	engine_update_limits(engine);
	is_stopped = engine->lanes.count > 0 ? run(engine, true) : run(engine, false);
	engine->running = false;
	return is_stopped;
}

void engine_stop(struct engine *engine)
{
	engine->stopped = true;
	engine_update_limits(engine);
}

void engine_limit_events(struct engine *engine, uint64_t count)
{
	engine->step_limit = count;
	engine->heed_at = 0;
}

bool engine_is_exhausted(const struct engine *engine)
{
	return engine->step_count >= engine->step_limit || engine->round_count >= engine->step_limit;
}

bool engine_count_round(struct engine *engine)
{
	engine->round_count++;
	if (!wish_is_uttered(engine->wish) && engine->round_count < engine->step_limit)
		return true;
	engine_stop(engine);
	return false;
}

void engine_heed(struct engine *engine, const volatile sig_atomic_t *wish)
{
	engine->wish = wish;
	engine->heed_at = 0;
}

/* Not inline, so that who need not look keeps no registers for it. */
__attribute__((noinline)) bool engine_try_advance_looking(struct engine *engine, sim_ns delay_ns)
{
	sim_ns next_ns;

	if (event_list_peek(&engine->events, &next_ns) && next_ns <= engine->now_ns + delay_ns)
		return false;
	engine->now_ns += delay_ns;
	engine->step_count++;
	engine->advance_count++;
	return true;
}

void engine_set_merging(struct engine *engine, bool enabled)
{
	engine->merging = enabled;
	engine_update_limits(engine);
}
