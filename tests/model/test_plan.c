/* Plans: against Erlang C, against grids that are known, and where what holds is not monotone. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>

#include "sim/plan/plan.h"
#include "sim/plan/plan_rate.h"
#include "sim/scenario/expectation_parse.h"
#include "tests/model/plan_helper.h"
#include "tests/model/theory_helper.h"

struct question {
	struct region region;
	struct plan_file file;
	struct scenario_source source;
	struct sweep_axes vary;
	struct expectation slos[2];
	const char *variant;
	struct plan_options options;
	struct batch batch;
};

static void open_question(struct question *question, const char *text, const char *variant)
{
	*question = (struct question){ .variant = variant };
	region_init(&question->region);
	question->file = (struct plan_file){ .path = plan_text_file(text, &question->region), .seed = 1 };
	question->source = plan_source(&question->file);
	question->options = (struct plan_options){
		.objectives = { .slos = question->slos, .confidence = 0.95, .least = 5, .most = 40 },
		.variants = &question->variant,
		.variant_count = 1,
	};
}

static void close_question(struct question *question)
{
	plan_text_remove(question->file.path);
	region_release(&question->region);
}

static void add_slo(struct question *question, const char *text)
{
	struct unit_error error;
	int column;

	cr_assert(expectation_parse(text, NULL, 0, &question->region,
				    &question->slos[question->options.objectives.count++], &column, &error));
}

static struct plan search(struct question *question, const char *vary)
{
	const char *why;

	cr_assert(sweep_axes_add(&question->vary, vary, &question->region, &why));
	question->options.axes = axes_with_numbers(&question->vary, &question->region);
	question->options.axis_count = question->vary.count;
	return plan_search(&question->source, &question->options, &question->batch, &question->region);
}

/* The value of the first axis at a point. */
static double value_at(const struct question *question, const struct plan *plan, size_t point)
{
	return point == SIZE_MAX ? NAN : question->options.axes[0].numbers[plan->points[point].at[0]];
}

/* ---- M/M/c ---- */

static double mean_sojourn(int servers, double arrival, double mu)
{
	double load = arrival / mu;

	return 1 / mu + erlang_c(servers, load) / (servers * mu - arrival);
}

/* Each answer is Erlang C's, or the one before it is said to be open. */
static void check_erlang(int number)
{
	struct variate variate = variate_open(711, 0, random_hash_name("plan against Erlang C"), (uint64_t)number, 0);
	double mu = 100, servers_needed = 2 + floor(8 * variate_uniform(&variate));
	double arrival = mu * (servers_needed - 1 + 0.25 + 0.5 * variate_uniform(&variate));
	int first = (int)floor(arrival / mu) + 1, right = first;
	double limit = mean_sojourn(first + (int)(3 * variate_uniform(&variate)), arrival, mu) *
		       (1.02 + 0.2 * variate_uniform(&variate));
	struct question question;
	struct plan plan;
	double found;
	char text[600], slo[60];

	while (mean_sojourn(right, arrival, mu) >= limit)
		right++;
	snprintf(text, sizeof(text),
		 "machine: {profile: ideal, cores: 64}\ntasks: {serve: [{native: exponential(10ms)}]}\n"
		 "run: {task: serve, arrivals: {rate: %.6f/s, count: 20000}, warm_up: 2s}\n"
		 "variants: {pool: {model: thread_pool, workers: 1}}\n",
		 arrival);
	snprintf(slo, sizeof(slo), "sojourn.mean < %.0fus", limit * 1e6);
	open_question(&question, text, "pool");
	add_slo(&question, slo);
	plan = search(&question, "variants.pool.workers=1..32");
	found = value_at(&question, &plan, plan.best);
	cr_expect(found == right || (plan.undecided != SIZE_MAX &&
				     value_at(&question, &plan, plan.undecided) <= right && found == right + 1),
		  "question %d: %.3f arrivals a second, %s: %g workers, Erlang C says %d", number, arrival, slo, found, right);
	cr_expect(lt(sz, plan.count, 14), "%zu of 32 points were asked", plan.count);
	close_question(&question);
}

Test(plan, finds_the_workers_that_erlang_c_gives, .timeout = 3000)
{
	int questions = getenv("GILSIM_LONG") ? 20 : 2;

	for (int number = 0; number < questions; number++)
		check_erlang(number);
}

/* ---- Without chance ---- */

static const char waves[] = "machine: {profile: ideal, cores: 4}\n"
			    "tasks: {fetch: [{io: 71ms}]}\n"
			    "run: {task: fetch, count: 60}\n"
			    "variants: {pool: {model: thread_pool, workers: 1}, asyncio: {model: asyncio}}\n";

Test(plan, sixty_waits_in_three_waves_need_twenty_workers)
{
	struct question question;
	struct plan plan;

	open_question(&question, waves, "pool");
	add_slo(&question, "makespan <= 213ms");
	add_slo(&question, "completed = 60");
	plan = search(&question, "variants.pool.workers=1..64");
	cr_expect(eq(dbl, value_at(&question, &plan, plan.best), 20));
	cr_expect(eq(dbl, value_at(&question, &plan, plan.runner_up), 21));
	cr_expect(plan.undecided == SIZE_MAX);
	cr_expect(plan.broken_axis == NULL);
	cr_expect(eq(sz, plan.points[plan.best].answer.binding, 0));
	cr_expect(lt(sz, plan.count, 20));
	close_question(&question);
}

