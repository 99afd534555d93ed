/*
 * test_engine.c - what engine.h promises: order, handles, merging, no allocation; and the event list
 * against a list that is searched from end to end.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/random.h"
#include "sim/engine/engine.h"
#include "sim/engine/event_list.h"

static struct region region;
static struct engine *engine;

static void set_up(void)
{
	region_init(&region);
	engine = engine_new(&region);
}

static void tear_down(void)
{
	region_release(&region);
}

TestSuite(engine, .init = set_up, .fini = tear_down);

/* What ran, and when. */
static struct {
	uint64_t argument;
	sim_ns time_ns;
} journal[4096];
static size_t journal_count;

static void note(struct engine *caller, void *subject, uint64_t argument)
{
	(void)subject;
	journal[journal_count % 4096].argument = argument;
	journal[journal_count++ % 4096].time_ns = engine_now(caller);
}

Test(engine, events_run_in_order_of_time_and_ties_in_order_of_scheduling)
{
	const sim_ns due_ns[] = { 2385, 711, 711, 2385, 711, 2385, 711, 0, SIM_NS_MAX, 13, SIM_NS_MAX, 0 };
	const uint64_t order[] = { 7, 11, 9, 1, 2, 4, 6, 0, 3, 5, 8, 10 };
	const size_t count = sizeof(due_ns) / sizeof(due_ns[0]);

	for (uint64_t i = 0; i < count; i++)
		engine_schedule_at(engine, due_ns[i], note, NULL, i);
	cr_expect(not(engine_run(engine, SIM_NS_MAX)));
	cr_assert(eq(sz, journal_count, count));
	for (size_t i = 0; i < count; i++) {
		cr_expect(eq(u64, journal[i].argument, order[i]), "event %zu to leave", i);
		cr_expect(eq(i64, journal[i].time_ns, due_ns[order[i]]));
	}
	cr_expect(eq(u64, engine_event_count(engine), count));
	cr_expect(eq(u64, engine_pending_count(engine), 0));
}

Test(engine, thousands_of_ties_leave_in_order_of_scheduling)
{
	/* More than the front of the list holds, at two times in turn. */
	for (uint64_t i = 0; i < 4000; i++)
		engine_schedule_at(engine, i % 2 ? 711 : 2385, note, NULL, i);
	engine_run(engine, SIM_NS_MAX);
	cr_assert(eq(sz, journal_count, 4000));
	for (size_t i = 0; i < 4000; i++)
		cr_assert(eq(u64, journal[i].argument, i < 2000 ? 2 * i + 1 : 2 * (i - 2000)));
}

static void note_and_schedule_now(struct engine *caller, void *subject, uint64_t argument)
{
	note(caller, subject, argument);
	engine_schedule_after(caller, 0, note, NULL, argument + 100);
}

Test(engine, an_event_scheduled_for_now_runs_after_those_already_due)
{
	engine_schedule_at(engine, 711, note_and_schedule_now, NULL, 1);
	engine_schedule_at(engine, 711, note, NULL, 2);
	engine_schedule_at(engine, 712, note, NULL, 3);
	engine_run(engine, SIM_NS_MAX);
	cr_assert(eq(sz, journal_count, 4));
	cr_expect(eq(u64, journal[1].argument, 2));
	cr_expect(eq(u64, journal[2].argument, 101));
	cr_expect(eq(i64, journal[2].time_ns, 711));
}

Test(engine, a_cancelled_event_does_not_run_and_its_handle_is_stale)
{
	event_handle a = engine_schedule_at(engine, 711, note, NULL, 1);
	event_handle b = engine_schedule_at(engine, 713, note, NULL, 2);
	event_handle reused;

	cr_expect(engine_is_pending(engine, a));
	cr_expect(engine_cancel(engine, a));
	cr_expect(not(engine_is_pending(engine, a)));
	cr_expect(not(engine_cancel(engine, a)));
	cr_expect(not(engine_cancel(engine, EVENT_NONE)));
	cr_expect(not(engine_is_pending(engine, EVENT_NONE)));
	/* Its place is used again, under another name. */
	reused = engine_schedule_at(engine, 719, note, NULL, 3);
	cr_expect(ne(u64, reused, a));
	cr_expect(not(engine_cancel(engine, a)));
	cr_expect(eq(u64, engine_pending_count(engine), 2));
	engine_run(engine, SIM_NS_MAX);
	cr_assert(eq(sz, journal_count, 2));
	cr_expect(eq(u64, journal[0].argument, 2));
	cr_expect(eq(u64, journal[1].argument, 3));
	cr_expect(not(engine_cancel(engine, b)), "it has run");
}

