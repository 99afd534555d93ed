/*
 * theory.c - see theory.h.
 *
 * What runs as one block: a task whose steps are a plain sequence of durations. Which of its time needs what:
 *   python, c    the GIL (one at a time), or a core each without one
 *   native       a core each
 *   io, block    nothing but the worker
 */
#include "sim/plan/theory.h"

#include <math.h>
#include <string.h>

#include "sim/plan/queueing.h"
#include "sim/plan/workload_change.h"

/* What costs may add to the work for a law to be shown beside a simulation that has them. */
#define OVERHEAD_MOST 0.05
/* Clients beyond which the closed network is not solved: several servers take the square of it. */
#define CUSTOMERS_MOST 20000
#define USL_POINTS_LEAST 4

/* The work of one instance of the run's task, by what it needs. */
struct work {
	double gil_s, core_s, wait_s; /* means */
	double variance;	      /* of the sum */
	size_t steps;
	bool exponential; /* one step, exponentially distributed */
	bool constant;
};

struct finding {
	struct theory *theory;
	struct region *region;
	const struct workload *workload;
	const struct variant_result *result;
	struct work work;
};

static bool refuse(struct finding *finding, const char *why)
{
	finding->theory->why = why;
	return false;
}

static void add_row(struct finding *finding, const char *figure, char unit, double exact, double simulated)
{
	struct theory *theory = finding->theory;

	if (theory->row_count < THEORY_ROWS_MOST && isfinite(exact))
		theory->rows[theory->row_count++] = (struct theory_row){ figure, unit, exact, simulated };
}

/* ---- What a task's work is ---- */

/* Mean and variance of a step's duration, in seconds; items are a sample of their distribution. */
static bool moments(const struct workload *workload, const struct duration *duration, double *mean_s, double *variance)
{
	const struct run *run = &workload->run;
	double sum = 0, squares = 0, count = (double)run->count;

	switch (duration->kind) {
	case DURATION_CONSTANT:
		*mean_s = sim_time_seconds(duration->constant_ns);
		*variance = 0;
		return true;
	case DURATION_DRAWN:
		*mean_s = distribution_mean(&duration->distribution) / 1e9;
		*variance = distribution_variance(&duration->distribution) / 1e18;
		return isfinite(*mean_s) && isfinite(*variance);
	case DURATION_ITEM:
		if (!run->items_ns || run->count <= 0)
			return false;
		for (int64_t i = 0; i < run->count; i++) {
			double item_s = sim_time_seconds(run->items_ns[i]);

			sum += item_s;
			squares += item_s * item_s;
		}
		*mean_s = sum / count;
		*variance = fmax(0, squares / count - *mean_s * *mean_s);
		return true;
	}
	return false;
}

static bool add_step(struct finding *finding, const struct step *step)
{
	const struct workload *workload = finding->workload;
	const struct python *python = &workload->python;
	struct work *work = &finding->work;
	double mean_s, variance, slowdown = 1;

	if (step->kind > STEP_BLOCK)
		return refuse(finding, region_format(finding->region,
						     "the step '%s' is more than a service time",
						     step_names[step->kind]));
	if (!moments(workload, &step->duration, &mean_s, &variance))
		return refuse(finding, "a duration has no finite mean and variance");
	switch (step->kind) {
	case STEP_PYTHON:
	case STEP_C:
		slowdown = step->kind == STEP_C ? python->slowdown_c : python->slowdown_python;
		if (python->gil == GIL_OFF)
			work->core_s += mean_s * slowdown;
		else
			work->gil_s += mean_s * slowdown;
		break;
	case STEP_NATIVE:
		slowdown = python->slowdown_native;
		work->core_s += mean_s * slowdown;
		break;
	default:
		work->wait_s += mean_s;
		break;
	}
	work->variance += variance * slowdown * slowdown;
	work->steps++;
	work->exponential = work->steps == 1 && step->duration.kind == DURATION_DRAWN &&
			    step->duration.distribution.kind == DISTRIBUTION_EXPONENTIAL;
	return true;
}

static double whole_s(const struct work *work)
{
	return work->gil_s + work->core_s + work->wait_s;
}