Test(plan, says_what_was_nearest_when_nothing_holds)
{
	struct question question;
	struct plan plan;

	open_question(&question, waves, "pool");
	add_slo(&question, "makespan < 71ms");
	plan = search(&question, "variants.pool.workers=1..8");
	cr_expect(plan.best == SIZE_MAX);
	cr_expect(eq(dbl, value_at(&question, &plan, plan.nearest), 8));
	close_question(&question);
}

/* More workers are better up to a memory limit that only few of them meet. */
Test(plan, finds_what_holds_only_in_between)
{
	struct question question;
	struct plan plan;

	open_question(&question,
		      "machine: {profile: default, cores: 4}\ntasks: {hold: [{allocate: 10MiB}, {io: 100ms}]}\n"
		      "run: {task: hold, count: 64}\nvariants: {pool: {model: thread_pool, workers: 1}}\n",
		      "pool");
	add_slo(&question, "makespan < 1s");
	add_slo(&question, "peak_memory < 110MiB");
	plan = search(&question, "variants.pool.workers=1..64");
	cr_assert(plan.best != SIZE_MAX);
	/* Eight waves of 100 ms, and what writing the memory costs; seven workers need ten waves. */
	cr_expect(eq(dbl, value_at(&question, &plan, plan.best), 8));
	close_question(&question);
}

/* It holds from 20 on, so the search ends there; but also from 6 to 8, which only its checks can find. */
Test(plan, asks_every_cheaper_point_when_its_conclusions_were_wrong)
{
	struct question question;
	struct plan plan;

	open_question(&question,
		      "machine: {profile: ideal, cores: 4}\n"
		      "tasks:\n  job:\n    - let: {n: 1}\n    - if: n > 5 and n < 9 or n >= 20\n"
		      "      then: [{io: 1ms}]\n      else: [{io: 9ms}]\n"
		      "run: {task: job, count: 1}\nvariants: {one: {model: sequential}}\n",
		      "one");
	add_slo(&question, "makespan < 5ms");
	plan = search(&question, "tasks.job[0].let.n=1..32");
	cr_assert(plan.best != SIZE_MAX);
	cr_expect(eq(dbl, value_at(&question, &plan, plan.best), 6));
	cr_expect(plan.broken_axis != NULL);
	close_question(&question);
}

Test(plan, processes_times_threads_are_minimised_as_workers)
{
	struct question question;
	struct plan plan;
	const char *why;

	open_question(&question,
		      "machine: {profile: ideal, cores: 8}\ntasks: {work: [{io: 30ms}, {python: 10ms}]}\n"
		      "run: {task: work, count: 96}\n"
		      "variants: {mixed: {model: processes, workers: 1, each: {model: thread_pool, workers: 1}}}\n",
		      "mixed");
	question.options.minimised = MINIMISE_WORKERS;
	/* 960 ms of bytecode need three cores at least; 3 x 4 threads keep three busy. */
	add_slo(&question, "makespan < 345ms");
	cr_assert(sweep_axes_add(&question.vary, "variants.mixed.workers=1..6", &question.region, &why));
	plan = search(&question, "variants.mixed.each.workers=1..8");
	cr_assert(plan.best != SIZE_MAX);
	for (size_t i = 0; i < plan.count; i++)
		cr_expect(plan.points[i].answer.decision != DECISION_HOLDS ||
			  plan.points[i].cost >= plan.points[plan.best].cost);
	cr_expect(eq(dbl, plan.points[plan.best].cost, 12));
	cr_expect(lt(sz, plan.count, 40));
	close_question(&question);
}

/* ---- Rates ---- */

Test(plan, the_highest_rate_of_a_single_server_is_that_of_its_formula, .timeout = 300)
{
	/* M/M/1 with 10 ms: a mean sojourn of 1/(100 - rate) below 40 ms holds up to 75/s; its power is largest at 50/s. */
	struct question question;
	struct rate_search found;

	open_question(&question,
		      "machine: {profile: ideal, cores: 2}\ntasks: {serve: [{native: exponential(10ms)}]}\n"
		      "run: {task: serve, arrivals: {rate: 20/s, count: 20000}, warm_up: 2s}\n"
		      "variants: {one: {model: thread_pool, workers: 1}}\n",
		      "one");
	add_slo(&question, "sojourn.mean < 40ms");
	found = plan_find_rate(&question.source, &question.options.objectives, "one", NULL, 0, 20, 0.02,
			       &question.batch, &question.region);
	cr_expect(gt(dbl, found.highest, 70));
	cr_expect(lt(dbl, found.highest, 75.5));
	cr_expect(gt(dbl, found.lowest, found.highest));
	cr_expect(gt(dbl, found.knee, 40));
	cr_expect(lt(dbl, found.knee, 60));
	close_question(&question);
}
