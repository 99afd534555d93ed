/*
 * explain.c - see explain.h.
 */
#include "sim/plan/explain.h"

#include <math.h>
#include <string.h>

#include "models/simulate/simulate.h"
#include "sim/base/wish.h"
#include "sim/scenario/distribution_parse.h"

/* Steps whose effect is tried; each is a simulation. */
#define STEPS_MOST 32
/* More cores or workers than this help nobody, and take memory. */
#define PLENTY_MOST 1024

/* ---- Costs that are taken away together ---- */

static const enum cost start_up_costs[] = {
	COST_THREAD_CREATE,    COST_THREAD_ENTRY,	COST_THREAD_EXIT,	COST_THREAD_STACK,
	COST_THREAD_STACK_TOUCH, COST_THREAD_STACK_FREE, COST_FORK_BASE,	COST_FORK_PER_BYTE,	COST_FORK_ENTRY,
	COST_PROCESS_EXIT,     COST_PROCESS_WAIT,	COST_PY_THREAD_START,	COST_PY_THREAD_BOOTSTRAP,
	COST_PY_THREAD_FINISH, COST_PY_THREAD_JOIN,	COST_INTERPRETER_CREATE, COST_INTERPRETER_DESTROY,
	COST_PROCESS_START,    COST_PROCESS_BOOTSTRAP, COST_PROCESS_FINISH,	COST_PROCESS_INTERPRETER_EXIT,
	COST_PROCESS_JOIN,
	COST_PROCESS_FIRST_TASK, COST_POOL_FIRST_TASK, COST_PPE_FIRST_CALL,
	COST_PPE_FIRST_ROUND,  COST_AIO_FIRST_RUN,
	COST_SPAWN_START,      COST_SPAWN_EXEC,	COST_SPAWN_CHILD,	COST_SPAWN_FINISH,
	COST_SPAWN_HELPER,     COST_SPAWN_TRACKER,	COST_FORKSERVER_SERVER, COST_FORKSERVER_START,
	COST_FORKSERVER_SERVE, COST_FORKSERVER_CHILD,	COST_MANAGER_START,	COST_POOL_CREATE,
	COST_POOL_WORKER_ENTRY, COST_POOL_TERMINATE,	COST_PPE_CREATE,	COST_PPE_SHUTDOWN,
	COST_TPE_CREATE,       COST_AIO_RUN,
};

static const enum cost ipc_costs[] = {
	COST_SYSCALL_BASE,	  COST_PIPE_WRITE,	COST_PIPE_READ,		 COST_MEM_COPY,
	COST_MEM_COPY_ACROSS,	  COST_MEM_MAP,		COST_MEM_RELEASE,	 COST_MEM_SHOOTDOWN,
	COST_PICKLE_DUMPS,	  COST_PICKLE_LOADS,	COST_PICKLE_DUMPS_OBJECT,
	COST_PICKLE_LOADS_OBJECT, COST_CONNECTION_SEND, COST_CONNECTION_RECEIVE, COST_CONNECTION_POLL,
	COST_MP_QUEUE_PUT,	  COST_MP_QUEUE_FEED,	COST_MP_QUEUE_GET,	 COST_MP_SIMPLE_QUEUE_PUT,
	COST_MP_SIMPLE_QUEUE_GET, COST_MANAGER_CONNECT, COST_MANAGER_ACCEPT,	 COST_MANAGER_CALL,
	COST_MANAGER_SERVE,	  COST_PPE_FEED,
};

