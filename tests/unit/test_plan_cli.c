/*
 * test_plan_cli.c - `gilsim plan` and `gilsim advise` as their users meet them: statuses, mistakes, formats.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "sim/base/region.h"

static struct region region;
static char folder[] = "/tmp/gilsim-test-plan-cli-XXXXXX";

static const char pool[] = "name: waits\nmachine: {profile: ideal, cores: 4}\ntasks: {fetch: [{io: 71ms}]}\n"
			   "run: {task: fetch, count: 60}\n"
			   "variants: {pool: {model: thread_pool, workers: 1}, asyncio: {model: asyncio}}\n";
static const char server[] = "machine: {profile: ideal, cores: 4}\ntasks: {serve: [{native: 10ms}]}\n"
			     "run: {task: serve, arrivals: {rate: 20/s, for: 20s, spacing: even}}\n"
			     "variants: {one: {model: thread_pool, workers: 1}}\n";
static const char prices[] = "machines:\n  small: {cores: 2, memory: 4GiB, price: 0.04}\n"
			     "  large: {cores: 8, memory: 32GiB, price: 0.31}\n";

static void write_file(const char *name, const char *text)
{
	FILE *stream = fopen(region_format(&region, "%s/%s", folder, name), "w");

	cr_assert(stream != NULL);
	fputs(text, stream);
	fclose(stream);
}

static void open_folder(void)
{
	region_init(&region);
	cr_assert(mkdtemp(folder) != NULL);
	write_file("pool.yaml", pool);
	write_file("server.yaml", server);
	write_file("prices.yaml", prices);
}

static void remove_folder(void)
{
	cr_expect(eq(int, system(region_format(&region, "rm -r %s", folder)), 0));
	region_release(&region);
}

TestSuite(plan_cli, .init = open_folder, .fini = remove_folder, .timeout = 60);

static char *content_of(const char *name)
{
	FILE *stream = fopen(region_format(&region, "%s/%s", folder, name), "r");
	char *text = region_alloc(&region, 1 << 18);

	cr_assert(stream != NULL);
	text[fread(text, 1, (1 << 18) - 1, stream)] = '\0';
	fclose(stream);
	return text;
}

/* The exit status of `gilsim ARGUMENTS`, run by the shell in the test's folder. */
static int gilsim(const char *format, ...) __attribute__((format(printf, 1, 2)));
static int gilsim(const char *format, ...)
{
	const char *given = getenv("GILSIM");
	char *program = realpath(given ? given : GILSIM_BINARY, NULL);
	char arguments[1000];
	va_list list;
	int status;

	va_start(list, format);
	vsnprintf(arguments, sizeof(arguments), format, list);
	va_end(list);
	cr_assert(program != NULL, "gilsim is not built");
	status = system(region_format(&region, "cd %s && %s %s >out 2>err", folder, program, arguments));
	free(program);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void expect_error(const char *text)
{
	cr_expect(strstr(content_of("err"), text) != NULL, "'%s' in '%s'", text, content_of("err"));
	cr_expect(eq(str, content_of("out"), ""));
}

Test(plan_cli, the_answer_comes_first_and_the_status_says_whether_there_is_one)
{
	const char *out;

	cr_expect(eq(int, gilsim("plan pool.yaml --slo 'makespan <= 213ms' --vary variants.pool.workers=1..64"), 0));
	out = content_of("out");
	cr_expect(strstr(out, "cheapest that holds: pool, variants.pool.workers=20") != NULL, "%s", out);
	cr_expect(strstr(out, "ThreadPoolExecutor(max_workers=20)") != NULL);
	cr_expect(eq(int, gilsim("plan pool.yaml --slo 'makespan < 71ms' --vary variants.pool.workers=1..8"), 1));
	cr_expect(strstr(content_of("out"), "nothing holds") != NULL);
}

Test(plan_cli, plans_are_the_same_bytes_for_any_number_of_jobs)
{
	char *one;

	cr_expect(eq(int, gilsim("plan pool.yaml --jobs 1 --format json --slo 'makespan <= 213ms' --vary variants.pool.workers=1..64"), 0));
	one = content_of("out");
	cr_expect(eq(int, gilsim("plan pool.yaml --jobs 3 --format json --slo 'makespan <= 213ms' --vary variants.pool.workers=1..64"), 0));
	cr_expect(eq(str, content_of("out"), one));
}

Test(plan_cli, of_several_variants_the_cheapest_is_taken)
{
	json_t *root;

	cr_expect(eq(int, gilsim("plan pool.yaml --format json --slo 'makespan < 80ms' --vary machine.cores=1..4 --minimise workers"), 0));
	root = json_loads(content_of("out"), 0, NULL);
	cr_assert(root != NULL);
	cr_expect(eq(str, (char *)json_string_value(json_object_get(json_object_get(root, "answer"), "variant")), "asyncio"));
	json_decref(root);
}

Test(plan_cli, a_price_is_that_of_the_cheapest_machine_that_is_large_enough)
{
	json_t *root, *answer;

	cr_expect(eq(int, gilsim("plan pool.yaml --format json --slo 'makespan < 80ms' --vary machine.cores=3..8 --prices prices.yaml"), 0));
	root = json_loads(content_of("out"), 0, NULL);
	cr_assert(root != NULL);
	answer = json_object_get(root, "answer");
	cr_expect(eq(str, (char *)json_string_value(json_object_get(answer, "machine")), "large"));
	cr_expect(eq(dbl, json_number_value(json_object_get(answer, "cost")), 0.31));
	json_decref(root);
	write_file("prices.yaml", "machines: {small: {cores: 2, memory: 4, price: 0.04}}\n");
	cr_expect(eq(int, gilsim("plan pool.yaml --slo 'makespan < 80ms' --vary machine.cores=3..8 --prices prices.yaml"), 2));
	expect_error("prices.yaml:1:");
}

Test(plan_cli, the_highest_rate_is_that_of_the_server)
{
	json_t *root, *row;
	double highest;

	/* One server of 10 ms: 100 a second, and not one more. */
	cr_expect(eq(int, gilsim("plan server.yaml --format json --slo 'p99 < 11ms' --find rate"), 0));
	root = json_loads(content_of("out"), 0, NULL);
	cr_assert(root != NULL);
	row = json_array_get(json_object_get(root, "rates"), 0);
	highest = json_number_value(json_object_get(row, "highest_per_s"));
	cr_expect(gt(dbl, highest, 97));
	cr_expect(le(dbl, highest, 100.1));
	json_decref(root);
	cr_expect(eq(int, gilsim("plan server.yaml --slo 'p99 < 11ms' --find rate"), 0));
	cr_expect(strstr(content_of("out"), "\n-: asked for its mean sojourn alone") != NULL, "%s", content_of("out"));
	cr_expect(strstr(content_of("out"), "undecided") == NULL, "%s", content_of("out"));
	cr_expect(eq(int, gilsim("plan server.yaml --slo 'p99 < 9ms' --find rate"), 1));
	cr_expect(eq(int, gilsim("plan pool.yaml --slo 'p99 < 9ms' --find rate"), 2));
	expect_error("has no arrivals");
}

Test(plan_cli, mistakes_are_told_and_have_status_2)
{
	static const struct {
		const char *arguments, *error;
	} mistakes[] = {
		{ "plan pool.yaml --vary machine.cores=1..4", "no --slo" },
		{ "plan pool.yaml --slo 'makespan < 1s'", "nothing to vary" },
		{ "plan pool.yaml --slo 'makespam < 1s' --vary machine.cores=1..4", "did you mean 'makespan'" },
		{ "plan pool.yaml --slo 'makespan < 1' --vary machine.cores=1..4", "--slo 'makespan < 1': column 12" },
		{ "plan pool.yaml --slo 'makespan < 1s' --vary machine.core=1..4", "machine.core" },
		{ "plan pool.yaml --slo 'makespan < 1s' --vary machine.cores=4..1", "--vary" },
		{ "plan pool.yaml --slo 'makespan < 1s' --vary machine.cores=1..4 --minimise price", "without --prices" },
		{ "plan pool.yaml --slo 'makespan < 1s' --vary machine.cores=1..4 --minimise run.count", "--minimise" },
		{ "plan pool.yaml --slo 'makespan < 1s' --vary machine.cores=1..4 --confidence 20%", "--confidence" },
		{ "plan pool.yaml pool.yaml --slo 'makespan < 1s' --vary machine.cores=1..4", "expected one" },
		{ "plan pool.yaml --slo 'makespan < 1s' --vary variants.poll.workers=1..4",
		  "--vary 'variants.poll.workers=1': unknown name 'poll'" },
		{ "plan pool.yaml --slo 'makespan < 1s' --vary workers=1..4",
		  "--vary 'workers=1': unknown path 'workers', did you mean 'variants.pool.workers'?" },
		{ "sweep pool.yaml --vary variants.poll.workers=1..4", "--vary 'variants.poll.workers=1': unknown name" },
		{ "plan missing.yaml --slo 'makespan < 1s' --vary machine.cores=1..4", "missing.yaml" },
		{ "advise missing.yaml", "missing.yaml" },
		{ "advise pool.yaml --metric fastness", "unknown metric" },
		{ "advise pool.yaml pool.yaml", "expected one" },
	};

	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		cr_expect(eq(int, gilsim("%s", mistakes[i].arguments), 2), "%s", mistakes[i].arguments);
		expect_error(mistakes[i].error);
	}
}

