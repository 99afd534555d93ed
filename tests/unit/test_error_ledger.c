/*
 * test_error_ledger.c - which measured rows stand for a workload that nobody has measured.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>

#include "sim/plan/error_ledger.h"
#include "tests/unit/scenario_helper.h"

static struct region region;
static char folder[] = "/tmp/gilsim-test-ledger-XXXXXX"; /* a name of its own once set up */

static void set_up(void)
{
	region_init(&region);
	cr_assert(mkdtemp(folder) != NULL);
}

static void tear_down(void)
{
	cr_assert(eq(int, system(region_format(&region, "rm -rf %s", folder)), 0));
	region_release(&region);
}

TestSuite(error_ledger, .init = set_up, .fini = tear_down);

/* Makes that the ledger; profiles are found no more. */
static void use_ledger(const char *text)
{
	FILE *stream = fopen(region_format(&region, "%s/ledger.csv", folder), "w");

	cr_assert(stream != NULL);
	fputs(text, stream);
	fclose(stream);
	setenv("GILSIM_DATA", folder, 1);
}

static const char kinds[] = "name: kinds\n"
			    "tasks:\n"
			    "  fetch: [{io: 1ms}, {python: 2ms}]\n"
			    "  idle: [{native: 1ms}]\n"
			    "run: {task: fetch, count: 3}\n"
			    "variants:\n"
			    "  plain: {model: threads}\n"
			    "  nested: {model: processes, workers: 2, each: {model: asyncio}}\n"
			    "  free: {model: threads, set: {python.version: \"3.13\", python.gil: off}}\n";

Test(error_ledger, a_workload_is_named_by_its_model_and_by_what_its_started_tasks_do)
{
	const struct scenario_options options = { .seed = 1 };
	struct helper helper;
	const struct scenario *loaded;

	helper_open(&helper);
	loaded = helper_load_good(&helper, kinds, &options);
	cr_expect(eq(str, (char *)ledger_model(&loaded->workloads[0], &region), (char *)"threads"));
	cr_expect(eq(str, (char *)ledger_model(&loaded->workloads[1], &region), (char *)"processes of asyncio"));
	/* `idle` is never started. */
	cr_expect(eq(str, (char *)ledger_steps(&loaded->workloads[0], &region), (char *)"python+io"));
	helper_close(&helper);
}

Test(error_ledger, errors_are_those_of_rows_alike_as_far_as_there_are_enough)
{
	const struct scenario_options options = { .seed = 1 };
	const struct error_ledger *ledger;
	const struct known_error *known;
	const struct scenario *loaded;
	struct helper helper;
	char *text = region_strdup(&region, "model,steps,python,metric,error_ratio\n");

	helper_open(&helper);
	loaded = helper_load_good(&helper, kinds, &options);
	/* Five rows alike, 1 % to 5 %, of either sign; others that are not. */
	for (int i = 1; i <= 5; i++)
		text = region_format(&region, "%sthreads,python+io,3.11.7,makespan,%s0.0%d\n", text, i % 2 ? "-" : "", i);
	for (int i = 0; i < 4; i++)
		text = region_format(&region, "%sthreads,c,3.11.7,makespan,0.5\nthreads,python+io,3.13.0t,makespan,0.9\n"
					      "pool,python,3.11.7,p50,\n", text);
	use_ledger(text);
	ledger = error_ledger_open(&region);
	cr_assert(ledger != NULL);
	known = error_ledger_look_up(ledger, &loaded->workloads[0], "makespan", &region);
	cr_assert(known != NULL);
	cr_expect(eq(str, (char *)known->kind, (char *)"threads, python+io"));
	cr_expect(eq(sz, known->rows, 5));
	cr_expect(epsilon_eq(dbl, known->median, 0.03, 1e-12));
	cr_expect(epsilon_eq(dbl, known->p90, 0.046, 1e-12));
	/* No other nested model was measured: those of any model stand for it. */
	known = error_ledger_look_up(ledger, &loaded->workloads[1], "makespan", &region);
	cr_assert(known != NULL);
	cr_expect(eq(str, (char *)known->kind, (char *)"any model"));
	cr_expect(eq(sz, known->rows, 9));
	/* Four rows of a free-threaded build are too few, and those of others are not about it. */
	cr_expect(error_ledger_look_up(ledger, &loaded->workloads[2], "makespan", &region) == NULL);
	cr_expect(error_ledger_look_up(ledger, &loaded->workloads[0], "p50", &region) == NULL);
	helper_close(&helper);
}
