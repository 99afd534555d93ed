/*
 * arrivals.c - see arrivals.h.
 */
#include "models/simulate/arrivals.h"

static event_fn arrive;

static void schedule_arrival(struct arrivals *arrivals)
{
	struct simulation *simulation = arrivals->simulation;
	const struct run *run = &simulation->workload->run;
	struct variate variate = variate_open(simulation->workload->seed, simulation->replication,
					      random_hash_name("arrivals"), 0, arrivals->made);
	sim_ns next_ns =
		sim_time_add(engine_now(simulation->engine), distribution_draw_ns(&run->spacing, &variate));
	bool over = (run->count > 0 && arrivals->made == (uint64_t)run->count) ||
		    (run->arrivals_for_ns > 0 && next_ns - arrivals->first_ns >= run->arrivals_for_ns);

	if (over)
		arrivals->receiver.closed(arrivals->receiver.context);
	else
		engine_schedule_at(simulation->engine, next_ns, arrive, arrivals, 0);
}

static void arrive(struct engine *engine, void *subject, uint64_t argument)
{
	struct arrivals *arrivals = subject;
	struct simulation *simulation = arrivals->simulation;

	(void)engine;
	(void)argument;
	arrivals->receiver.request(arrivals->receiver.context,
				   task_instance_new(simulation, simulation->workload->run.task, arrivals->made++));
	schedule_arrival(arrivals);
}

struct arrivals *arrivals_start(struct simulation *simulation, const struct arrivals_receiver *receiver)
{
	struct arrivals *arrivals = region_alloc(simulation->region, sizeof(*arrivals));

	arrivals->simulation = simulation;
	arrivals->receiver = *receiver;
	arrivals->first_ns = engine_now(simulation->engine);
	schedule_arrival(arrivals);
	return arrivals;
}