Test(plan_cli, an_axis_of_a_variant_varies_that_one_alone)
{
	json_t *root, *asked, *point;
	size_t i;

	write_file("two.yaml", "machine: {profile: ideal, cores: 4}\ntasks: {fetch: [{io: 71ms}]}\n"
			       "run: {task: fetch, count: 60}\n"
			       "variants: {one: {model: thread_pool, workers: 1}, two: {model: process_pool, workers: 1}, asyncio: asyncio}\n");
	cr_expect(eq(int, gilsim("plan two.yaml --format json --slo 'makespan < 1.5s' --vary variants.one.workers=1..8 "
				 "--vary variants.two.workers=1..5"), 0));
	root = json_loads(content_of("out"), 0, NULL);
	cr_assert(root != NULL);
	cr_expect(eq(int, (int)json_integer_value(json_object_get(root, "grid")), 8 + 5));
	asked = json_object_get(root, "asked");
	json_array_foreach(asked, i, point) {
		const char *path = region_format(&region, "variants.%s.workers", json_string_value(json_object_get(point, "variant")));

		cr_expect(eq(sz, json_object_size(json_object_get(point, "set")), 1));
		cr_expect(json_object_get(json_object_get(point, "set"), path) != NULL, "%s", path);
	}
	json_decref(root);
	cr_expect(eq(int, gilsim("plan two.yaml --slo 'makespan < 1.5s' --vary variants.one.workers=1..8"), 0));
	cr_expect(strstr(content_of("out"), "as they are): two, asyncio\n") != NULL, "%s", content_of("out"));
	cr_expect(strstr(content_of("out"), "2.8 times the limit") != NULL, "%s", content_of("out"));
}