static event_handle own_handle;

static void note_lane(struct engine *caller, void *subject, uint64_t argument)
{
	note(caller, NULL, *(const uint64_t *)subject + argument);
}

Test(engine, lanes_and_events_come_in_one_order)
{
	static uint64_t names[] = { 100, 101, 102 };
	uint32_t lanes[3];

	for (size_t i = 0; i < 3; i++)
		lanes[i] = engine_lane_new(engine, note_lane, &names[i]);
	cr_expect(not(engine_lane_is_set(engine, lanes[0])));
	engine_lane_set(engine, lanes[0], 711);
	engine_schedule_at(engine, 711, note, NULL, 1);
	engine_lane_set(engine, lanes[2], 13);
	engine_lane_set(engine, lanes[1], 711);
	engine_schedule_at(engine, 711, note, NULL, 2);
	engine_lane_set(engine, lanes[0], 711); /* behind all of them now */
	cr_expect(eq(i64, engine_lane_time(engine, lanes[0]), 711));
	cr_expect(eq(u64, engine_pending_count(engine), 5));
	engine_lane_clear(engine, lanes[2]);
	engine_schedule_at(engine, 711, note, NULL, 3);
	engine_run(engine, SIM_NS_MAX);
	cr_assert(eq(sz, journal_count, 5));
	cr_expect(eq(u64, journal[0].argument, 1));
	cr_expect(eq(u64, journal[1].argument, 101));
	cr_expect(eq(u64, journal[2].argument, 2));
	cr_expect(eq(u64, journal[3].argument, 100));
	cr_expect(eq(u64, journal[4].argument, 3));
	cr_expect(eq(u64, engine_event_count(engine), 5));
	cr_expect(eq(u64, engine_pending_count(engine), 0));
}

static void advance_and_note(struct engine *caller, void *subject, uint64_t argument)
{
	bool *advanced = subject;

	*advanced = engine_try_advance(caller, (sim_ns)argument);
}

Test(engine, an_advance_ends_before_the_first_lane)
{
	static uint64_t name;
	const uint32_t lane = engine_lane_new(engine, note_lane, &name);
	bool advanced[2];

	engine_lane_set(engine, lane, 711);
	engine_schedule_at(engine, 700, advance_and_note, &advanced[0], 11);
	engine_schedule_at(engine, 700, advance_and_note, &advanced[1], 10);
	engine_run(engine, SIM_NS_MAX);
	cr_expect(not(advanced[0]));
	cr_expect(advanced[1]);
}

/* The same moves with lanes as with handles: what comes, and when, is the same. */
#define LANE_COUNT 19
struct lane_moves {
	uint64_t names[LANE_COUNT];
	uint32_t lanes[LANE_COUNT];
	event_handle handles[LANE_COUNT];
	bool by_lanes;
};

static void move_lanes(struct engine *caller, void *subject, uint64_t step)
{
	struct lane_moves *moves = subject;

	note(caller, NULL, 1000 + step);
	for (uint64_t draw = 0; draw < 3; draw++) {
		struct variate variate = variate_open(711, draw, 0, 0, step);
		const size_t which = variate_next(&variate) % LANE_COUNT;
		const sim_ns time_ns = engine_now(caller) + (sim_ns)(variate_next(&variate) % 7);
		const bool clears = variate_next(&variate) % 3 == 0;

		if (moves->by_lanes && clears)
			engine_lane_clear(caller, moves->lanes[which]);
		else if (moves->by_lanes)
			engine_lane_set(caller, moves->lanes[which], time_ns);
		else if (clears || engine_is_pending(caller, moves->handles[which]))
			engine_cancel(caller, moves->handles[which]);
		if (!moves->by_lanes && !clears)
			moves->handles[which] = engine_schedule_at(caller, time_ns, note, NULL, which);
	}
	if (step > 0)
		engine_schedule_after(caller, (sim_ns)(step % 3), move_lanes, moves, step - 1);
}