static const enum cost switching_costs[] = {
	COST_SCHED_SWITCH,   COST_SCHED_SWITCH_PROCESS, COST_SCHED_MIGRATION,	 COST_SCHED_YIELD, COST_WAKE_CALL,
	COST_WAKE_CALL_IDLE, COST_WAKE_CALL_BUSY,	COST_WAKE_BUSY,		 COST_WAKE_IDLE_SHALLOW,	COST_WAKE_IDLE_DEEP,	 COST_WAKE_JITTER,
	COST_WAKE_TIMER_SHALLOW, COST_WAKE_TIMER_DEEP,	COST_TIMER_SLACK,	 COST_TIMER_ARM,	COST_TIMER_INTERRUPT,
	COST_GIL_UNCONTENDED,
	COST_GIL_SIGNAL,     COST_GIL_TAKE_AFTER_WAKE,	COST_COLD_SHORT,	 COST_COLD_LONG,
	COST_COLD_BUSY,	     COST_COLD_SMALL,		COST_COLD_LARGE,	 COST_COLD_SWITCH,
	COST_COLD_CROWD,
	COST_FUTEX_CALL,
};

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static bool is_among(enum cost cost, const enum cost *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (list[i] == cost)
			return true;
	return false;
}

/* EXPLAINED_COUNT for what is no cost: rules, and the tasks' own work. A cost that no list names is the code of
 * interpreter and library. */
static enum explained_cost group_of(enum cost cost)
{
	if (is_among(cost, start_up_costs, LENGTH(start_up_costs)))
		return EXPLAINED_START_UP;
	if (is_among(cost, ipc_costs, LENGTH(ipc_costs)))
		return EXPLAINED_IPC;
	if (is_among(cost, switching_costs, LENGTH(switching_costs)))
		return EXPLAINED_SWITCHING;
	return cost_infos[cost].nature == NATURE_WORK ? EXPLAINED_LIBRARY : EXPLAINED_COUNT;
}

/* ---- Taking away. Each says whether there was anything to take. ---- */

static bool remove_costs(struct workload *workload, enum explained_cost group)
{
	double *values = workload->machine.costs.value;
	bool changed = false;

	for (int cost = 0; cost < COST_COUNT; cost++) {
		if (group_of((enum cost)cost) != group)
			continue;
		changed |= values[cost] != cost_infos[cost].ideal;
		values[cost] = cost_infos[cost].ideal;
	}
	if (group == EXPLAINED_START_UP) {
		changed |= workload->python.imports_ns > 0;
		workload->python.imports_ns = 0;
	}
	return changed;
}

static bool is_of_processes(enum model_kind kind)
{
	return kind == MODEL_PROCESSES || kind == MODEL_POOL || kind == MODEL_PROCESS_POOL ||
	       kind == MODEL_INTERPRETER_POOL || kind == MODEL_SERVER;
}

/* A worker for each task; no more processes than cores, where they could only get in each other's way. */
static bool widen_model(struct model *model, const struct workload *workload, int plenty, struct region *region)
{
	int cores = workload->machine.cores > model->workers ? workload->machine.cores : model->workers;
	int workers = is_of_processes(model->kind) && plenty > cores ? cores : plenty;
	bool changed = false;

	if (model->workers > 0 && workers > model->workers) {
		model->workers = workers;
		if (model->chunksize > 1)
			model->chunksize = 1;
		changed = true;
	}
	if (model->each) {
		struct model *each = region_alloc(region, sizeof(*each));

		*each = *model->each;
		changed |= widen_model(each, workload, plenty, region);
		model->each = each;
	}
	return changed;
}

static struct resource *copy_resources(struct workload *workload, struct region *region)
{
	struct resource *resources =
		region_alloc_array(region, workload->resource_count, sizeof(resources[0]));

	if (workload->resource_count > 0)
		memcpy(resources, workload->resources, workload->resource_count * sizeof(resources[0]));
	workload->resources = resources;
	return resources;
}

static bool remove_worker_limits(struct workload *workload, int plenty, struct region *region)
{
	bool changed = widen_model(&workload->model, workload, plenty, region);
	struct resource *resources = copy_resources(workload, region);

	for (uint32_t i = 0; i < workload->resource_count; i++) {
		struct model *model;

		if (!resources[i].model)
			continue;
		model = region_alloc(region, sizeof(*model));
		*model = *resources[i].model;
		changed |= widen_model(model, workload, plenty, region);
		resources[i].model = model;
	}
	return changed;
}

