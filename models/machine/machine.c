/*
 * machine.c - see machine.h.
 */
#include "models/machine/machine.h"

#include <math.h>

#include "models/machine/os_process.h"
#include "models/machine/scheduler.h"
#include "sim/base/distribution.h"
#include "sim/base/random.h"

/* The kernel scales its slices by 1 + log2 of the CPUs, counting at most eight (get_update_sysctl_factor). */
static sim_ns scaled_by_cpus(double value_for_8_ns, int cpus)
{
	int counted = cpus < 8 ? cpus : 8;
	int factor = 1;

	while (counted > 1) {
		counted /= 2;
		factor++;
	}
	return sim_time_round(value_for_8_ns * factor / 4);
}

/* Each further busy core slows the others by as much again. */
static double speed_while(const struct machine_model *machine, int busy)
{
	double all = machine->costs->value[COST_CPU_ALL_BUSY_SPEED];

	if (!machine->slows || busy <= 1)
		return 1;
	return 1 - (1 - all) * (busy - 1) / (machine->core_count - 1);
}

/* One hash a draw: there is one for each wake-up of an idle core. Uniform from 0 to 1. */
static void draw_latency(struct machine_model *machine)
{
	machine->latency_draw =
		(double)(random_path_extend(machine->latency_path, machine->latency_count++) >> 11) * 0x1p-53;
}

struct machine_model *machine_new(struct region *region, struct engine *engine, const struct machine_config *config)
{
	struct machine_model *machine = region_alloc(region, sizeof(*machine));
	const struct costs *costs = config->costs;
	int cpus = config->kernel_cpus > config->cores ? config->kernel_cpus : config->cores;

	assert(config->cores > 0);
	machine->engine = engine;
	machine->region = region;
	machine->config = *config;
	machine->costs = costs;
	for (size_t eights = 0; eights <= FRAME_LOCALS_BYTES / 8; eights++)
		pool_init(&machine->frames[eights], region, sizeof(struct frame) + 8 * eights);
	machine->trace = config->trace;
	machine->core_count = config->cores;
	machine->pack_below =
		config->cores > 1 ? (uint32_t)(fmin(costs->value[COST_SCHED_PACK_BELOW], 1) * UTILISATION_FULL) : 0;
	machine->slows = config->cores > 1 && costs->value[COST_CPU_ALL_BUSY_SPEED] != 1;
	machine->switch_ns = cost_ns(costs, COST_SCHED_SWITCH);
	machine->switch_process_ns = cost_ns(costs, COST_SCHED_SWITCH_PROCESS);
	machine->migration_ns = cost_ns(costs, COST_SCHED_MIGRATION);
	machine->cold = cold_costs_of(costs);
	machine->wake_call_ns = cost_ns(costs, COST_WAKE_CALL);
	machine->wake_call_idle_ns = cost_ns(costs, COST_WAKE_CALL_IDLE);
	machine->wake_call_busy_ns = cost_ns(costs, COST_WAKE_CALL_BUSY);
	machine->wake_busy_ns = cost_ns(costs, COST_WAKE_BUSY);
	machine->wake_idle_shallow_ns = cost_ns(costs, COST_WAKE_IDLE_SHALLOW);
	machine->wake_idle_deep_ns = cost_ns(costs, COST_WAKE_IDLE_DEEP);
	machine->idle_deep_after_ns = cost_ns(costs, COST_IDLE_DEEP_AFTER);
	machine->wake_timer_shallow_ns = cost_ns(costs, COST_WAKE_TIMER_SHALLOW);
	machine->wake_timer_deep_ns = cost_ns(costs, COST_WAKE_TIMER_DEEP);
	machine->timer_slack_ns = cost_ns(costs, COST_TIMER_SLACK);
	machine->timer_interrupt_ns = cost_ns(costs, COST_TIMER_INTERRUPT);
	machine->timer_arm_ns = cost_ns(costs, COST_TIMER_ARM);
	machine->tick_ns = sim_time_round(1e9 / costs->value[COST_SCHED_HZ]);
	machine->eevdf = costs->value[COST_SCHED_KIND] != 0;
	machine->has_slice_timers = machine->eevdf && costs->value[COST_SCHED_HRTICK] != 0;
	machine->base_slice_ns = scaled_by_cpus(costs->value[COST_SCHED_BASE_SLICE], cpus);
	machine->latency_ns = scaled_by_cpus(costs->value[COST_SCHED_LATENCY], cpus);
	machine->min_granularity_ns = scaled_by_cpus(costs->value[COST_SCHED_MIN_GRANULARITY], cpus);
	machine->wakeup_granularity_ns = scaled_by_cpus(costs->value[COST_SCHED_WAKEUP_GRANULARITY], cpus);
	machine->latency_path = random_path_open(
		variate_open(config->seed, config->replication, random_hash_name("wake latency"), 0, 0).key);
	draw_latency(machine);
	machine->vary_half_width = costs->value[COST_WAKE_JITTER] / 0.8;
	if (machine->vary_half_width > 1)
		machine->vary_half_width = 1;
	machine->gap_stream = random_hash_name("irregular gap");
	machine->newidle = costs->value[COST_SCHED_NEWIDLE];
	machine->newidle_key = variate_open(config->seed, config->replication, random_hash_name("newidle"), 0, 0).key;
	machine->speeds = region_alloc_array(region, (size_t)config->cores + 1, sizeof(*machine->speeds));
	for (int busy = 0; busy <= config->cores; busy++)
		machine->speeds[busy] = speed_while(machine, busy);
	machine->speed = machine->speeds[0];
	machine->computing = region_alloc_array(region, (size_t)(config->cores + 63) / 64, sizeof(*machine->computing));
	machine->cores = region_alloc_array(region, (size_t)config->cores, sizeof(struct core));
	for (int i = 0; i < config->cores; i++) {
		struct core *core = &machine->cores[i];
		struct variate phase =
			variate_open(config->seed, config->replication, random_hash_name("tick phase"),
				     random_hash_path(0, (uint64_t)i), 0);

		core->machine = machine;
		core->index = i;
		core->busy_since_ns = -1;
		placement_init(core);
		core->lane = engine_lane_new(engine, core_due, core);
		timers_init(core);
		core->tick_phase_ns = sim_time_round(variate_uniform(&phase) * (double)machine->tick_ns);
	}
	bandwidth_init(machine);
	return machine;
}

