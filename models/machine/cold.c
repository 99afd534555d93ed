/*
 * cold.c - see cold.h.
 */
#include "models/machine/cold.h"

#include <math.h>

#include "models/machine/between.h"
#include "models/machine/os_process.h"
#include "models/machine/scheduler.h"

struct cold_costs cold_costs_of(const struct costs *costs)
{
	struct cold_costs cold = {
		.factor = costs->value[COST_COLD_FACTOR],
		.short_ns = cost_ns(costs, COST_COLD_SHORT),
		.long_ns = cost_ns(costs, COST_COLD_LONG),
		.switch_ns = cost_ns(costs, COST_COLD_SWITCH),
		.crowd_ns = cost_ns(costs, COST_COLD_CROWD),
		.crowd_threads = (int64_t)costs->value[COST_COLD_CROWD_THREADS],
	};

	if (cold.short_ns > 0 && cold.long_ns > cold.short_ns)
		cold.growth = log((double)cold.long_ns / (double)cold.short_ns) /
			      log((double)COLD_LONG_IDLE_NS / (double)COLD_SHORT_IDLE_NS);
	return cold;
}

struct cold_code *cold_code_of(struct os_process *process, program_fn *body)
{
	struct cold_code *code = process->codes;

	while (code && code->body != body)
		code = code->next;
	if (!code) {
		code = region_alloc(process->machine->region, sizeof(*code));
		*code = (struct cold_code){ .body = body, .next = process->codes };
		process->codes = code;
	}
	return code;
}

/* For how long a core has idled in all. */
static sim_ns idle_so_far(const struct core *core)
{
	sim_ns now = machine_now(core->machine);

	return now - core->busy_ns - (core->busy_since_ns >= 0 ? now - core->busy_since_ns : 0);
}

static void note_where(struct cold_code *code, const struct core *core)
{
	code->core = core;
	code->last_ns = machine_now(core->machine);
	code->idle_ns = idle_so_far(core);
}

void cold_begin_wait(struct os_thread *thread)
{
	thread->waits = true;
	if (thread->code)
		note_where(thread->code, thread->core);
}

/* What there is to lose after a core has idled for so long: not more than that time itself. Between the two it grows by a
 * power of the time, as what others evict does. */
static sim_ns loss_after(const struct machine_model *machine, sim_ns idle_ns)
{
	const struct cold_costs *cold = &machine->cold;
	sim_ns loss_ns = cold->long_ns;

	if (idle_ns <= COLD_SHORT_IDLE_NS)
		loss_ns = cold->short_ns;
	else if (idle_ns < COLD_LONG_IDLE_NS)
		loss_ns = sim_time_round((double)cold->short_ns *
					 exp(cold->growth * log((double)idle_ns / (double)COLD_SHORT_IDLE_NS)));
	return loss_ns < idle_ns ? loss_ns : idle_ns;
}

void cold_resume(struct core *core, struct os_thread *next)
{
	const struct machine_model *machine = core->machine;
	struct cold_code *code = next->code;

	if (!code)
		return;
	if (next->waits) {
		/* Of what was on another core, nothing is here. */
		next->cold_ns = loss_after(machine, core == code->core ? idle_so_far(core) - code->idle_ns :
									 machine_now(machine) - code->last_ns);
		next->waits = false;
	}
	if (next->last_core && core->last && core->last->process != next->process &&
	    next->cold_ns < machine->cold.switch_ns)
		next->cold_ns = machine->cold.switch_ns;
	note_where(code, core);
}

sim_ns cold_crowd(const struct core *core, const struct os_thread *next)
{
	const struct machine_model *machine = core->machine;
	int64_t others = (int64_t)machine->live_threads - 1, since;

	if (machine->cold.crowd_ns == 0 || !next->last_core)
		return 0;
	/* Elsewhere is as far away as what others have pushed out. */
	since = next->last_core == core ? (int64_t)(core->switch_count - next->switches_seen) : others;
	if (since < others)
		others = since;
	return between_by_logarithm(others, machine->cold.crowd_threads, 0, machine->cold.crowd_ns);
}

sim_ns cold_charge(struct os_thread *thread, sim_ns work_ns)
{
	sim_ns loss_ns = sim_time_round((double)work_ns * thread->machine->cold.factor);

	if (loss_ns > thread->cold_ns)
		loss_ns = thread->cold_ns;
	thread->cold_ns -= loss_ns;
	return loss_ns;
}