Test(engine, lanes_do_what_cancelled_and_scheduled_events_do)
{
	static struct lane_moves moves;
	uint64_t noted[2][4096];
	sim_ns noted_ns[2][4096];
	size_t counts[2];

	for (int by_lanes = 0; by_lanes < 2; by_lanes++) {
		struct engine *other = engine_new(&region);

		journal_count = 0;
		moves.by_lanes = by_lanes != 0;
		for (uint64_t i = 0; i < LANE_COUNT; i++) {
			moves.names[i] = i;
			moves.lanes[i] = engine_lane_new(other, note_lane, &moves.names[i]);
		}
		engine_schedule_at(other, 0, move_lanes, &moves, 1000);
		engine_run(other, SIM_NS_MAX);
		counts[by_lanes] = journal_count;
		for (size_t i = 0; i < journal_count; i++) {
			noted[by_lanes][i] = journal[i].argument;
			noted_ns[by_lanes][i] = journal[i].time_ns;
		}
	}
	cr_assert(gt(sz, counts[0], 1500));
	cr_assert(eq(sz, counts[0], counts[1]));
	for (size_t i = 0; i < counts[0]; i++) {
		cr_assert(eq(u64, noted[0][i], noted[1][i]), "event %zu", i);
		cr_assert(eq(i64, noted_ns[0][i], noted_ns[1][i]), "event %zu", i);
	}
}

static void note_whether_pending(struct engine *caller, void *subject, uint64_t argument)
{
	(void)subject;
	note(caller, NULL, argument + engine_is_pending(caller, own_handle));
}

Test(engine, an_event_is_not_pending_while_it_runs)
{
	own_handle = engine_schedule_at(engine, 711, note_whether_pending, NULL, 40);
	engine_run(engine, SIM_NS_MAX);
	cr_expect(eq(u64, journal[0].argument, 40));
}

Test(engine, a_moved_event_goes_behind_those_already_due_there)
{
	event_handle moved = engine_schedule_at(engine, 13, note, NULL, 1);
	event_handle handle;

	engine_schedule_at(engine, 711, note, NULL, 2);
	handle = engine_reschedule_at(engine, moved, 711);
	cr_expect(not(engine_is_pending(engine, moved)));
	cr_expect(engine_is_pending(engine, handle));
	engine_schedule_at(engine, 711, note, NULL, 3);
	engine_run(engine, SIM_NS_MAX);
	cr_assert(eq(sz, journal_count, 3));
	cr_expect(eq(u64, journal[0].argument, 2));
	cr_expect(eq(u64, journal[1].argument, 1));
	cr_expect(eq(u64, journal[2].argument, 3));
}

static void stop(struct engine *caller, void *subject, uint64_t argument)
{
	note(caller, subject, argument);
	engine_stop(caller);
}

Test(engine, a_run_ends_at_its_limit_or_when_stopped_and_can_go_on)
{
	engine_schedule_at(engine, 711, note, NULL, 1);
	engine_schedule_at(engine, 1000, stop, NULL, 2);
	engine_schedule_at(engine, 2385, note, NULL, 3);
	cr_expect(engine_run(engine, 710));
	cr_expect(eq(i64, engine_now(engine), 710));
	cr_expect(eq(sz, journal_count, 0));
	cr_expect(engine_run(engine, 711));
	cr_expect(eq(sz, journal_count, 1));
	cr_expect(engine_run(engine, SIM_NS_MAX));
	cr_expect(eq(i64, engine_now(engine), 1000));
	/* Nothing beyond the next event is due; what is scheduled before it still comes first. */
	engine_schedule_at(engine, 1300, note, NULL, 4);
	cr_expect(not(engine_run(engine, SIM_NS_MAX)));
	cr_expect(eq(i64, engine_now(engine), 2385));
	cr_assert(eq(sz, journal_count, 4));
	cr_expect(eq(u64, journal[2].argument, 4));
}

Test(engine, scheduling_in_the_past_stops_the_program, .signal = SIGABRT)
{
	freopen("/dev/null", "w", stderr);
	engine_schedule_at(engine, 2385, note, NULL, 1);
	engine_run(engine, 711);
	engine_schedule_at(engine, 710, note, NULL, 2);
}

