/*
 * test_libgilsim.c - libgilsim: the same figures as the command's, from a program; and the example that is shipped.
 */
#include <errno.h>
#include <math.h>

#include "sim/api/gilsim.h"
#include "tests/unit/cli_helper.h"

TestSuite(libgilsim, .init = set_up, .fini = tear_down);

static const char *path_of(const char *name)
{
	return region_format(&region, "%s/%s", folder, name);
}

/* What gilsim_print() and gilsim_judge() print, in the test's region. */
static char *printed(struct gilsim *gilsim, enum gilsim_format format)
{
	char *text;
	size_t length;
	FILE *stream = open_memstream(&text, &length);
	bool whole = gilsim_print(&gilsim, 1, format, false, stream);

	fclose(stream);
	cr_expect(whole);
	return region_take_text(&region, text);
}

Test(libgilsim, a_scenario_is_loaded_overridden_run_and_read)
{
	const char *overrides[] = { "run.count=3" };
	const struct gilsim_options options = { .overrides = overrides, .override_count = 1, .profile = "ideal" };
	char *messages;
	struct gilsim *gilsim = gilsim_load(path_of("s.yaml"), &options, &messages);

	cr_assert(gilsim != NULL, "%s", messages);
	cr_expect(eq(str, messages, (char *)""));
	free(messages);
	cr_expect(eq(sz, gilsim_variant_count(gilsim), 2));
	cr_expect(eq(str, (char *)gilsim_variant_name(gilsim, 1), (char *)"threads"));
	cr_expect(isnan(gilsim_metric(gilsim, 0, "makespan")), "nothing was run yet");
	cr_expect(not(gilsim_print(&gilsim, 1, GILSIM_JSON, false, stderr)));
	for (int i = 0; i < 2; i++) {
		cr_assert(eq(int, gilsim_run(gilsim, NULL), 0));
		cr_expect(ieee_ulp_eq(dbl, gilsim_metric(gilsim, 0, "makespan"), 3 * 7.11e-3, 4));
	}
	cr_expect(isnan(gilsim_metric(gilsim, 0, "no-such")));
	cr_expect(isnan(gilsim_metric(gilsim, 2, "makespan")));
	cr_expect(strstr(printed(gilsim, GILSIM_JSON), "\"makespan_s\": 0.02133") != NULL);
	gilsim_free(gilsim);
}

/* Theory, explanations and what production measured are in the library's documents as in the command's. */
Test(libgilsim, its_documents_are_the_commands_bytes)
{
	static const char *const formats[] = { "table", "json", "csv" };
	char *path = region_strdup(&region, path_of("s.yaml")), *messages;
	const struct gilsim_run_options options = { .replications = 3, .explain = true };
	struct gilsim *loaded = gilsim_load(path, NULL, &messages);

	cr_assert(loaded != NULL, "%s", messages);
	free(messages);
	cr_assert(eq(int, gilsim_run(loaded, &options), 0));
	for (enum gilsim_format format = GILSIM_TABLE; format <= GILSIM_CSV; format++) {
		struct outcome outcome = gilsim("run --replications 3 --explain --format %s %s", formats[format], path);
		char *document = printed(loaded, format);

		/* Verdicts follow a table. */
		cr_expect(eq(int, strncmp(outcome.out, document, strlen(document)), 0), "%s:\n%s\n%s", formats[format],
			  outcome.out, document);
		cr_expect(strstr(document, format == GILSIM_TABLE ? "theory" : "explain") != NULL || format == GILSIM_CSV);
	}
	gilsim_free(loaded);
}

Test(libgilsim, what_it_judges_is_what_is_expected_and_what_was_asked_for)
{
	const char *good[] = { "makespan < 1s" }, *bad[] = { "makespan < 1s", "threads.p99 < 1us" };
	struct {
		const char *const *slos;
		size_t count;
		bool holds;
	} cases[] = { { good, 1, true }, { bad, 2, false } };

	for (size_t i = 0; i < 2; i++) {
		const struct gilsim_options options = { .slos = cases[i].slos, .slo_count = cases[i].count };
		char *messages, *text;
		size_t length;
		struct gilsim *gilsim = gilsim_load(path_of("s.yaml"), &options, &messages);
		FILE *stream = open_memstream(&text, &length);

		cr_assert(gilsim != NULL, "%s", messages);
		free(messages);
		cr_assert(eq(int, gilsim_run(gilsim, NULL), 0));
		cr_expect(eq(int, gilsim_judge(gilsim, false, stream, stream), cases[i].holds));
		fclose(stream);
		cr_expect(strstr(text, "ok    sequential.makespan ~ 14.22ms") != NULL, "%s", text);
		cr_expect(strstr(text, "ok    makespan < 1s") != NULL, "%s", text);
		free(text);
		gilsim_free(gilsim);
	}
}