/* Bounds of queues, slots of services, tokens and semaphores that stand for a number of places. */
static bool remove_bounds(struct workload *workload, int plenty, struct region *region)
{
	struct resource *resources = copy_resources(workload, region);
	bool changed = false;

	for (uint32_t i = 0; i < workload->resource_count; i++) {
		int64_t unbounded;

		switch (resources[i].kind) {
		case RESOURCE_QUEUE:
		case RESOURCE_LIFO_QUEUE:
		case RESOURCE_PRIORITY_QUEUE:
		case RESOURCE_SERVICE:
			unbounded = 0;
			break;
		case RESOURCE_LIMITER:
			unbounded = plenty > resources[i].size ? plenty : resources[i].size;
			break;
		case RESOURCE_SEMAPHORE:
		case RESOURCE_BOUNDED_SEMAPHORE:
			/* One that begins at 0 is a signal, not a number of places. */
			if (resources[i].size == 0)
				continue;
			unbounded = plenty > resources[i].size ? plenty : resources[i].size;
			break;
		default:
			continue;
		}
		changed |= resources[i].size != unbounded;
		resources[i].size = unbounded;
	}
	return changed;
}

static bool remove_gil(struct workload *workload)
{
	bool changed = workload->python.gil != GIL_OFF;

	workload->python.gil = GIL_OFF; /* the build's speed stays */
	return changed;
}

static bool remove_core_limit(struct workload *workload, int plenty)
{
	bool changed = workload->machine.cores < plenty;

	if (changed)
		workload->machine.cores = plenty;
	return changed;
}

static bool even_out_arrivals(struct workload *workload)
{
	struct distribution *spacing = &workload->run.spacing;
	double mean;

	/* What is replayed, or follows a curve, has no mean that it could be evened out to. */
	if (workload->run.kind != RUN_ARRIVALS || workload->run.log || workload->run.rate_count > 0 ||
	    (spacing->kind == DISTRIBUTION_CONSTANT && workload->run.burst <= 1))
		return false;
	mean = distribution_mean(spacing);
	if (!isfinite(mean))
		return false;
	*spacing = (struct distribution){ .kind = DISTRIBUTION_CONSTANT, .a = mean / fmax(1, (double)workload->run.burst) };
	workload->run.burst = 0;
	return true;
}

static bool remove_slowdown(double *slowdown)
{
	bool changed = *slowdown > 1;

	if (changed)
		*slowdown = 1;
	return changed;
}

static bool remove_number(double *value, double without)
{
	bool changed = *value != without;

	*value = without;
	return changed;
}

static bool take_away(struct workload *workload, enum explained_cost cost, int plenty, struct region *region)
{
	bool changed;

	switch (cost) {
	case EXPLAINED_GIL:
		return remove_gil(workload);
	case EXPLAINED_CORES:
		return remove_core_limit(workload, plenty);
	case EXPLAINED_WORKERS:
		return remove_worker_limits(workload, plenty, region);
	case EXPLAINED_RESOURCES:
		return remove_bounds(workload, plenty, region);
	case EXPLAINED_ARRIVALS:
		return even_out_arrivals(workload);
	case EXPLAINED_QUOTA:
		return remove_number(&workload->machine.quota_cores, 0);
	case EXPLAINED_BACKGROUND:
		changed = workload->machine.background > 0;
		workload->machine.background = 0;
		return changed;
	case EXPLAINED_BUSY_CORES:
		return remove_number(&workload->machine.costs.value[COST_CPU_ALL_BUSY_SPEED], 1);
	case EXPLAINED_BUILD:
		changed = remove_slowdown(&workload->python.slowdown_python);
		changed |= remove_slowdown(&workload->python.slowdown_c);
		return remove_slowdown(&workload->python.slowdown_native) || changed;
	default:
		return remove_costs(workload, cost);
	}
}

/* ---- Asking ---- */

