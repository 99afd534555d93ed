/*
 * run.c - see gilsim.h: running a scenario, and what is put beside its figures.
 */
#include <gsl/gsl_errno.h>
#include <string.h>

#include "sim/api/gilsim.h"
#include "sim/api/handle.h"
#include "sim/base/wish.h"
#include "sim/plan/error_ledger.h"
#include "sim/plan/evaluate.h"
#include "sim/plan/explain.h"
#include "sim/plan/theory.h"

struct execution {
	struct gilsim *gilsim;
	const struct gilsim_run_options *options;
	size_t done, total; /* simulations */
};

/* ---- Looking on ---- */

static const struct trace_sink *begin_simulation(void *context, const struct workload *workload, size_t replication)
{
	const struct execution *execution = context;
	const struct trace_run heading = { .scenario = workload->scenario,
					   .variant = workload->variant,
					   .source = "simulated",
					   .seed = workload->seed,
					   .replication = replication };

	return trace_begin(execution->options->trace, &heading);
}

static void count_simulation(struct execution *execution, const char *variant)
{
	execution->done++;
	if (execution->options->progress)
		execution->options->progress(execution->options->context, (double)execution->done / (double)execution->total,
					     variant);
}

static void end_simulation(void *context, const struct workload *workload)
{
	struct execution *execution = context;

	count_simulation(execution, workload->variant);
	if (execution->options->trace)
		trace_end(execution->options->trace);
}

static void count_question(void *context)
{
	count_simulation(context, "explaining");
}

/* ---- What stands beside the simulated figures ---- */

/* Of an open load or users in a loop the makespan is the generator's. */
static const char *error_metric(const struct workload *workload)
{
	return workload->run.kind == RUN_ARRIVALS || workload->run.kind == RUN_USERS ? "p50" : "makespan";
}

/* Laws, production's figures, and what is known of their errors. */
static void put_beside(const struct scenario *scenario, struct results *results, struct region *region)
{
	const struct error_ledger *ledger = error_ledger_open(region);

	for (size_t i = 0; i < results->variant_count; i++) {
		struct variant_result *variant = &results->variants[i];
		struct production *production = region_alloc_array(region, scenario->measured_count, sizeof(*production));

		variant->theory = theory_of(&scenario->workloads[i], variant, region);
		if (ledger)
			variant->known_error = error_ledger_look_up(ledger, &scenario->workloads[i],
								    error_metric(&scenario->workloads[i]), region);
		variant->production = production;
		for (size_t j = 0; j < scenario->measured_count; j++)
			if (!strcmp(scenario->measured[j].variant, variant->name))
				production[variant->production_count++] = scenario->measured[j].figure;
	}
	results->scalability = scalability_of(scenario->workloads, results, region);
}

static void explain_results(struct execution *execution)
{
	struct gilsim *gilsim = execution->gilsim;
	struct results *results = &gilsim->results;
	const struct explain_options options = { .replications = (size_t)results->replications,
						 .wish_to_stop = execution->options->stop,
						 .limits = gilsim->limits,
						 .asked = count_question,
						 .context = execution };

	for (size_t i = 0; i < results->variant_count; i++)
		execution->total += options.replications * explain_question_count(&gilsim->scenario->workloads[i],
										  &results->variants[i], &gilsim->run_region);
	for (size_t i = 0; i < results->variant_count && !wish_is_there(options.wish_to_stop); i++)
		results->variants[i].explanation =
			explain(&gilsim->scenario->workloads[i], &results->variants[i], &options, &gilsim->run_region);
}

/* ---- Running ---- */

static void simulate_all(struct execution *execution)
{
	const struct gilsim_run_options *options = execution->options;
	struct gilsim *gilsim = execution->gilsim;
	const struct evaluation_watcher watcher = { options->trace ? begin_simulation : NULL, end_simulation, execution };
	const struct evaluation evaluation = {
		.replications = options->replications > 0 ? options->replications : 1,
		.precision = { options->precision_ratio, options->precision_metric },
		.jobs = options->jobs,
		.wish_to_stop = options->stop,
		.watcher = &watcher,
		.limits = gilsim->limits,
	};

	execution->total = gilsim->scenario->workload_count * evaluation.replications;
	gilsim->results = evaluate(gilsim->scenario, &evaluation, &gilsim->run_region);
	gilsim->results.overrides = gilsim->source.options.overrides;
	gilsim->results.override_count = gilsim->source.options.override_count;
	put_beside(gilsim->scenario, &gilsim->results, &gilsim->run_region);
	gilsim->is_explained = options->explain;
	if (options->explain && !wish_is_there(options->stop))
		explain_results(execution);
}

int gilsim_run(struct gilsim *gilsim, const struct gilsim_run_options *options)
{
	static const struct gilsim_run_options once = { .replications = 1, .jobs = 1 };
	struct execution execution = { .gilsim = gilsim, .options = options ? options : &once };
	gsl_error_handler_t *handler = gsl_set_error_handler_off();
	jmp_buf failed;

	region_release(&gilsim->run_region);
	gilsim->has_results = false;
	gilsim->run_region.unwind = &failed;
	if (setjmp(failed) == 0) {
		simulate_all(&execution);
		gilsim->has_results = true;
	}
	gilsim->run_region.unwind = NULL;
	gsl_set_error_handler(handler);
	return gilsim->has_results && trace_is_whole(execution.options->trace) ? 0 : -1;
}
