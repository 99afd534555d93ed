/* Advice: the articles' own winners and why, their decision tables, and that the winner is the simulated best. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/plan/advise.h"
#include "tests/model/plan_helper.h"

struct advised_file {
	struct region region;
	struct plan_file file;
	struct scenario_source source;
	struct batch batch;
	struct advice advice;
};

static void advise_file(struct advised_file *advised, struct plan_file file, bool with_flips)
{
	const struct advise_options options = { .replications = 2, .without_flips = !with_flips };

	*advised = (struct advised_file){ .file = file };
	advised->file.seed = 1;
	region_init(&advised->region);
	advised->source = plan_source(&advised->file);
	advised->advice = advise(&advised->source, plan_base(&advised->source, &advised->region), &options,
				 &advised->batch, &advised->region);
}

/* The best of a group; NULL: none could be simulated. */
static const struct advised *best_of(const struct advice *advice, const char *group)
{
	for (size_t i = 0; i < advice->ranking_count; i++)
		if (strcmp(advice->ranking[i].contender.candidate->group, group) == 0 &&
		    !advice->ranking[i].contender.candidate->needs)
			return &advice->ranking[i];
	return NULL;
}

static enum mechanism why(const struct advice *advice, const char *name)
{
	for (size_t i = 0; i < advice->ranking_count; i++)
		if (strcmp(advice->ranking[i].mean.name, name) == 0)
			return advice->ranking[i].mechanism.mechanism;
	cr_assert(0, "%s was not simulated", name);
	return MECHANISM_WORK;
}

static const char *winning_group(const struct advice *advice)
{
	return advice->winner == SIZE_MAX ? "none" : advice->ranking[advice->winner].contender.candidate->group;
}

/* ---- The articles ---- */

#define SEEDS "scenarios/seeds/"
/* Nearer than this to the winner is as good as it. */
#define ALIKE 1.02

struct row {
	struct plan_file file;
	const char *winner; /* the article's, as a group */
	const char *slower; /* the article's own comparison; NULL: none */
	double least;	    /* how many times slower that is at least */
};

static const struct row rows[] = {
	{ { SEEDS "a1-cpu-count.yaml", { 0 }, 1 }, "processes", "threads", 1.7 },
	{ { SEEDS "a2-url-fetch.yaml", { 0 }, 1 }, "asyncio", "sequential", 35 },
	{ { SEEDS "a4-blocking-in-coroutine.yaml", { "run.task=blocks" }, 1 }, "threads", "asyncio", 4 },
	{ { SEEDS "a4-blocking-in-coroutine.yaml", { 0 }, 1 }, "asyncio", "sequential", 4 },
	{ { SEEDS "b1-gil-contention.yaml", { 0 }, 1 }, "processes", "threads", 1.7 },
	{ { SEEDS "b8-thread-pool-speedup.yaml", { 0 }, 1 }, "threads", "sequential", 5 },
	{ { SEEDS "b9-pool-two-waves.yaml", { 0 }, 1 }, "processes", "sequential", 3.5 },
	{ { SEEDS "b10-tiny-jobs.yaml", { 0 }, 1 }, "sequential", "processes", 5 },
	{ { SEEDS "b13-gather.yaml", { 0 }, 1 }, "asyncio", "sequential", 2 },
	/* b18: worthwhile from some length on, which depends on how processes start. */
	{ { SEEDS "b18-break-even.yaml", { "run.items=[300us, 300us, 300us, 300us, 300us, 300us, 300us, 300us]" }, 1 },
	  "sequential", "processes", 1 },
	{ { SEEDS "b18-break-even.yaml", { 0 }, 1 }, "processes", "sequential", 1.5 },
	{ { SEEDS "b18-break-even.yaml", { "python.start=spawn" }, 1 }, "sequential", "processes", 1 },
	{ { SEEDS "b18-break-even.yaml",
	    { "python.start=spawn", "run.items=[100ms, 100ms, 100ms, 100ms, 100ms, 100ms, 100ms, 100ms]" },
	    1 },
	  "processes",
	  "sequential",
	  1.5 },
	{ { SEEDS "c1-ten-urls.yaml", { 0 }, 1 }, "asyncio", "sequential", 5 },
	{ { SEEDS "c3-ten-requests.yaml", { 0 }, 1 }, "threads", "sequential", 8 },
	{ { SEEDS "c5-fifty-urls.yaml", { 0 }, 1 }, "threads", "sequential", 8 },
	{ { SEEDS "c6-factorials-pool.yaml", { 0 }, 1 }, "processes", "threads", 2.5 },
	{ { SEEDS "c7-prime-counts.yaml", { 0 }, 1 }, "processes", "sequential", 2 },
	{ { SEEDS "c10-twenty-posts.yaml", { 0 }, 1 }, "asyncio", "sequential", 10 },
	{ { SEEDS "c13-decision-framework.yaml", { 0 }, 1 }, "processes", "threads", 3.5 },
	{ { SEEDS "c13-decision-framework.yaml", { "run.task=connection", "run.count=3000" }, 1 },
	  "asyncio",
	  "processes",
	  50 },
	{ { SEEDS "c13-decision-framework.yaml", { "run.task=library", "run.count=20" }, 1 }, "threads", "asyncio", 15 },
	{ { SEEDS "c14-twenty-urls.yaml", { 0 }, 1 }, "asyncio", "sequential", 10 },
	{ { SEEDS "c15-factorials-three-ways.yaml", { 0 }, 1 }, "processes", "threads", 3 },
	{ { SEEDS "c18-connections.yaml", { "run.count=5000" }, 1 }, "asyncio", "threads", 1.05 },
};