Test(engine, a_delay_that_does_not_fit_stops_the_program, .signal = SIGABRT)
{
	freopen("/dev/null", "w", stderr);
	engine_run(engine, 5);
	engine_schedule_at(engine, 7, note, NULL, 1);
	engine_run(engine, 6);
	engine_schedule_after(engine, SIM_NS_MAX - 5, note, NULL, 2);
}

/* --- merging -------------------------------------------------------------------------------- */

Test(engine, an_advance_succeeds_only_before_the_next_event)
{
	engine_schedule_at(engine, 711, note, NULL, 1);
	cr_expect(not(engine_try_advance(engine, 711)), "a tie: the event was there first");
	cr_expect(not(engine_try_advance(engine, 2385)));
	cr_expect(eq(i64, engine_now(engine), 0));
	cr_expect(engine_try_advance(engine, 710));
	cr_expect(eq(i64, engine_now(engine), 710));
	cr_expect(engine_try_advance(engine, 0));
	cr_expect(not(engine_try_advance(engine, 1)));
	cr_expect(eq(u64, engine_advance_count(engine), 2));
	cr_expect(eq(u64, engine_event_count(engine), 0));
}

Test(engine, a_cancelled_event_is_not_in_the_way_of_an_advance)
{
	event_handle first = engine_schedule_at(engine, 711, note, NULL, 1);
	event_handle second = engine_schedule_at(engine, 800, note, NULL, 2);

	engine_schedule_at(engine, 2385, note, NULL, 3);
	engine_cancel(engine, second);
	engine_cancel(engine, first);
	cr_expect(engine_try_advance(engine, 2384));
	cr_expect(not(engine_try_advance(engine, 1)));
}

static void try_beyond(struct engine *caller, void *subject, uint64_t argument)
{
	(void)subject;
	note(caller, NULL, engine_try_advance(caller, (sim_ns)argument));
}

Test(engine, an_advance_stays_within_the_run)
{
	engine_schedule_at(engine, 100, try_beyond, NULL, 612);
	cr_expect(not(engine_run(engine, 711)));
	cr_expect(eq(u64, journal[0].argument, 0));
	engine_schedule_at(engine, 200, try_beyond, NULL, 511);
	cr_expect(not(engine_run(engine, 711)));
	cr_expect(eq(u64, journal[1].argument, 1));
	cr_expect(eq(i64, engine_now(engine), 711));
}

static void stop_then_try(struct engine *caller, void *subject, uint64_t argument)
{
	engine_stop(caller);
	try_beyond(caller, subject, argument);
}

Test(engine, a_stopped_or_unmerged_engine_does_not_advance)
{
	engine_schedule_at(engine, 100, stop_then_try, NULL, 5);
	engine_run(engine, SIM_NS_MAX);
	cr_expect(eq(u64, journal[0].argument, 0));
	engine_set_merging(engine, false);
	engine_schedule_at(engine, 200, try_beyond, NULL, 5);
	engine_run(engine, SIM_NS_MAX);
	cr_expect(eq(u64, journal[1].argument, 0));
	cr_expect(not(engine_try_advance(engine, 0)));
	engine_set_merging(engine, true);
	cr_expect(engine_try_advance(engine, 0));
}

Test(engine, an_advance_to_the_end_of_time_fits_and_none_beyond)
{
	cr_expect(engine_try_advance(engine, SIM_NS_MAX));
	cr_expect(not(engine_try_advance(engine, 1)));
	cr_expect(engine_try_advance(engine, 0));
	engine_schedule_after(engine, 0, note, NULL, 1);
	cr_expect(not(engine_try_advance(engine, 0)));
}

/* A walker takes steps of random length; merged ones go on inline. All write to one journal. */
struct walker {
	uint64_t name, step_count;
	event_handle timer;
	uint64_t digest; /* of all that the walkers did, in order */
};

static struct walker walkers[7];
static uint64_t walk_digest;

static void timer_expired(struct engine *caller, void *subject, uint64_t argument)
{
	struct walker *walker = subject;

	walk_digest = random_hash_path(walk_digest, (uint64_t)engine_now(caller) * 31 + walker->name + argument);
	walker->timer = EVENT_NONE;
}

