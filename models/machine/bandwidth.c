/*
 * bandwidth.c - see bandwidth.h.
 */
#include "models/machine/bandwidth.h"

#include "models/machine/scheduler.h"

/* What an idling core keeps for its next thread (kernel: min_cfs_rq_runtime). */
#define KEPT_WHEN_IDLE_NS SIM_MS

static void refilled(struct engine *engine, void *subject, uint64_t argument);

void bandwidth_init(struct machine_model *machine)
{
	struct bandwidth *bandwidth = &machine->bandwidth;
	const struct machine_config *config = &machine->config;

	bandwidth->limited = config->quota_cores > 0;
	bandwidth->period_ns = config->quota_period_ns;
	bandwidth->quota_ns = sim_time_round(config->quota_cores * (double)config->quota_period_ns);
	bandwidth->slice_ns = machine_cost(machine, COST_QUOTA_SLICE);
	bandwidth->pool_ns = bandwidth->quota_ns;
}

/* The period's timer runs while the group does anything. */
static void start_refill(struct machine_model *machine)
{
	struct bandwidth *bandwidth = &machine->bandwidth;

	if (!engine_is_pending(machine->engine, bandwidth->refill))
		bandwidth->refill =
			engine_schedule_after(machine->engine, bandwidth->period_ns, refilled, machine, 0);
}

/* Fills the core's own account up to one slice; false when it stays empty. */
static bool draw_slice(struct core *core)
{
	struct bandwidth *bandwidth = &core->machine->bandwidth;
	sim_ns wanted = bandwidth->slice_ns - core->bandwidth.remaining_ns;
	sim_ns amount = wanted < bandwidth->pool_ns ? wanted : bandwidth->pool_ns;

	start_refill(core->machine);
	bandwidth->pool_ns -= amount;
	core->bandwidth.remaining_ns += amount;
	return core->bandwidth.remaining_ns > 0;
}

bool bandwidth_begin(struct core *core)
{
	if (!core->machine->bandwidth.limited)
		return true;
	core->bandwidth.charged_ns = machine_now(core->machine);
	if (core->bandwidth.remaining_ns > 0 || draw_slice(core)) {
		start_refill(core->machine);
		return true;
	}
	core->bandwidth.throttled = true;
	core->machine->bandwidth.throttle_count++;
	return false;
}

bool bandwidth_charge(struct core *core)
{
	sim_ns now = machine_now(core->machine);

	if (!core->machine->bandwidth.limited)
		return true;
	core->bandwidth.remaining_ns -= now - core->bandwidth.charged_ns;
	core->bandwidth.charged_ns = now;
	if (core->bandwidth.remaining_ns > 0 || draw_slice(core))
		return true;
	core->bandwidth.throttled = true;
	core->machine->bandwidth.throttle_count++;
	return false;
}

void bandwidth_end(struct core *core)
{
	struct bandwidth *bandwidth = &core->machine->bandwidth;
	sim_ns now = machine_now(core->machine);

	if (!bandwidth->limited || core->bandwidth.throttled)
		return;
	core->bandwidth.remaining_ns -= now - core->bandwidth.charged_ns;
	core->bandwidth.charged_ns = now;
	if (core->bandwidth.remaining_ns > KEPT_WHEN_IDLE_NS) {
		bandwidth->pool_ns += core->bandwidth.remaining_ns - KEPT_WHEN_IDLE_NS;
		core->bandwidth.remaining_ns = KEPT_WHEN_IDLE_NS;
	}
}

/* A period is over: the pool is full again, and throttled cores go on as far as it reaches. */
static void refilled(struct engine *engine, void *subject, uint64_t argument)
{
	struct machine_model *machine = subject;
	struct bandwidth *bandwidth = &machine->bandwidth;
	bool active = machine->busy_count > 0;

	(void)engine;
	(void)argument;
	bandwidth->pool_ns = bandwidth->quota_ns;
	for (int i = 0; i < machine->core_count; i++) {
		struct core *core = &machine->cores[i];

		if (!core->bandwidth.throttled)
			continue;
		active = true;
		if (!draw_slice(core))
			continue;
		core->bandwidth.throttled = false;
		machine->overloaded |= core->queue_count > 1; /* add_nr_running() */
		core_run_soon(core);
	}
	if (active)
		start_refill(machine);
}