static void note_fraction(void *context, double fraction, const char *variant)
{
	double *last = context;

	cr_expect(gt(dbl, fraction, *last), "%s", variant);
	*last = fraction;
}

Test(libgilsim, who_looks_on_sees_it_go_to_its_end)
{
	double fraction = 0;
	const struct gilsim_run_options options = { .replications = 4, .progress = note_fraction, .context = &fraction };
	char *messages;
	struct gilsim *gilsim = gilsim_load(path_of("s.yaml"), NULL, &messages);

	free(messages);
	cr_assert(eq(int, gilsim_run(gilsim, &options), 0));
	cr_expect(ieee_ulp_eq(dbl, fraction, 1, 4));
	gilsim_free(gilsim);
}

Test(libgilsim, what_is_wrong_comes_back_as_text)
{
	const char *overrides[] = { "machine.coers=3" };
	const struct gilsim_options options = { .overrides = overrides, .override_count = 1 };
	char *messages;

	cr_expect(gilsim_load(path_of("s.yaml"), &options, &messages) == NULL);
	cr_expect(strstr(messages, "did you mean 'cores'") != NULL, "%s", messages);
	free(messages);
	cr_expect(gilsim_load(path_of("missing.yaml"), NULL, &messages) == NULL);
	cr_expect(strstr(messages, "missing.yaml") != NULL, "%s", messages);
	free(messages);
}

Test(libgilsim, each_allocation_may_fail_and_comes_back)
{
	char *messages, *trace_text = NULL;
	size_t trace_length;
	FILE *stream = open_memstream(&trace_text, &trace_length);
	const char *path = path_of("s.yaml");
	struct gilsim *gilsim = NULL;
	uint64_t n = 0;
	int status = -1;

	for (; !gilsim; n++) {
		region_fail_after(n);
		gilsim = gilsim_load(path, NULL, &messages);
		region_fail_after(UINT64_MAX);
		if (!gilsim)
			cr_expect(eq(str, messages, (char *)"gilsim: out of memory\n"));
		free(messages);
	}
	cr_expect(gt(u64, n, 100));
	for (n = 0; status != 0; n++) {
		struct gilsim_trace *trace;
		const struct gilsim_run_options options = { .explain = true };
		struct gilsim_run_options traced = options;

		region_fail_after(n);
		traced.trace = trace = gilsim_trace_new(stream, "t.json");
		if (trace)
			status = gilsim_run(gilsim, &traced);
		region_fail_after(UINT64_MAX);
		gilsim_trace_finish(trace);
		cr_expect(status == 0 || status == -1);
	}
	cr_expect(gt(u64, n, 100));
	cr_expect(eq(int, gilsim_run(gilsim, NULL), 0), "and can be run again");
	gilsim_free(gilsim);
	fclose(stream);
	free(trace_text);
}

/* What gilsim_answer_print() prints as JSON, in the test's region; the answer goes. */
static char *answered(struct gilsim_answer *answer, char *messages)
{
	char *text;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	cr_assert(answer != NULL, "%s", messages);
	cr_expect(eq(str, messages, (char *)""));
	free(messages);
	cr_expect(gilsim_answer_is_found(answer));
	cr_expect(gilsim_answer_print(answer, GILSIM_JSON, false, stream));
	fclose(stream);
	gilsim_answer_free(answer);
	return region_take_text(&region, text);
}

static const char *const cores[] = { "machine.cores=1..2" };