Test(advise, names_the_winners_of_the_articles, .timeout = 300)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct advised_file advised;
		const struct advised *winner, *slower;

		advise_file(&advised, rows[i].file, false);
		winner = best_of(&advised.advice, rows[i].winner);
		slower = best_of(&advised.advice, rows[i].slower);
		cr_assert(winner && slower, "%s", rows[i].file.path);
		cr_expect(winner->behind < ALIKE, "%s: %s wins, %s is %.3f times slower, and the article's winner",
			  rows[i].file.path, winning_group(&advised.advice), rows[i].winner, winner->behind);
		cr_expect(slower->behind >= rows[i].least, "%s: %s is %.3f times slower", rows[i].file.path,
			  rows[i].slower, slower->behind);
		region_release(&advised.region);
	}
}

Test(advise, says_what_holds_the_losers_back)
{
	struct advised_file advised;

	advise_file(&advised, (struct plan_file){ .path = SEEDS "a1-cpu-count.yaml" }, false);
	cr_expect(eq(int, why(&advised.advice, "threads"), MECHANISM_GIL));
	cr_expect(eq(int, why(&advised.advice, "sequential"), MECHANISM_ONE_AT_A_TIME));
	cr_expect(eq(int, why(&advised.advice, "pool"), MECHANISM_CORES));
	region_release(&advised.region);

	advise_file(&advised,
		    (struct plan_file){ .path = SEEDS "a4-blocking-in-coroutine.yaml", .settings = { "run.task=blocks" } },
		    false);
	cr_expect(eq(int, why(&advised.advice, "asyncio"), MECHANISM_BLOCKED_LOOP));
	cr_expect(eq(int, why(&advised.advice, "threads"), MECHANISM_WAITS));
	region_release(&advised.region);

	advise_file(&advised, (struct plan_file){ .path = SEEDS "b10-tiny-jobs.yaml" }, false);
	cr_expect(eq(int, why(&advised.advice, "pool"), MECHANISM_START_UP));
	region_release(&advised.region);

	advise_file(&advised,
		    (struct plan_file){ .path = SEEDS "b9-pool-two-waves.yaml", .settings = { "machine.quota=1" } }, false);
	cr_expect(eq(int, why(&advised.advice, "processes"), MECHANISM_THROTTLED));
	region_release(&advised.region);
}

static const struct flip *find_flip(const struct advice *advice, const char *what, const char *winner)
{
	for (size_t i = 0; i < advice->flip_count; i++)
		if (strcmp(advice->flips[i].what, what) == 0 && advice->flips[i].winner &&
		    strcmp(advice->flips[i].winner, winner) == 0)
			return &advice->flips[i];
	return NULL;
}

Test(advise, finds_what_would_change_the_answer)
{
	struct advised_file advised;

	/* Fork pays for jobs of 5 ms, spawn does not; nor does fork for jobs of a tenth of that. */
	advise_file(&advised, (struct plan_file){ .path = SEEDS "b18-break-even.yaml" }, true);
	cr_expect(find_flip(&advised.advice, "start of processes", "sequential") != NULL);
	cr_expect(find_flip(&advised.advice, "length of each task", "sequential") != NULL);
	region_release(&advised.region);
}

/* Pools hand payloads over through pipes; threads do not, so from some size on they win, and below some size pools do. */
Test(advise, finds_the_payload_from_which_on_processes_lose)
{
	static const char text[] = "machine: {profile: default, cores: 4}\ntasks: {work: [{c: 3ms}]}\n"
				   "run: {task: work, count: 40%s}\nvariants: {one: {model: sequential}}\n";
	static const char *const payloads[] = { "", ", bytes: 16MiB, result_bytes: 16MiB" };
	static const char *const winners[] = { "processes", "sequential" };
	struct region region;

	region_init(&region);
	for (size_t i = 0; i < 2; i++) {
		struct advised_file advised;
		const char *path = plan_text_file(region_format(&region, text, payloads[i]), &region);
		bool found = false;

		advise_file(&advised, (struct plan_file){ .path = path }, true);
		plan_text_remove(path);
		cr_expect(eq(str, (char *)winning_group(&advised.advice), (char *)winners[i]));
		for (size_t k = 0; k < advised.advice.flip_count; k++)
			found |= strcmp(advised.advice.flips[k].what, "payload of each task") == 0 &&
				 advised.advice.flips[k].winner != NULL;
		cr_expect(found, "no payload flips it");
		region_release(&advised.region);
	}
	region_release(&region);
}