static bool find_work(struct finding *finding)
{
	const struct workload *workload = finding->workload;
	const struct task *task;

	if (workload->run.kind == RUN_PROGRAM)
		return refuse(finding, "a program of its own is no queue of like tasks");
	if (workload->run.rate_count > 0 || workload->run.log || workload->run.burst > 1 || workload->run.mix)
		return refuse(finding, "arrivals that change with time, come in bursts or are a mix have no law here");
	if (finding->result->overloaded)
		return refuse(finding, "more arrives than is done, so there is no steady state");
	task = &workload->tasks[workload->run.task];
	for (uint32_t i = task->first; i < task->end; i++)
		if (!add_step(finding, &workload->steps[i]))
			return false;
	finding->work.constant = finding->work.variance == 0;
	if (!(whole_s(&finding->work) > 0))
		return refuse(finding, "the task takes no time");
	return true;
}

/* Whether costs are small beside the work: start-up, switches, library code and pipes within the sojourns, and what
 * every step costs, which counts as bytecode. */
static bool is_cheap(struct finding *finding)
{
	const struct variant_result *result = finding->result;
	const double *time_in_s = result->time_in_s;
	double steps_s = (double)finding->work.steps * finding->workload->machine.costs.value[COST_STEP_COST] / 1e9;
	double cost_s = time_in_s[TIME_SWITCHING] + time_in_s[TIME_START_UP] + time_in_s[TIME_IPC] +
			result->completed * steps_s;
	double share = cost_s / (result->completed * whole_s(&finding->work));

	if (!(share <= OVERHEAD_MOST))
		return refuse(finding, region_format(finding->region,
						     "what the machine's costs add, %.0f %% of the work, is in no law",
						     100 * share));
	return true;
}

static bool is_plain_machine(struct finding *finding)
{
	const struct machine *machine = &finding->workload->machine;
	const struct work *work = &finding->work;

	if (work->gil_s + work->core_s == 0)
		return true;
	if (machine->quota_cores > 0)
		return refuse(finding, "a CPU quota stops and goes, which no law here has");
	if (machine->background > 0)
		return refuse(finding, "other processes take cores from the work");
	return true;
}

/* ---- Open queues ---- */

/* How many can be served at a time; 0 with the reason when that is no constant. */
static int servers_of(struct finding *finding)
{
	const struct work *work = &finding->work;
	int workers = finding->workload->model.workers, cores = finding->workload->machine.cores;

	if (work->gil_s == 0 && work->core_s == 0)
		return workers;
	if (work->wait_s > 0 && workers > 1) {
		refuse(finding, "CPU work and waiting need different things, so that the number served at a time varies");
		return 0;
	}
	if (work->gil_s > 0 && work->core_s > 0 && workers > 1) {
		refuse(finding, "some of the work holds the GIL and some does not");
		return 0;
	}
	if (work->gil_s > 0)
		return 1;
	if (workers > cores) {
		refuse(finding, "more workers than cores: the scheduler shares them, first come is not first served");
		return 0;
	}
	return workers;
}

static void add_open_rows(struct finding *finding, const struct queue_theory *queue, bool exponential, bool in_order)
{
	const struct variant_result *result = finding->result;

	if (in_order) {
		add_row(finding, "P(wait)", 'r', queue->wait_probability, result->waited_fraction);
		add_row(finding, "mean wait", 's', queue->wait_mean_s,
			result->time_in_s[TIME_QUEUE_WAIT] / result->completed);
	}
	add_row(finding, "mean sojourn", 's', queue->sojourn_mean_s, result->sojourn.mean);
	if (in_order && exponential) {
		add_row(finding, "p50", 's', queue_mmc_sojourn_percentile(queue, 0.5), result->sojourn.p50);
		add_row(finding, "p99", 's', queue_mmc_sojourn_percentile(queue, 0.99), result->sojourn.p99);
	}
	add_row(finding, "in flight", 'r', queue->in_system_mean, result->in_flight_mean);
}