static void walk(struct engine *caller, void *subject, uint64_t argument)
{
	struct walker *walker = subject;

	(void)argument;
	for (;;) {
		struct variate variate = variate_open(1, 0, 0, walker->name, walker->step_count);
		sim_ns delay_ns = (sim_ns)(variate_next(&variate) % 97);

		walk_digest = random_hash_path(walk_digest, (uint64_t)engine_now(caller) * 31 + walker->name);
		if (walker->step_count++ == 20000)
			return;
		/* Timers come and go, so that there are dead ones about. */
		if (walker->step_count % 3 == 0) {
			engine_cancel(caller, walker->timer);
			walker->timer = engine_schedule_after(caller, (sim_ns)(variate_next(&variate) % 311),
							      timer_expired, walker, 5);
		}
		if (!engine_try_advance(caller, delay_ns)) {
			engine_schedule_after(caller, delay_ns, walk, walker, 0);
			return;
		}
	}
}

static uint64_t walk_all(bool merging, uint64_t *event_count)
{
	struct engine *own = engine_new(&region);

	walk_digest = 0;
	engine_set_merging(own, merging);
	memset(walkers, 0, sizeof(walkers));
	for (uint64_t i = 0; i < 7; i++) {
		walkers[i].name = i;
		engine_schedule_at(own, (sim_ns)i * 1000, walk, &walkers[i], 0);
	}
	engine_run(own, SIM_NS_MAX);
	*event_count = engine_event_count(own);
	cr_expect(eq(u64, engine_advance_count(own) > 0, merging));
	return random_hash_path(walk_digest, engine_event_count(own) + engine_advance_count(own));
}

Test(engine, merged_and_unmerged_runs_do_the_same_in_the_same_order)
{
	uint64_t merged_count, unmerged_count;

	cr_expect(eq(u64, walk_all(true, &merged_count), walk_all(false, &unmerged_count)));
	cr_expect(lt(u64, merged_count, unmerged_count));
}

/* --- memory --------------------------------------------------------------------------------- */

/* Holds the number of pending events: one leaves, one comes, sometimes one is cancelled and replaced
 * or moved. */
struct crowd {
	event_handle handles[5000];
	uint64_t draw_count, left_count;
};

static sim_ns crowd_delay(struct crowd *crowd)
{
	struct variate variate = variate_open(3, 0, 0, 0, crowd->draw_count++);
	uint64_t draw = variate_next(&variate);

	/* From nanoseconds to minutes. */
	return (sim_ns)(draw >> (28 + draw % 35));
}

static void crowd_member_due(struct engine *caller, void *subject, uint64_t member)
{
	struct crowd *crowd = subject;
	uint64_t other = crowd->draw_count * 37 % 5000;

	if (--crowd->left_count == 0)
		engine_stop(caller);
	crowd->handles[member] = engine_schedule_after(caller, crowd_delay(crowd), crowd_member_due, crowd, member);
	if (crowd->left_count % 3 == 0) {
		cr_assert(engine_cancel(caller, crowd->handles[other]));
		crowd->handles[other] =
			engine_schedule_after(caller, crowd_delay(crowd), crowd_member_due, crowd, other);
	}
	if (crowd->left_count % 5 == 0)
		crowd->handles[other] = engine_reschedule_at(caller, crowd->handles[other],
							     sim_time_add(engine_now(caller), crowd_delay(crowd)));
}

Test(engine, nothing_is_allocated_once_the_peak_has_been_reached)
{
	static struct crowd crowd;
	size_t size_bytes;

	for (uint64_t member = 0; member < 5000; member++)
		crowd.handles[member] =
			engine_schedule_after(engine, crowd_delay(&crowd), crowd_member_due, &crowd, member);
	size_bytes = region.size_bytes;
	crowd.left_count = 300000;
	/* An allocation would print "out of memory" and end the test. */
	region_fail_after(0);
	cr_expect(engine_run(engine, SIM_NS_MAX));
	region_fail_after(UINT64_MAX);
	cr_expect(eq(sz, region.size_bytes, size_bytes));
	cr_expect(eq(u64, engine_pending_count(engine), 5000));
}