Test(advise, says_which_models_could_not_run_and_what_it_does_not_know)
{
	struct advised_file advised;
	size_t not_run = 0;

	advise_file(&advised, (struct plan_file){ .path = SEEDS "d6-ten-thousand-requests.yaml", .settings = { "run.count=500" } }, false);
	for (size_t i = 0; i < advised.advice.candidates.count; i++)
		not_run += advised.advice.candidates.items[i].why_not != NULL;
	/* A process for each of 500 requests. */
	cr_expect(eq(sz, not_run, 1));
	cr_expect(ge(sz, advised.advice.unknown_count, 3));
	region_release(&advised.region);
}

Test(advise, a_run_that_loses_updates_does_not_win)
{
	static const char text[] = "machine: {profile: default, cores: 2}\nresources: {n: {kind: variable}}\n"
				   "tasks:\n  add:\n    - read: {from: n, as: x}\n    - io: 1ms\n"
				   "    - write: {to: n, value: x + 1}\n"
				   "run: {task: add, count: 20}\nvariants: {one: {model: sequential}}\n";
	struct advised_file advised;
	struct region region;
	const char *path;

	region_init(&region);
	path = plan_text_file(text, &region);
	advise_file(&advised, (struct plan_file){ .path = path }, false);
	plan_text_remove(path);
	cr_expect(eq(str, (char *)winning_group(&advised.advice), "sequential"));
	cr_expect(eq(int, why(&advised.advice, "threads"), MECHANISM_LOST_UPDATES));
	region_release(&advised.region);
	region_release(&region);
}

/* ---- The winner is the simulated best ---- */

/* The best value of any plain candidate at any number of workers up to `most`. */
static double exhaustive_best(struct advised_file *advised, int most)
{
	const struct advice *advice = &advised->advice;
	double best = INFINITY;

	for (size_t i = 0; i < advice->candidates.count; i++) {
		const struct candidate *candidate = &advice->candidates.items[i];

		for (int workers = 1; !candidate->why_not && !candidate->needs && workers <= (candidate->has_workers ? most : 1);
		     workers++) {
			struct workload workload;
			struct variant_result result;

			if (model_starts_processes(&candidate->workload.model) &&
			    workers > ADVISE_PROCESSES_PER_CORE * candidate->workload.machine.cores)
				break;
			workload = workload_with_size(&candidate->workload, (struct model_size){ .workers = workers },
						      &advised->region);
			batch_simulate(&advised->batch, &workload, 1, (struct replications){ .count = 1 },
				       &advised->region, &result);
			if (objective_fitness(&advice->objective, &result) == FIT)
				best = fmin(best, objective_value(&advice->objective, &result));
		}
	}
	return best;
}

/* A line of the table of generated scenarios, which tests/tools/advise_native.py measures some of: cores from 1 to 7, up to 40
 * tasks that wait for up to 400 ms or not at all, and work for 0.1 to 150 ms, in C as well or not. */
struct generated {
	int number, cores, count, wait_us, work_us, c_us;
};

/* What advise() says with one replication, so that both look at the same one. */
static void check_generated(const struct generated *generated)
{
	const struct advise_options options = { .replications = 1, .without_flips = true };
	struct advised_file advised = { .file.seed = 1 };
	double found, best;
	char text[500];

	snprintf(text, sizeof(text),
		 "machine: {cores: %d}\ntasks: {work: [{io: %dus}, {python: %dus}, {c: %dus}]}\n"
		 "run: {task: work, count: %d}\nvariants: {one: {model: sequential}}\n",
		 generated->cores, generated->wait_us, generated->work_us, generated->c_us, generated->count);
	region_init(&advised.region);
	advised.file.path = plan_text_file(text, &advised.region);
	advised.source = plan_source(&advised.file);
	advised.advice = advise(&advised.source, plan_base(&advised.source, &advised.region), &options, &advised.batch,
				&advised.region);
	plan_text_remove(advised.file.path);
	cr_assert(advised.advice.winner != SIZE_MAX);
	found = objective_value(&advised.advice.objective, &advised.advice.ranking[advised.advice.winner].mean);
	best = exhaustive_best(&advised, generated->count);
	/* Two sizes of the same model may differ by less than is looked for. */
	cr_expect(found <= 1.005 * best, "scenario %d: %s takes %.9f s, the best is %.9f s\n%s", generated->number,
		  advised.advice.ranking[advised.advice.winner].mean.name, found, best, text);
	region_release(&advised.region);
}

Test(advise, the_winner_is_the_simulated_best, .timeout = 3000)
{
	int scenarios = getenv("GILSIM_LONG") ? 100 : 8, checked = 0;
	FILE *table = fopen("tests/data/advise-scenarios.csv", "r");
	struct generated it;

	cr_assert(table && fscanf(table, "%*s") == 0); /* its head */
	while (checked < scenarios && fscanf(table, "%d,%d,%d,%d,%d,%d", &it.number, &it.cores, &it.count, &it.wait_us,
					     &it.work_us, &it.c_us) == 6) {
		check_generated(&it);
		checked++;
	}
	fclose(table);
	cr_expect(eq(int, checked, scenarios));
}
