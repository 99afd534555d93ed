/*
 * cold.c - see cold.h.
 */
#include "models/machine/cold.h"

#include <math.h>

#include "models/machine/between.h"
#include "models/machine/os_process.h"
#include "models/machine/scheduler.h"

/* The power of something by which a loss grows from less of it to so many times as much; 0: it does not. */
static double growth(double less_ns, double more_ns, double times)
{
	if (less_ns <= 0 || more_ns <= less_ns || times <= 1)
		return 0;
	return log(more_ns / less_ns) / log(times);
}

struct cold_costs cold_costs_of(const struct costs *costs)
{
	struct cold_costs cold = {
		.work_ns = costs->value[COST_COLD_WORK],
		.short_ns = cost_ns(costs, COST_COLD_SHORT),
		.long_ns = cost_ns(costs, COST_COLD_LONG),
		.busy_ns = cost_ns(costs, COST_COLD_BUSY),
		.switch_ns = cost_ns(costs, COST_COLD_SWITCH),
		.crowd_ns = cost_ns(costs, COST_COLD_CROWD),
		.crowd_threads = (int64_t)costs->value[COST_COLD_CROWD_THREADS],
	};

	const double times = (double)COLD_LONG_TIME_NS / (double)COLD_SHORT_TIME_NS;
	const double small_work_ns = costs->value[COST_COLD_SMALL_WORK];

	cold.idle_growth = growth((double)cold.short_ns, (double)cold.long_ns, times);
	cold.busy_growth = growth((double)cold.busy_ns, (double)cold.long_ns, times);
	cold.most_work = 1;
	cold.less_growth = 1;
	if (small_work_ns > 0)
		cold.less_growth =
			growth(costs->value[COST_COLD_SMALL], (double)cold.long_ns, cold.work_ns / small_work_ns);
	if (costs->value[COST_COLD_LARGE_WORK] > cold.work_ns && cold.work_ns > 0) {
		cold.most_work = costs->value[COST_COLD_LARGE_WORK] / cold.work_ns;
		cold.more_growth = growth((double)cold.long_ns, costs->value[COST_COLD_LARGE], cold.most_work);
	}
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

/* At most the time itself. */
static sim_ns grown(sim_ns short_ns, double growth, sim_ns time_ns)
{
	sim_ns loss_ns =
		sim_time_round((double)short_ns * exp(growth * log((double)time_ns / (double)COLD_SHORT_TIME_NS)));

	return loss_ns < time_ns ? loss_ns : time_ns;
}

static sim_ns loss_after_idle(const struct cold_costs *cold, sim_ns idle_ns)
{
	if (idle_ns <= COLD_SHORT_TIME_NS)
		return cold->short_ns < idle_ns ? cold->short_ns : idle_ns;
	if (idle_ns >= COLD_LONG_TIME_NS)
		return cold->long_ns;
	return grown(cold->short_ns, cold->idle_growth, idle_ns);
}

static sim_ns loss_after_others(const struct cold_costs *cold, sim_ns busy_ns)
{
	if (busy_ns <= 0 || cold->busy_ns == 0)
		return 0;
	if (busy_ns >= COLD_LONG_TIME_NS)
		return cold->long_ns;
	return grown(cold->busy_ns, cold->busy_growth, busy_ns);
}

static void lose(struct os_thread *thread, sim_ns loss_ns)
{
	thread->cold_ns = loss_ns;
	thread->warmed_ns = 0;
}

void cold_resume(struct core *core, struct os_thread *next)
{
	const struct machine_model *machine = core->machine;
	struct cold_code *code = next->code;

	if (!code)
		return;
	if (next->waits) {
		sim_ns since_ns = machine_now(machine) - code->last_ns;
		/* Of what was on another core, nothing is here. */
		sim_ns idle_ns = core == code->core ? idle_so_far(core) - code->idle_ns : since_ns;
		sim_ns idle_loss_ns = loss_after_idle(&machine->cold, idle_ns);
		sim_ns loss_ns = loss_after_others(&machine->cold, since_ns);

		lose(next, loss_ns > idle_loss_ns ? loss_ns : idle_loss_ns);
		next->waits = false;
	}
	/* A program's first execution of anything; what a child loses is in the costs of its start and of its first
	 * task. */
	if (!code->core && !next->process->parent)
		lose(next, machine->cold.long_ns);
	if (next->last_core && core->last && core->last->process != next->process &&
	    next->cold_ns < machine->cold.switch_ns)
		lose(next, machine->cold.switch_ns);
	note_where(code, core);
}

void cold_work(struct os_thread *thread, sim_ns work_ns)
{
	sim_ns loss_ns = loss_after_others(&thread->machine->cold, work_ns);

	if (loss_ns > thread->cold_ns || (double)thread->warmed_ns > thread->machine->cold.work_ns)
		lose(thread, loss_ns);
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

/* What so many times cold.work of library code loses, of what that loses itself. */
static double part_lost(const struct cold_costs *cold, double times_work)
{
	if (times_work < 1)
		return pow(times_work, cold->less_growth);
	return pow(times_work, cold->more_growth);
}

sim_ns cold_charge(struct os_thread *thread, sim_ns work_ns)
{
	const struct cold_costs *cold = &thread->machine->cold;
	double until_now = (double)thread->warmed_ns / cold->work_ns, until_then;
	sim_ns loss_ns;

	thread->warmed_ns += work_ns;
	until_then = (double)thread->warmed_ns / cold->work_ns;
	if (until_then > cold->most_work)
		until_then = cold->most_work;
	loss_ns = sim_time_round((double)thread->cold_ns *
				 (part_lost(cold, until_then) - part_lost(cold, until_now)));
	if (until_then == cold->most_work)
		thread->cold_ns = 0;
	return loss_ns;
}