Test(engine, cancelled_timers_do_not_pile_up)
{
	/* A timeout an hour ahead is set and cancelled for each of many short steps. */
	size_t size_bytes = 0;

	for (int i = 0; i < 200000; i++) {
		event_handle timer = engine_schedule_after(engine, 3600 * SIM_S, note, NULL, 1);

		engine_schedule_after(engine, 711, note, NULL, 2);
		engine_run(engine, sim_time_add(engine_now(engine), 711));
		cr_assert(engine_cancel(engine, timer));
		if (i == 100)
			size_bytes = region.size_bytes;
	}
	cr_expect(eq(sz, region.size_bytes, size_bytes));
	cr_expect(eq(u64, engine_event_count(engine), 200000));
}

/* --- the event list against a plain one ----------------------------------------------------- */

struct model_event {
	sim_ns time_ns;
	uint64_t order, name;
	event_handle handle;
};

/* All pending events, in no order. */
static struct model_event model[3000];
static size_t model_count;

/* The first one, of which there must be one. */
static size_t model_first(void)
{
	size_t first = model_count;

	for (size_t i = 0; i < model_count; i++) {
		if (first == model_count || model[i].time_ns < model[first].time_ns ||
		    (model[i].time_ns == model[first].time_ns && model[i].order < model[first].order))
			first = i;
	}
	return first;
}

static void check_handle(const struct event_list *list, const struct model_event *event)
{
	cr_assert(event_list_is_pending(list, event->handle));
}

/* How far ahead events are scheduled; each is hard in its own way. */
enum spread { TIES, NEAR, WIDE, BURSTS, FAR_THEN_NEAR, SPREAD_COUNT };

static sim_ns model_time(enum spread spread, sim_ns now_ns, uint64_t draw, uint64_t step)
{
	switch (spread) {
	case TIES: /* few different times */
		return now_ns + (sim_ns)(draw % 5 == 0 ? 711 - now_ns % 711 : 0);
	case NEAR: /* about as dense as can be */
		return now_ns + (sim_ns)(draw % 311);
	case WIDE: /* all magnitudes, up to the end of time */
		return now_ns + (sim_ns)((draw >> 1) % ((uint64_t)(SIM_NS_MAX - now_ns) >> draw % 59 >> 4 | 1));
	case BURSTS: /* many at one of few times far apart */
		return (now_ns / 1000003 + 1 + (sim_ns)(draw % 7)) * 1000003;
	default: /* long timers first, then all happens before the first of them */
		return now_ns + (sim_ns)(step < 20000 ? 3600000000000 + draw % 3600000000000 : draw % 2385);
	}
}

static void check_against_model(enum spread spread, size_t size, uint64_t step_count)
{
	struct region own;
	struct event_list list;
	sim_ns now_ns = 0, next_ns;
	uint64_t order = 0;

	region_init(&own);
	event_list_init(&list, &own);
	model_count = 0;
	for (uint64_t step = 0; step < step_count; step++) {
		struct variate variate = variate_open(4711, size, spread, 0, step);
		uint64_t what = variate_next(&variate) % 100;
		sim_ns time_ns = model_time(spread, now_ns, variate_next(&variate), step);
		size_t which = model_count > 0 ? variate_next(&variate) % model_count : 0;
		/* Grows to `size`, then stays about there, and runs down now and then. */
		uint64_t add_percent = model_count < size && step / 5000 % 4 != 3 ? 60 : 20;

		if (model_count == 0 || (what < add_percent && model_count < 3000)) {
			model[model_count].time_ns = time_ns;
			model[model_count].order = order++;
			model[model_count].name = step;
			model[model_count].handle = event_list_add(&list, time_ns, note, NULL, step);
			model_count++;
		} else if (what < 70) {
			size_t first = model_first();
			const struct event_slot *slot;

			cr_assert(event_list_ready(&list, &next_ns));
			cr_assert(eq(i64, next_ns, model[first].time_ns), "step %lu", (unsigned long)step);
			slot = event_list_take(&list);
			cr_assert(eq(u64, slot->argument, model[first].name), "step %lu", (unsigned long)step);
			now_ns = next_ns;
			model[first] = model[--model_count];
		} else if (what < 80) {
			event_handle handle = model[which].handle;

			check_handle(&list, &model[which]);
			cr_assert(event_list_cancel(&list, handle));
			cr_assert(not(event_list_cancel(&list, handle)));
			model[which] = model[--model_count];
		} else {
			model[which].time_ns = time_ns;
			model[which].order = order++;
			model[which].handle = event_list_move(&list, model[which].handle, time_ns);
			check_handle(&list, &model[which]);
		}
		/* Looking must be right at all times and change nothing. */
		if (what % 2 == 0) {
			bool any = event_list_peek(&list, &next_ns);

			cr_assert(eq(int, any, model_count > 0));
			if (any)
				cr_assert(eq(i64, next_ns, model[model_first()].time_ns), "step %lu",
					  (unsigned long)step);
		}
		cr_assert(eq(u64, event_list_pending_count(&list), model_count));
	}
	/* And out with the rest. */
	while (model_count > 0) {
		size_t first = model_first();

		cr_assert(event_list_ready(&list, &next_ns));
		cr_assert(eq(u64, event_list_take(&list)->argument, model[first].name));
		model[first] = model[--model_count];
	}
	cr_assert(not(event_list_ready(&list, &next_ns)));
	region_release(&own);
}