sim_ns machine_vary(struct machine_model *machine, sim_ns latency_ns)
{
	const double half_width = machine->vary_half_width, uniform = machine->latency_draw;

	if (half_width == 0 || latency_ns == 0)
		return latency_ns;
	draw_latency(machine);
	return (sim_ns)((double)latency_ns * (1 + half_width * (2 * uniform - 1)) + 0.5);
}

sim_ns machine_irregular(struct machine_model *machine, sim_ns mean_ns)
{
	struct distribution gaps = { .kind = DISTRIBUTION_EXPONENTIAL, .a = (double)mean_ns };
	struct variate variate = variate_open(machine->config.seed, machine->config.replication,
					      machine->gap_stream, 0, machine->gap_count++);

	return mean_ns > 0 ? distribution_draw_ns(&gaps, &variate) : 0;
}

sim_ns machine_busy_ns(const struct machine_model *machine)
{
	sim_ns busy_ns = 0;

	for (int i = 0; i < machine->core_count; i++) {
		const struct core *core = &machine->cores[i];

		busy_ns += core->busy_ns;
		if (core->busy_since_ns >= 0)
			busy_ns += machine_now(machine) - core->busy_since_ns;
	}
	return busy_ns;
}

void machine_emit(const struct machine_model *machine, const struct os_thread *thread, enum trace_phase phase,
		  const char *what, const char *name, int64_t value)
{
	struct trace_record record = {
		.time_ns = machine_now(machine),
		.phase = phase,
		.process = thread ? thread->process->id : -1,
		.thread = thread ? thread->id : -1,
		.core = thread && thread->core ? thread->core->index : -1,
		.what = what,
		.name = name,
		.value = value,
	};
	trace_emit(machine->trace, &record);
}

void machine_emit_state(const struct os_thread *thread)
{
	const struct machine_model *machine = thread->machine;
	struct trace_record record;

	if (!machine->config.activity_names)
		return;
	record = (struct trace_record){
		.time_ns = machine_now(machine),
		.phase = TRACE_STATE,
		.process = thread->process->id,
		.thread = thread->id,
		.core = thread->state == THREAD_RUNNING ? thread->core->index : -1,
		.what = machine->config.activity_names[thread->shown_activity],
	};
	trace_emit(machine->trace, &record);
}