struct asking {
	const struct workload *workload;
	const struct variant_result *predicted;
	const struct explain_options *options;
	struct region *region; /* of the answers */
	const char *metric;
	int plenty; /* cores or workers that suffice for all tasks at a time */
	bool stopped;
};

/* The means of what is asked for, over the replications. */
struct answer {
	double explained, makespan, p50, p99;
};

static struct answer ask(struct asking *asking, const struct workload *workload)
{
	const struct explain_options *options = asking->options;
	struct answer sum = { 0 };
	double count = (double)options->replications;
	struct region region;

	region_init_within(&region, asking->region);
	for (size_t replication = 0; replication < options->replications && !asking->stopped; replication++) {
		struct simulate_options simulated = { .replication = replication,
						      .wish_to_stop = options->wish_to_stop,
						      .limits = options->limits };
		struct variant_result result;

		simulate(workload, &simulated, &region, &result);
		if (options->asked)
			options->asked(options->context);
		sum.explained += variant_result_metric(&result, asking->metric) / count;
		sum.makespan += result.makespan_s / count;
		sum.p50 += result.sojourn.p50 / count;
		sum.p99 += result.sojourn.p99 / count;
		asking->stopped = wish_is_there(options->wish_to_stop);
	}
	region_release(&region);
	return sum;
}

static void ask_without_each(struct asking *asking, struct explanation *explanation)
{
	struct workload ideal = *asking->workload;
	double saved_s = 0;

	for (int cost = 0; cost < EXPLAINED_COUNT && !asking->stopped; cost++) {
		struct workload without = *asking->workload;

		take_away(&ideal, (enum explained_cost)cost, asking->plenty, asking->region);
		explanation->present[cost] =
			take_away(&without, (enum explained_cost)cost, asking->plenty, asking->region);
		if (!explanation->present[cost])
			continue;
		explanation->saves_s[cost] = explanation->predicted_s - ask(asking, &without).explained;
		saved_s += explanation->saves_s[cost];
	}
	explanation->ideal_s = ask(asking, &ideal).explained;
	explanation->interaction_s = explanation->predicted_s - explanation->ideal_s - saved_s;
}

/* ---- Faster steps ---- */

static const sim_ns *shorter_items(const sim_ns *items_ns, int64_t count, struct region *region)
{
	sim_ns *shorter = region_alloc_array(region, (size_t)count, sizeof(*shorter));

	for (int64_t i = 0; i < count; i++)
		shorter[i] = sim_time_round((double)items_ns[i] * (1 - EXPLAINED_FASTER));
	return shorter;
}

/* All items, of the run and of the steps that start instances with some. */
static void shorten_items(struct workload *workload, struct step *steps, struct region *region)
{
	if (workload->run.items_ns)
		workload->run.items_ns = shorter_items(workload->run.items_ns, workload->run.count, region);
	for (uint32_t i = 0; i < workload->step_count; i++) {
		struct start *start;

		if (!steps[i].start || !steps[i].start->items_ns)
			continue;
		start = region_alloc(region, sizeof(*start));
		*start = *steps[i].start;
		start->items_ns = shorter_items(start->items_ns, start->item_count, region);
		steps[i].start = start;
	}
}

static void shorten(struct duration *duration, struct region *region)
{
	if (duration->kind == DURATION_DRAWN)
		distribution_scale(&duration->distribution, 1 - EXPLAINED_FASTER, region);
	else
		duration->constant_ns = sim_time_round((double)duration->constant_ns * (1 - EXPLAINED_FASTER));
}

/* The workload with this step shorter; the draws stay, and each gives a time that is shorter by as much. */
static struct workload with_faster_step(const struct workload *workload, uint32_t index, struct region *region)
{
	struct workload faster = *workload;
	struct step *steps = region_alloc_array(region, workload->step_count, sizeof(steps[0]));
	const struct step *step = &workload->steps[index];

