/*
 * cmd_run.c - `gilsim run`: simulate.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "sim/cli/cli.h"
#include "sim/cli/error_ledger.h"
#include "sim/cli/evaluation_options.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/output_file.h"
#include "sim/cli/progress.h"
#include "sim/cli/threshold.h"
#include "sim/cli/trace_file.h"
#include "sim/cli/verdict.h"
#include "sim/plan/evaluate.h"
#include "sim/plan/explain.h"
#include "sim/plan/theory.h"
#include "sim/results/production.h"

enum { OPTION_TRACE = 0x200, OPTION_EXPLAIN, OPTION_STRICT };

struct run_arguments {
	struct scenario_arguments scenario;
	struct output_arguments output;
	struct evaluation evaluation;
	struct threshold_arguments thresholds;
	struct limit_arguments limits;
	const char *trace_path; /* NULL: none */
	bool explain, strict;
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
	struct run_arguments *arguments = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &arguments->scenario;
		state->child_inputs[1] = &arguments->output;
		state->child_inputs[2] = &arguments->evaluation;
		state->child_inputs[3] = &arguments->thresholds;
		state->child_inputs[4] = &arguments->limits;
		return 0;
	case OPTION_TRACE:
		arguments->trace_path = text;
		return 0;
	case OPTION_EXPLAIN:
		arguments->explain = true;
		return 0;
	case OPTION_STRICT:
		arguments->strict = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option option_rows[] = {
	{ "trace", OPTION_TRACE, "FILE", 0, "Write what happens: .json for Perfetto and speedscope, .csv for plots, else text", 3 },
	{ "explain", OPTION_EXPLAIN, 0, 0, "Print where the time went in full, what each cost adds, what a faster step would give, "
	  "and why a law of theory applies or does not", 3 },
	{ "strict", OPTION_STRICT, 0, 0, "Let expectations set the exit status even with --set", 3 },
	{ 0 },
};

static const struct argp_child children[] = { { &scenario_argp, 0, NULL, 0 },
					      { &output_argp, 0, NULL, 0 },
					      { &evaluation_argp, 0, NULL, 0 },
					      { &threshold_argp, 0, NULL, 0 },
					      { &limit_argp, 0, NULL, 0 },
					      { 0 } };

static const struct argp run_argp = {
	.options = option_rows,
	.parser = parse_option,
	.args_doc = "FILE...",
	.doc = "Simulate every variant of each scenario and print them side by side.\v"
	       "Exit status: 0 done, 1 an expectation or --slo does not hold or an unexpected deadlock, 2 bad input, "
	       "3 output failed, 130 on ^C.\n\n"
	       "Examples:\n  gilsim run --set machine.cores=4 scenarios/seeds/a1-*.yaml\n"
	       "  gilsim run --explain scenarios/seeds/b8-*.yaml\n"
	       "  gilsim run --slo 'p99 < 200ms' scenarios/planning/api-server.yaml",
	.children = children,
};

struct simulation {
	const struct run_arguments *arguments;
	struct region *region;
	struct progress progress;
	struct trace_writer *trace; /* NULL: none */
	size_t done, total;	   /* simulations of all files */
};

static const struct trace_sink *begin_simulation(void *context, const struct workload *workload, size_t replication)
{
	struct simulation *simulation = context;
	const struct trace_run run = { .scenario = workload->scenario,
				       .variant = workload->variant,
				       .source = "simulated",
				       .seed = workload->seed,
				       .replication = replication };

	return trace_writer_begin_run(simulation->trace, &run);
}

static void end_simulation(void *context, const struct workload *workload)
{
	struct simulation *simulation = context;

	progress_update(&simulation->progress, (double)++simulation->done / (double)simulation->total,
			workload->variant);
	if (simulation->trace)
		trace_writer_end_run(simulation->trace);
}

static void count_question(void *context)
{
	struct simulation *simulation = context;

	progress_update(&simulation->progress, (double)simulation->done++ / (double)simulation->total, "explaining");
}

static void explain_results(struct simulation *simulation, const struct scenario *scenario, struct results *results)
{
	const struct explain_options options = { .replications = (size_t)results->replications,
						 .wish_to_stop = interrupt_flag(),
						 .limits = simulation->arguments->limits.simulation,
						 .asked = count_question,
						 .context = simulation };

	for (size_t i = 0; i < results->variant_count; i++)
		simulation->total += options.replications *
				     explain_question_count(&scenario->workloads[i], &results->variants[i],
							    simulation->region);
	for (size_t i = 0; i < results->variant_count && !interrupt_seen(); i++)
		results->variants[i].explanation = explain(&scenario->workloads[i], &results->variants[i],
							   &options, simulation->region);
}

/* Of an open load or users in a loop the makespan is the generator's. */
static const char *error_metric(const struct workload *workload)
{
	return workload->run.kind == RUN_ARRIVALS || workload->run.kind == RUN_USERS ? "p50" : "makespan";
}

