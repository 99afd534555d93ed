/*
 * background.c - see background.h.
 *
 * They never end, so there is always something to happen. That the program itself can do nothing any more, which is
 * a deadlock, is seen by them: when all that is still to come are the ticks of the cores and their own computing.
 */
#include "models/simulate/background.h"

/* So often they look. */
#define STRETCH_NS (100 * SIM_MS)

struct background {
	struct os_thread **threads;
	int count;
	sim_ns time_in_ns[ACTIVITY_LIMIT];
};

static bool is_one_of_them(const struct os_thread *thread)
{
	return thread->owner == NULL;
}

/* Whether any event is the program's: one that is not about these threads and the cores that they run on. */
static bool program_can_go_on(const struct simulation *simulation)
{
	const struct machine_model *machine = simulation->machine;
	const struct engine *engine = simulation->engine;
	uint64_t own_count = engine_is_pending(engine, machine->bandwidth.refill);

	for (int i = 0; i < machine->core_count; i++) {
		const struct core *core = &machine->cores[i];

		if (core->current && !is_one_of_them(core->current))
			return true;
		for (size_t k = 0; k < core->queue_count; k++)
			if (core->queue[k]->state == THREAD_READY && !is_one_of_them(core->queue[k]))
				return true;
		own_count += engine_is_pending(engine, core->tick);
		own_count += !core->arriving && engine_lane_is_set(engine, core->lane);
	}
	for (int i = 0; i < simulation->background->count; i++)
		own_count += simulation->background->threads[i]->state == THREAD_WAKING;
	return engine_pending_count(engine) > own_count;
}

struct stretch_locals {
	struct simulation *simulation;
};

static enum progress compute(struct os_thread *thread, struct frame *frame)
{
	struct stretch_locals *my = FRAME_LOCALS(frame, struct stretch_locals);

	PROGRAM_BEGIN(frame);
	os_thread_set_activity(thread, ACTIVITY_NATIVE);
	for (;;) {
		AWAIT(frame, os_thread_compute(thread, STRETCH_NS));
		if (!program_can_go_on(my->simulation)) {
			my->simulation->stuck = true;
			engine_stop(my->simulation->engine);
		}
	}
	PROGRAM_END;
}

void background_start(struct simulation *simulation)
{
	int count = simulation->workload->machine.background;
	struct background *background = region_alloc(simulation->region, sizeof(*background));

	simulation->background = background;
	background->count = count;
	background->threads = region_alloc_array(simulation->region, (size_t)count, sizeof(struct os_thread *));
	for (int i = 0; i < count; i++) {
		struct os_process *process = os_process_new(simulation->machine, NULL, "background", 0);
		struct stretch_locals *locals;

		background->threads[i] = os_thread_new(process, "background", compute);
		locals = os_thread_first_locals(background->threads[i]);
		locals->simulation = simulation;
		os_thread_account_to(background->threads[i], background->time_in_ns);
		os_thread_start(background->threads[i]);
	}
}

sim_ns background_busy_ns(const struct simulation *simulation)
{
	struct background *background = simulation->background;

	for (int i = 0; i < background->count; i++) /* up to now */
		os_thread_account_to(background->threads[i], background->time_in_ns);
	return background->time_in_ns[ACTIVITY_NATIVE];
}