	memcpy(steps, workload->steps, workload->step_count * sizeof(steps[0]));
	faster.steps = steps;
	if (step->kind == STEP_REQUEST)
		shorten(&copy_resources(&faster, region)[step->resource].time, region);
	else if (step->duration.kind == DURATION_ITEM)
		shorten_items(&faster, steps, region);
	else
		shorten(&steps[index].duration, region);
	return faster;
}

static bool takes_time(const struct step *step)
{
	switch (step->kind) {
	case STEP_PYTHON:
	case STEP_C:
	case STEP_NATIVE:
	case STEP_IO:
	case STEP_BLOCK:
		return step->duration.kind != DURATION_CONSTANT || step->duration.constant_ns > 0;
	case STEP_REQUEST:
		return true;
	default:
		return false;
	}
}

/* Not those of a task that this variant never starts. */
static bool is_tried(const struct workload *workload, uint32_t task, uint32_t step)
{
	return workload->tasks[task].ways != 0 && takes_time(&workload->steps[step]);
}

static void ask_of_steps(struct asking *asking, struct explanation *explanation)
{
	const struct workload *workload = asking->workload;
	const struct variant_result *predicted = asking->predicted;

	explanation->steps = region_alloc_array(asking->region, STEPS_MOST, sizeof(explanation->steps[0]));
	for (uint32_t task = 0; task < workload->task_count; task++)
		for (uint32_t i = workload->tasks[task].first; i < workload->tasks[task].end; i++) {
			const struct step *step = &workload->steps[i];
			struct workload faster;
			struct answer answer;

			if (!is_tried(workload, task, i) || asking->stopped)
				continue;
			if (explanation->step_count == STEPS_MOST) {
				explanation->steps_left_out++;
				continue;
			}
			faster = with_faster_step(workload, i, asking->region);
			answer = ask(asking, &faster);
			explanation->steps[explanation->step_count++] = (struct step_effect){
				.task = workload->tasks[task].name,
				.index = i - workload->tasks[task].first,
				.kind = step_names[step->kind],
				.line = step->line,
				.makespan = answer.makespan / predicted->makespan_s - 1,
				.p50 = answer.p50 / predicted->sojourn.p50 - 1,
				.p99 = answer.p99 / predicted->sojourn.p99 - 1,
			};
		}
}

static int plenty_for(const struct variant_result *predicted)
{
	return (int)fmax(1, fmin(PLENTY_MOST, predicted->in_flight_max));
}

size_t explain_question_count(const struct workload *workload, const struct variant_result *predicted,
			      struct region *region)
{
	size_t count = 1, steps = 0;

	for (int cost = 0; cost < EXPLAINED_COUNT; cost++) {
		struct workload without = *workload;

		count += take_away(&without, (enum explained_cost)cost, plenty_for(predicted), region);
	}
	for (uint32_t task = 0; task < workload->task_count; task++)
		for (uint32_t i = workload->tasks[task].first; i < workload->tasks[task].end; i++)
			steps += is_tried(workload, task, i);
	return count + (steps < STEPS_MOST ? steps : STEPS_MOST);
}

const struct explanation *explain(const struct workload *workload, const struct variant_result *predicted,
				  const struct explain_options *options, struct region *region)
{
	enum run_kind run = workload->run.kind;
	struct asking asking = {
		.workload = workload,
		.predicted = predicted,
		.options = options,
		.region = region,
		.metric = run == RUN_ARRIVALS || run == RUN_USERS ? "sojourn.mean" : "makespan",
	};
	struct explanation *explanation;

	if (!isfinite(variant_result_metric(predicted, asking.metric)) || !isfinite(predicted->makespan_s))
		return NULL;
	asking.plenty = plenty_for(predicted);
	explanation = region_alloc(region, sizeof(*explanation));
	explanation->metric = asking.metric;
	explanation->predicted_s = variant_result_metric(predicted, asking.metric);
	ask_without_each(&asking, explanation);
	ask_of_steps(&asking, explanation);
	return asking.stopped ? NULL : explanation;
}