Test(event_list, agrees_with_a_plain_list_while_small)
{
	for (int spread = 0; spread < SPREAD_COUNT; spread++)
		check_against_model((enum spread)spread, 3, 100000);
	for (int spread = 0; spread < SPREAD_COUNT; spread++)
		check_against_model((enum spread)spread, 73, 100000);
}

Test(event_list, agrees_with_a_plain_list_while_large)
{
	for (int spread = 0; spread < SPREAD_COUNT; spread++)
		check_against_model((enum spread)spread, 711, 60000);
	for (int spread = 0; spread < SPREAD_COUNT; spread++)
		check_against_model((enum spread)spread, 2385, 60000);
}

Test(event_list, the_last_sequence_number_is_told, .signal = SIGABRT)
{
	struct event_list list;

	region_init(&region);
	event_list_init(&list, &region);
	list.newest = (((uint64_t)1 << EVENT_SEQUENCE_BITS) - 2) << EVENT_SLOT_BITS;
	cr_assert(ne(u64, event_list_add(&list, 711, note, NULL, 1), EVENT_NONE));
	freopen("/dev/null", "w", stderr);
	event_list_add(&list, 711, note, NULL, 2);
}

static volatile sig_atomic_t wish;

static void wish_to_stop(struct engine *which, void *subject, uint64_t argument)
{
	(void)subject;
	wish |= argument == 1000;
	if (!engine_try_advance(which, 10))
		engine_schedule_after(which, 10, wish_to_stop, NULL, argument + 1);
	else
		wish_to_stop(which, NULL, argument + 1);
}

/* Whoever wishes so from outside ends a run that would never end, and nothing is merged any more. */
Test(engine, heeds_a_wish_to_stop)
{
	wish = 0;
	engine_heed(engine, &wish);
	engine_schedule_at(engine, 10, wish_to_stop, NULL, 1);
	cr_expect(engine_run(engine, SIM_NS_MAX));
	cr_expect(ge(i64, engine_now(engine), 10 * 1000));
	cr_expect(le(i64, engine_now(engine), 10 * (1000 + ENGINE_HEED_STEPS)));
	cr_expect(not(engine_try_advance(engine, 1)));
}

/* Among merged steps as among events, with an interval or without. */
Test(engine, a_limit_of_steps_is_exact)
{
	for (uint64_t limit = 1; limit < 3 * ENGINE_HEED_STEPS; limit += 85) {
		struct region own;
		struct engine *limited;

		wish = 0;
		region_init(&own);
		limited = engine_new(&own);
		engine_limit_events(limited, limit);
		engine_schedule_at(limited, 10, wish_to_stop, NULL, 2000);
		cr_expect(engine_run(limited, SIM_NS_MAX));
		cr_expect(engine_is_exhausted(limited));
		cr_expect(eq(u64, engine_event_count(limited) + engine_advance_count(limited), limit));
		cr_expect(eq(i64, engine_now(limited), 10 * (sim_ns)limit));
		region_release(&own);
	}
}
