/*
 * arrivals.c - see arrivals.h.
 */
#include "models/simulate/arrivals.h"

static void make_request(struct arrivals *arrivals, uint32_t task, uint32_t user_number)
{
	struct task_instance *instance = task_instance_new(arrivals->simulation, task, arrivals->made++);

	task_set_user_number(instance, user_number);
	arrivals->receiver.request(arrivals->receiver.context, instance);
}

static void close_arrivals(struct arrivals *arrivals)
{
	if (arrivals->closed)
		return;
	arrivals->closed = true;
	task_statistics_arrivals_over(arrivals->simulation);
	arrivals->receiver.closed(arrivals->receiver.context);
}

/* ---- An open load ---- */

static event_fn arrive;

static void schedule_arrival(struct arrivals *arrivals)
{
	if (arrival_source_next(&arrivals->source, &arrivals->next_task))
		engine_schedule_at(arrivals->simulation->engine,
				   sim_time_add(arrivals->first_ns, arrivals->source.at_ns), arrive, arrivals, 0);
	else
		close_arrivals(arrivals);
}

static void arrive(struct engine *engine, void *subject, uint64_t argument)
{
	struct arrivals *arrivals = subject;

	(void)engine;
	(void)argument;
	make_request(arrivals, arrivals->next_task, 0);
	schedule_arrival(arrivals);
}

/* ---- Users ---- */

/* Whether no request is made any more at that time. */
static bool is_over(const struct arrivals *arrivals, sim_ns at_ns)
{
	const struct run *run = &arrivals->simulation->workload->run;

	return (run->count > 0 && arrivals->made == (uint64_t)run->count) ||
	       (run->arrivals_for_ns > 0 && at_ns - arrivals->first_ns >= run->arrivals_for_ns);
}

static void user_leaves(struct arrivals *arrivals)
{
	if (--arrivals->users_left == 0)
		close_arrivals(arrivals);
}

static void user_requests(struct engine *engine, void *subject, uint64_t user)
{
	struct arrivals *arrivals = subject;
	struct simulation *simulation = arrivals->simulation;

	if (is_over(arrivals, engine_now(engine))) {
		user_leaves(arrivals);
		return;
	}
	arrivals->user_requests[user]++;
	make_request(arrivals, workload_run_task(simulation->workload, simulation->replication, arrivals->made),
		     (uint32_t)user + 1);
	/* Nobody waits for those who are thinking, and would find that they come too late. */
	if (arrivals->made == (uint64_t)simulation->workload->run.count)
		close_arrivals(arrivals);
}

void arrivals_request_ended(struct arrivals *arrivals, uint32_t user)
{
	struct simulation *simulation = arrivals->simulation;
	sim_ns think_ns = workload_draw(simulation->workload, &simulation->workload->run.think,
					random_hash_name("think"), simulation->replication, user,
					arrivals->user_requests[user] - 1);
	sim_ns next_ns = sim_time_add(engine_now(simulation->engine), think_ns);

	if (is_over(arrivals, next_ns))
		user_leaves(arrivals);
	else
		engine_schedule_at(simulation->engine, next_ns, user_requests, arrivals, user);
}

/* ---- All at once ---- */

static void request_all(struct arrivals *arrivals)
{
	const struct simulation *simulation = arrivals->simulation;

	for (int64_t i = 0; i < simulation->workload->run.count; i++)
		make_request(arrivals,
			     workload_run_task(simulation->workload, simulation->replication, arrivals->made), 0);
	close_arrivals(arrivals);
}

/* ---- Each kind of run ---- */

static void start_users(struct arrivals *arrivals)
{
	const struct simulation *simulation = arrivals->simulation;

	arrivals->users_left = (uint64_t)simulation->workload->run.users;
	arrivals->user_requests =
		region_alloc_array(simulation->region, arrivals->users_left, sizeof(*arrivals->user_requests));
	for (uint32_t user = 0; user < (uint32_t)simulation->workload->run.users; user++)
		user_requests(simulation->engine, arrivals, user);
}

struct arrivals *arrivals_start(struct simulation *simulation, const struct arrivals_receiver *receiver)
{
	const struct workload *workload = simulation->workload;
	struct arrivals *arrivals = region_alloc(simulation->region, sizeof(*arrivals));

	simulation->arrivals = arrivals;
	arrivals->simulation = simulation;
	arrivals->receiver = *receiver;
	arrivals->first_ns = engine_now(simulation->engine);
	switch (workload->run.kind) {
	case RUN_ARRIVALS:
		arrival_source_init(&arrivals->source, workload, simulation->replication);
		schedule_arrival(arrivals);
		break;
	case RUN_USERS:
		start_users(arrivals);
		break;
	default:
		request_all(arrivals);
		break;
	}
	return arrivals;
}
