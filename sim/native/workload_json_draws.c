/*
 * workload_json_draws.c - see workload_json_draws.h.
 */
#include "sim/native/workload_json_draws.h"

#include <math.h>

/* An OpenSSL limit, and far above any sensible step: a quarter of an hour. */
#define NATIVE_ITERATIONS_MAX INT32_MAX

/* ---- Amounts of work ---- */

bool workload_json_is_leaf(enum step_kind kind)
{
	return kind == STEP_PYTHON || kind == STEP_C || kind == STEP_NATIVE || kind == STEP_IO || kind == STEP_BLOCK;
}

static json_int_t iterations(sim_ns duration_ns, double spin_ns)
{
	double count = spin_ns > 0 ? (double)duration_ns / spin_ns : 0;

	return count < 9e18 ? llround(count) : INT64_MAX;
}

json_t *workload_json_amount(const struct workload *workload, enum step_kind kind, sim_ns duration_ns)
{
	json_int_t count;

	switch (kind) {
	case STEP_PYTHON:
		return json_integer(iterations(duration_ns, workload->python.spin_python_ns));
	case STEP_C:
		return json_integer(iterations(duration_ns, workload->python.spin_c_ns));
	case STEP_NATIVE:
		/* Zero iterations are an error for hashlib. */
		count = iterations(duration_ns, workload->python.spin_native_ns);
		return json_integer(count < 1 ? 1 : count > NATIVE_ITERATIONS_MAX ? NATIVE_ITERATIONS_MAX : count);
	default:
		return json_real(sim_time_seconds(duration_ns));
	}
}

json_t *workload_json_seconds(sim_ns ns)
{
	return ns < 0 || ns == SIM_NS_MAX ? json_null() : json_real(sim_time_seconds(ns));
}

/* ---- What is drawn ---- */

static bool is_drawn(const struct duration *duration)
{
	return duration->kind == DURATION_DRAWN;
}

static const struct resource *service_of(const struct workload *workload, const struct step *step)
{
	return &workload->resources[step->resource];
}

bool workload_json_is_drawn(const struct workload *workload, const struct step *step, bool is_jitter)
{
	switch (step->kind) {
	case STEP_IF:
		return !is_jitter && step->chance >= 0;
	case STEP_REQUEST:
		return !is_jitter && is_drawn(&service_of(workload, step)->time);
	case STEP_RETRY:
		return is_jitter ? step->retry->jitter > 0 : is_drawn(&step->retry->backoff);
	default:
		return !is_jitter && workload_json_is_leaf(step->kind) && is_drawn(&step->duration);
	}
}

static const struct task *task_of(const struct workload *workload, const struct step *step)
{
	uint32_t index = (uint32_t)(step - workload->steps);
	const struct task *task = workload->tasks;

	while (index < task->first || index >= task->end)
		task++;
	return task;
}

bool workload_json_chance(const struct workload *workload, const struct step *step, uint64_t entity, uint64_t draw)
{
	return workload_chance(workload, step, task_of(workload, step), 0, entity, draw);
}

json_t *workload_json_draw(const struct workload *workload, const struct step *step, bool is_jitter,
			   uint64_t entity, uint64_t draw, sim_ns item_ns)
{
	const struct resource *service;
	struct variate variate;

	switch (step->kind) {
	case STEP_IF:
		return json_integer(workload_json_chance(workload, step, entity, draw));
	case STEP_REQUEST:
		service = service_of(workload, step);
		return workload_json_seconds(
			workload_draw(workload, &service->time, random_hash_name(service->name), 0, entity, draw));
	case STEP_RETRY:
		if (!is_jitter)
			return workload_json_seconds(workload_draw(workload, &step->retry->backoff, random_hash_name("retry"),
							 0, entity, draw));
		variate = variate_open(workload->seed, 0, random_hash_name("retry"), entity, draw);
		return json_real(1 + step->retry->jitter * (2 * variate_uniform(&variate) - 1));
	default:
		return workload_json_amount(
			workload, step->kind,
			workload_duration(workload, step, task_of(workload, step), 0, entity, draw, item_ns));
	}
}

json_t *workload_json_drawn(const struct workload *workload, const struct step *step, bool is_jitter, json_t *constant)
{
	if (!workload_json_is_drawn(workload, step, is_jitter))
		return json_pack("[so]", "constant", constant);
	json_decref(constant);
	return json_pack("[sI]", "drawn", workload_json_site(workload, step, is_jitter));
}