/* What stands beside the simulated figures: laws, production's, and what is known of their errors. */
static void put_beside(const struct scenario *scenario, struct results *results, struct region *region)
{
	const struct error_ledger *ledger = error_ledger_open(region);

	for (size_t i = 0; i < results->variant_count; i++) {
		struct variant_result *variant = &results->variants[i];
		struct production *production =
			region_alloc_array(region, scenario->measured_count, sizeof(*production));

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

static struct results simulate_file(struct simulation *simulation, const struct scenario *scenario)
{
	const struct evaluation_watcher watcher = { simulation->trace ? begin_simulation : NULL, end_simulation,
						    simulation };
	struct evaluation evaluation = simulation->arguments->evaluation;
	struct results results;

	evaluation.wish_to_stop = interrupt_flag();
	evaluation.watcher = &watcher;
	evaluation.limits = simulation->arguments->limits.simulation;
	results = evaluate(scenario, &evaluation, simulation->region);
	results.overrides = simulation->arguments->scenario.overrides.items;
	results.override_count = simulation->arguments->scenario.overrides.count;
	put_beside(scenario, &results, simulation->region);
	if (simulation->arguments->explain && !interrupt_seen())
		explain_results(simulation, scenario, &results);
	return results;
}

static bool print_results(const struct run_arguments *arguments, struct results *results,
			  struct scenario *const *scenarios, const struct thresholds *thresholds, size_t count,
			  FILE *stream, int *status)
{
	bool printed = true;
	/* Beside a document for programs, verdicts have no place on the same stream. */
	FILE *verdicts = arguments->output.format == FORMAT_TABLE ? stream : stderr;

	if (arguments->output.format == FORMAT_JSON)
		printed = results_print_json(results, count, stream);
	else if (arguments->output.format == FORMAT_CSV)
		printed = results_print_csv(results, count, stream);
	for (size_t i = 0; i < count; i++) {
		if (arguments->output.format == FORMAT_TABLE) {
			if (i > 0)
				fputc('\n', stream);
			printed &= results_print_table(&results[i], wants_color(stream), stream);
			if (arguments->explain)
				printed &= results_print_explanation(&results[i], stream);
			theory_print(&results[i], arguments->explain, stream);
			production_print(&results[i], stream);
		}
		/* What was cut short has nothing to say about expectations. */
		if (results[i].variant_count == scenarios[i]->workload_count) {
			*status = worse_status(
				*status, verdict_print(scenarios[i], &results[i], arguments->strict, verdicts));
			*status = worse_status(*status, thresholds_print(&thresholds[i], &results[i], verdicts));
		}
	}
	return printed;
}

int cmd_run(int argc, char **argv)
{
	struct region region;
	struct run_arguments arguments = { .scenario.region = &region, .thresholds.region = &region };
	struct simulation simulation = { .arguments = &arguments, .region = &region };
	struct scenario_options scenario_options;
	struct scenario **scenarios;
	struct thresholds *thresholds;
	struct results *results;
	struct trace_file trace = { .writer = NULL };
	struct output_file output;
	size_t count = 0;
	int status = STATUS_DONE;

	region_init(&region);
	argp_parse(&run_argp, argc, argv, 0, NULL, &arguments);
	region.limit_bytes = arguments.limits.simulation.memory_bytes;
	interrupt_after(arguments.limits.time_s);
	scenario_options = scenario_arguments_options(&arguments.scenario);
	scenarios = region_alloc_array(&region, arguments.scenario.files.count, sizeof(scenarios[0]));
	thresholds = region_alloc_array(&region, arguments.scenario.files.count, sizeof(thresholds[0]));
	results = region_alloc_array(&region, arguments.scenario.files.count, sizeof(results[0]));

	/* All files are read before the first runs, so that every mistake is known at once. */
	for (size_t i = 0; i < arguments.scenario.files.count; i++) {
		scenarios[i] = load_scenario(arguments.scenario.files.items[i], &scenario_options, &region);
		if (!scenarios[i] ||
		    !thresholds_read(&thresholds[i], &arguments.thresholds, scenarios[i], &region))
			status = STATUS_BAD_INPUT;
		else
			simulation.total += scenarios[i]->workload_count * arguments.evaluation.replications;
	}
	if (status != STATUS_DONE)
		goto release;

	interrupt_watch();
	status = trace_file_open(&trace, arguments.trace_path, &region);
	if (status != STATUS_DONE)
		goto release;
	simulation.trace = trace.writer;
	progress_start(&simulation.progress);
	for (; count < arguments.scenario.files.count && !interrupt_seen(); count++)
		results[count] = simulate_file(&simulation, scenarios[count]);
	progress_end(&simulation.progress);
	status = trace_file_close(&trace);

	if (!output_file_open(&output, arguments.output.path, &region)) {
		status = output_failed(arguments.output.path);
		goto release;
	}
	if (!print_results(&arguments, results, scenarios, thresholds, count, output.stream, &status)) {
		status = output_failed(arguments.output.path);
		output_file_discard(&output);
	} else if (!output_file_close(&output)) {
		status = output_failed(arguments.output.path);
	}
	if (interrupt_seen())
		status = worse_status(status, interrupt_status());
release:
	region_release(&region);
	return status;
}