Test(plan_cli, advice_names_the_models_that_cannot_serve)
{
	static const char *const models[] = { "sequential", "pool", "process_pool", "interpreter_pool" };
	const char *out;

	cr_expect(eq(int, gilsim("advise --no-flips server.yaml"), 0));
	out = content_of("out");
	for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++)
		cr_expect(strstr(out, region_format(&region,
						    "not simulated: %s: model '%s' with arrivals, expected thread_pool, asyncio or server\n",
						    models[i], models[i])) != NULL, "%s", out);
	/* Workers that accept, without threads or loops in them. */
	cr_expect(strstr(out, " server  ") != NULL, "%s", out);
}

Test(plan_cli, advice_comes_in_every_format_and_from_standard_input)
{
	json_t *root;
	const char *out;

	cr_expect(eq(int, gilsim("advise - <pool.yaml"), 0));
	out = content_of("out");
	cr_expect(strstr(out, "\nbest: ") != NULL, "%s", out);
	cr_expect(strstr(out, "what it does not know") != NULL);
	cr_expect(eq(int, gilsim("advise --no-flips --format json pool.yaml"), 0));
	root = json_loads(content_of("out"), 0, NULL);
	cr_assert(root != NULL);
	cr_expect(json_string_value(json_object_get(root, "winner")) != NULL);
	cr_expect(json_array_size(json_object_get(root, "ranking")) >= 5);
	json_decref(root);
	cr_expect(eq(int, gilsim("advise --no-flips --format csv pool.yaml"), 0));
	cr_expect(strncmp(content_of("out"), "scenario,name,group,", 20) == 0);
}

Test(plan_cli, help_has_an_example)
{
	cr_expect(eq(int, gilsim("plan --help"), 0));
	cr_expect(strstr(content_of("out"), "--find rate") != NULL);
	cr_expect(eq(int, gilsim("advise --help"), 0));
	cr_expect(strstr(content_of("out"), "gilsim advise scenarios/") != NULL);
}