static void find_open_law(struct finding *finding)
{
	const struct workload *workload = finding->workload;
	const struct work *work = &finding->work;
	struct queue_theory queue;
	int servers;
	double rate = 1e9 / workload->run.spacing.a, service_s = whole_s(work);
	/* The GIL is passed to and fro between several workers: as if all were served at once, each slower. */
	bool in_order = work->gil_s == 0 || workload->model.workers == 1;
	bool stable;

	if (workload->model.kind != MODEL_THREAD_POOL) {
		refuse(finding, "the laws of open queues here are those of one pool of threads");
		return;
	}
	if (workload->run.spacing.kind != DISTRIBUTION_EXPONENTIAL) {
		refuse(finding, "arrivals are not a Poisson stream");
		return;
	}
	if (workload->run.from_inside) {
		refuse(finding, "arrivals from inside wait for the program's own GIL");
		return;
	}
	if (workload->model.queue_limit > 0) {
		refuse(finding, "a bounded queue turns requests away");
		return;
	}
	servers = servers_of(finding);
	if (servers == 0)
		return;
	if (!work->exponential && (servers > 1 || !in_order)) {
		refuse(finding, "several servers with service times that are not exponential have no closed form");
		return;
	}
	stable = work->exponential ? queue_mmc(servers, rate, service_s, &queue) :
				     queue_mg1(rate, service_s, work->variance, &queue);
	if (!stable) {
		refuse(finding, region_format(finding->region,
					      "no steady state: %.3g/s of %.3g s each are more than %d can serve", rate,
					      service_s, servers));
		return;
	}
	finding->theory->law = work->exponential ? region_format(finding->region, "M/M/%d", servers) : "M/G/1";
	finding->theory->why = in_order ? "Poisson arrivals, one stage, first come, first served" :
					  "Poisson arrivals, served by turns under one GIL: only the means";
	add_open_rows(finding, &queue, work->exponential, in_order);
}

/* ---- Closed networks ---- */

static void find_closed_law(struct finding *finding)
{
	const struct workload *workload = finding->workload;
	const struct work *work = &finding->work;
	const struct run *run = &workload->run;
	struct station stations[3] = { { work->gil_s, 1 }, { work->core_s, workload->machine.cores }, { work->wait_s, 0 } };
	struct closed_theory closed;
	double think_s = run->think.kind == DURATION_DRAWN ? distribution_mean(&run->think.distribution) / 1e9 :
							     sim_time_seconds(run->think.constant_ns);

	if (run->users > CUSTOMERS_MOST) {
		refuse(finding, "too many users to solve the network for");
		return;
	}
	if (workload->model.workers > 0 && workload->model.workers < run->users) {
		if (work->gil_s + work->core_s > 0 || !work->exponential) {
			refuse(finding, "users wait for a worker and then for more, which is no product form");
			return;
		}
		stations[2].servers = workload->model.workers;
	}
	if (!closed_network(stations, 3, think_s, (int)run->users, finding->region, &closed)) {
		refuse(finding, "a cycle takes no time");
		return;
	}
	finding->theory->law = "closed network";
	finding->theory->why = "users who think, one visit of each station a cycle (exact mean value analysis)";
	add_row(finding, "throughput", '/', closed.throughput_per_s, finding->result->throughput_per_s);
	add_row(finding, "mean sojourn", 's', closed.sojourn_s, finding->result->sojourn.mean);
}

/* ---- Speed-ups of batches ---- */

/* How many tasks may be under way at a time. */
static double ways(const struct workload *workload)
{
	int workers = workload->model.workers;

	switch (workload->model.kind) {
	case MODEL_SEQUENTIAL:
		return 1;
	case MODEL_THREADS:
	case MODEL_ASYNCIO:
	case MODEL_PROCESSES:
		return (double)workload->run.count;
	default:
		return fmin(workers, (double)workload->run.count);
	}
}

/* Each worker has an interpreter of its own. */
static bool has_own_interpreters(enum model_kind kind)
{
	return kind == MODEL_PROCESSES || kind == MODEL_POOL || kind == MODEL_PROCESS_POOL ||
	       kind == MODEL_INTERPRETER_POOL;
}

/* How many tasks one worker does after the other, of `n`: whole chunks, the last of which may be smaller. */
static double rounds(double count, double n, double chunk)
{
	double before_last = ceil(count / chunk) - 1;

	if (fmod(before_last, n) == 0)
		return before_last / n * chunk + count - before_last * chunk;
	return ceil((before_last + 1) / n) * chunk;
}