Test(libgilsim, its_searches_are_the_commands_bytes)
{
	const char *slos[] = { "makespan < 1s" };
	const struct gilsim_options options = { .slos = slos, .slo_count = 1 };
	const struct gilsim_advise_options advice = { .without_flips = true };
	const struct gilsim_plan_options plan = { .axes = cores, .axis_count = 1 };
	const struct gilsim_sweep_options sweep = { .axes = cores, .axis_count = 1 };
	char *path = region_strdup(&region, path_of("s.yaml")), *messages;
	struct gilsim *gilsim_of_path = gilsim_load(path, &options, &messages);
	struct gilsim_answer *answer;

	cr_assert(gilsim_of_path != NULL, "%s", messages);
	free(messages);
	answer = gilsim_advise(gilsim_of_path, &advice, NULL, &messages);
	cr_expect(eq(str, answered(answer, messages), gilsim("advise --no-flips --format json %s", path).out));
	answer = gilsim_plan(gilsim_of_path, &plan, NULL, &messages);
	cr_expect(eq(str, answered(answer, messages),
		     gilsim("plan --slo 'makespan < 1s' --vary machine.cores=1..2 --format json %s", path).out));
	answer = gilsim_sweep(gilsim_of_path, &sweep, NULL, &messages);
	cr_expect(eq(str, answered(answer, messages), gilsim("sweep --vary machine.cores=1..2 --format json %s", path).out));
	gilsim_free(gilsim_of_path);
}

Test(libgilsim, a_search_that_cannot_be_says_why)
{
	const struct gilsim_advise_options advice = { .metric = "makspan" };
	const struct gilsim_plan_options plan = { .axes = cores, .axis_count = 1 };
	const struct gilsim_sweep_options none = { .axis_count = 0 }, unwritable = { cores, 1, .database = "/proc/none/s.db" };
	const char *const missing[] = { "/proc/none/shard.db" };
	char *messages[5];
	struct gilsim *loaded = gilsim_load(path_of("s.yaml"), NULL, &messages[0]);

	free(messages[0]);
	cr_expect(gilsim_advise(loaded, &advice, NULL, &messages[0]) == NULL && errno == EINVAL);
	cr_expect(gilsim_plan(loaded, &plan, NULL, &messages[1]) == NULL && errno == EINVAL);
	cr_expect(gilsim_sweep(loaded, &none, NULL, &messages[2]) == NULL && errno == EINVAL);
	cr_expect(gilsim_sweep(loaded, &unwritable, NULL, &messages[3]) == NULL && errno == EIO);
	cr_expect(gilsim_merge(missing, 1, NULL, false, &messages[4]) == NULL && errno == EINVAL);
	cr_expect(strstr(messages[0], "unknown metric 'makspan'") != NULL, "%s", messages[0]);
	cr_expect(strstr(messages[1], "no --slo") != NULL, "%s", messages[1]);
	cr_expect(strstr(messages[2], "nothing is varied") != NULL, "%s", messages[2]);
	cr_expect(strstr(messages[3], "/proc/none/s.db") != NULL, "%s", messages[3]);
	cr_expect(strstr(messages[4], "/proc/none/shard.db") != NULL, "%s", messages[4]);
	for (size_t i = 0; i < 5; i++)
		free(messages[i]);
	gilsim_free(loaded);
}

Test(libgilsim, each_allocation_of_a_search_may_fail_and_comes_back)
{
	const char *slos[] = { "makespan < 1s" };
	const struct gilsim_options options = { .slos = slos, .slo_count = 1 };
	const struct gilsim_plan_options plan = { .axes = cores, .axis_count = 1, .replications = 1 };
	char *messages;
	struct gilsim *loaded = gilsim_load(path_of("s.yaml"), &options, &messages);
	struct gilsim_answer *answer = NULL;
	uint64_t n = 0;

	free(messages);
	for (; !answer; n += 1 + n / 100) {
		region_fail_after(n);
		answer = gilsim_plan(loaded, &plan, NULL, &messages);
		region_fail_after(UINT64_MAX);
		if (!answer)
			cr_expect(eq(str, messages, (char *)"gilsim: out of memory\n"));
		free(messages);
	}
	cr_expect(gt(u64, n, 100));
	gilsim_answer_free(answer);
	gilsim_free(loaded);
}

Test(libgilsim, the_example_that_is_shipped_runs)
{
	char *program = program_path();
	int status = system(region_format(&region, "%.*s/example %s/s.yaml >%s/out", (int)(strrchr(program, '/') - program),
					  program, folder, folder));

	free(program);
	cr_expect(eq(int, status, 0));
	cr_expect(strstr(content_of(path_of("out")), "4 cores, threads: 1.00 times as fast\n") != NULL);
}