static void find_batch_law(struct finding *finding)
{
	const struct workload *workload = finding->workload;
	const struct work *work = &finding->work;
	double n = ways(workload), count = (double)workload->run.count;
	double serial_s = has_own_interpreters(workload->model.kind) ? 0 : work->gil_s;
	double serial = serial_s / whole_s(work), simulated;

	if (workload->model.kind == MODEL_SEQUENTIAL) {
		refuse(finding, "one task after the other is what speed-ups are measured by");
		return;
	}
	if ((workload->run.bytes > 0 || workload->run.result_bytes > 0) && model_starts_processes(&workload->model)) {
		refuse(finding, "arguments and results are pickled, which no law knows of");
		return;
	}
	if (workload->model.each || workload->model.kind == MODEL_SERVER) {
		refuse(finding, "workers within workers");
		return;
	}
	if (workload->model.kind == MODEL_ASYNCIO && work->core_s > 0) {
		refuse(finding, "an event loop does native work one after the other, too");
		return;
	}
	if (!work->constant) {
		refuse(finding, "tasks of different lengths: the last to end decides");
		return;
	}
	if (work->core_s + work->gil_s - serial_s > 0) {
		if (work->wait_s > 0 && n > workload->machine.cores) {
			refuse(finding, "cores are free for others while a task waits");
			return;
		}
		if (n > workload->machine.cores && (n != count || fmod(count, workload->machine.cores) != 0)) {
			refuse(finding, "more at a time than cores: the kernel shares them, and the last are alone");
			return;
		}
		n = fmin(n, workload->machine.cores);
	}
	if (serial > 0 && count > n) {
		refuse(finding, "more tasks than workers: while one holds the GIL others' waits overlap with it");
		return;
	}
	n = count / rounds(count, n, fmax(1, (double)workload->model.chunksize));
	simulated = count * whole_s(work) / finding->result->makespan_s;
	finding->theory->law = "Amdahl";
	finding->theory->why = region_format(finding->region, "%.3g %% of the work holds the GIL, the rest goes %.4g ways",
					     100 * serial, n);
	add_row(finding, "speedup", 'r', amdahl_speedup(serial, n), simulated);
	/* What more workers could do at most, and what these would do with as many times the parallel work: nobody has
	 * simulated either. */
	if (serial > 0)
		add_row(finding, "speedup, any workers", 'r', 1 / serial, NAN);
	add_row(finding, "Gustafson's speedup", 'r', gustafson_speedup(serial, n), NAN);
}

/* ---- Which one ---- */

const struct theory *theory_of(const struct workload *workload, const struct variant_result *result,
			       struct region *region)
{
	struct theory *theory = region_alloc(region, sizeof(*theory));
	struct finding finding = { .theory = theory, .region = region, .workload = workload, .result = result };

	if (!result->measured || !(result->completed > 0) || !isfinite(result->makespan_s)) {
		refuse(&finding, "the run did not come to its end");
		return theory;
	}
	if (!find_work(&finding) || !is_plain_machine(&finding) || !is_cheap(&finding))
		return theory;
	if (workload->run.kind == RUN_ARRIVALS)
		find_open_law(&finding);
	else if (workload->run.kind == RUN_USERS)
		find_closed_law(&finding);
	else
		find_batch_law(&finding);
	return theory;
}

/* ---- The Universal Scalability Law ---- */

/* Whether two variants differ in their workers only, as far as the law asks. */
static bool is_same_but_workers(const struct workload *a, const struct workload *b)
{
	return a->model.kind == b->model.kind && a->model.workers > 0 && b->model.workers > 0 && !a->model.each &&
	       !b->model.each && a->run.kind == b->run.kind && a->run.count == b->run.count &&
	       a->machine.cores == b->machine.cores && a->machine.quota_cores == b->machine.quota_cores &&
	       a->python.gil == b->python.gil && a->python.minor == b->python.minor && a->steps == b->steps;
}

const struct scalability *scalability_of(const struct workload *workloads, const struct results *results,
					 struct region *region)
{
	size_t count = results->variant_count, most = 0, chosen = 0;
	double *n = region_alloc_array(region, count, sizeof(*n));
	double *throughput = region_alloc_array(region, count, sizeof(*throughput));
	struct scalability *scalability;

	for (size_t i = 0; i < count; i++) {
		size_t alike = 0;

		for (size_t j = 0; j < count; j++)
			alike += is_same_but_workers(&workloads[i], &workloads[j]);
		if (alike > most) {
			most = alike;
			chosen = i;
		}
	}
	/* An open load's throughput is what arrives, not what could be done. */
	if (most < USL_POINTS_LEAST || workloads[chosen].run.kind == RUN_ARRIVALS)
		return NULL;
	scalability = region_alloc(region, sizeof(*scalability));
	scalability->model = model_names[workloads[chosen].model.kind];
	for (size_t i = 0; i < count; i++) {
		if (!is_same_but_workers(&workloads[chosen], &workloads[i]))
			continue;
		n[scalability->points] = workloads[i].model.workers;
		throughput[scalability->points++] = results->variants[i].throughput_per_s;
	}
	return usl_fit(n, throughput, scalability->points, &scalability->usl) ? scalability : NULL;
}
