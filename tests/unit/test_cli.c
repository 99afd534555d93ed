/*
 * test_cli.c - the command as its users meet it: exit statuses, what goes where, help.
 *
 * Runs the built program (cli_helper.h).
 */
#include <jansson.h>
#include <signal.h>
#include <sys/stat.h>

#include "sim/cli/output_file.h"
#include "tests/unit/cli_helper.h"

TestSuite(cli, .init = set_up, .fini = tear_down);

Test(cli, every_subcommand_has_help_with_an_example)
{
	static const char *const names[] = { "run",	 "sweep",     "merge", "plan",	 "advise", "check", "native", "validate",
					     "compare", "calibrate", "probe", "plot",  "report", "schema", "new",   "list",   "version" };
	struct outcome all = gilsim("--help");

	cr_expect(eq(int, all.status, 0));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct outcome outcome = gilsim("%s --help", names[i]);

		cr_expect(eq(int, outcome.status, 0), "%s", names[i]);
		cr_expect(strstr(outcome.out, region_format(&region, "Usage: gilsim %s", names[i])) != NULL, "%s",
			  outcome.out);
		cr_expect(strstr(outcome.out, region_format(&region, "  gilsim %s", names[i])) != NULL,
			  "no example: %s", outcome.out);
		cr_expect(eq(str, outcome.err, (char *)""));
		cr_expect(strstr(all.out, names[i]) != NULL);
	}
}

Test(cli, options_stand_under_their_headings_and_examples_can_be_pasted)
{
	static const char *const names[] = { "sweep", "plan", "compare" };
	const char *sweep = gilsim("sweep --help").out;

	cr_expect(strstr(sweep, " Sweep:\n      --db=FILE") != NULL, "%s", sweep);
	cr_expect(strstr(sweep, "(exit status 1):\n      --max-events") != NULL, "%s", sweep);
	/* What does not fit into a line is continued as the shell has it. */
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		cr_expect(strstr(gilsim("%s --help", names[i]).out, " \\\n      --") != NULL, "%s", names[i]);
}

Test(cli, what_unfinished_tasks_wait_for_is_counted)
{
	static const char *const variants[] = { "threads", "asyncio" };

	write_file("d.yaml", "machine: {profile: ideal, cores: 2}\n"
			     "resources: {db: {kind: lock}}\n"
			     "tasks:\n"
			     "  work: [{io: 7ms}, {acquire: db}, {io: 11ms}, {acquire: db}]\n"
			     "run: {task: work, count: 3}\n"
			     "variants: {threads: threads, asyncio: asyncio}\n"
			     "expect: [threads.deadlock = 1, asyncio.deadlock = 1]\n");
	for (size_t i = 0; i < 2; i++) {
		/* One takes the lock and waits for it 11 ms later, when all stands still; two others have waited meanwhile. */
		struct outcome outcome = gilsim("run d.yaml --variant %s", variants[i]);
		const char *row = strstr(outcome.out, "io 59%, lock wait 41%");

		cr_expect(row != NULL, "%s", outcome.out);
	}
}

Test(cli, a_profile_that_cannot_be_used_says_why_and_where)
{
	const char *cache = region_format(&region, "%s/cache", folder);
	char *out;

	cr_assert(eq(int, system(region_format(&region, "mkdir -p %s/gilsim/profiles", cache)), 0));
	write_file("cache/gilsim/profiles/old.yaml", "profile: old\nparameters:\n  sched.hz: {value: 250, assumed: x}\n");
	setenv("XDG_CACHE_HOME", cache, 1);
	out = gilsim("list profiles").out;
	cr_expect(strstr(out, region_format(&region, "cannot be used: %s/gilsim/profiles/old.yaml:2:", cache)) != NULL, "%s", out);
	cr_expect(strstr(out, "gilsim calibrate") != NULL, "%s", out);
	cr_expect(strstr(out, region_format(&region, "calibrated here is in %s/gilsim/profiles\n", cache)) != NULL, "%s", out);
}

Test(cli, a_template_that_is_misspelt_is_told)
{
	cr_expect(strstr(gilsim("new sever").err, "did you mean 'server'?") != NULL);
}

static const char drawn_scenario[] = "name: drawn\n"
				     "machine: {profile: ideal, cores: 2}\n"
				     "tasks:\n"
				     "  count: [{python: exponential(7ms)}]\n"
				     "run: {task: count, count: 20}\n"
				     "variants:\n"
				     "  sequential: {model: sequential}\n"
				     "  threads: {model: threads}\n";

Test(cli, any_number_of_jobs_gives_the_same_bytes)
{
	char *one;

	write_file("drawn.yaml", drawn_scenario);
	one = gilsim("run --format json --replications 9 --jobs 1 drawn.yaml").out;
	cr_expect(strstr(one, "\"replications\": 9") != NULL, "%s", one);
	cr_expect(eq(str, gilsim("run --format json --replications 9 --jobs 2 drawn.yaml").out, one));
	cr_expect(eq(str, gilsim("run --format json --replications 9 --jobs 7 drawn.yaml").out, one));
	cr_expect(eq(str, gilsim("run --format json --replications 9 drawn.yaml").out, one));
}

/* The count of replications that `run` prints. */
static int replications_of(const char *arguments)
{
	struct outcome outcome = gilsim("run --format json %s", arguments);
	const char *found = strstr(outcome.out, "\"replications\": ");

	cr_assert(eq(int, outcome.status, 0));
	cr_assert(found != NULL);
	return atoi(found + strlen("\"replications\": "));
}

/* The sum of 20 exponential times has a deviation of 22 %: its interval is within 5 % after about 80. */
Test(cli, replications_end_when_they_are_precise)
{
	int five, ten;

	write_file("drawn.yaml", drawn_scenario);
	five = replications_of("--precision 5% drawn.yaml");
	ten = replications_of("--precision makespan:10% drawn.yaml");
	cr_expect(five > 40 && five < 160, "%d", five);
	cr_expect(ten >= 10 && ten < five, "%d", ten);
	cr_expect(eq(int, replications_of("--precision 5% --jobs 1 drawn.yaml"), five));
	cr_expect(eq(int, replications_of("--precision 5% --replications 12 drawn.yaml"), 12));
	/* What has no spread is precise as soon as that can be known. */
	cr_expect(eq(int, replications_of("--precision 5% s.yaml"), 10));
}

Test(cli, usage_errors_end_with_2_and_print_nothing_on_standard_output)
{
	static const char *const lines[] = { "",
					     "rnu s.yaml",
					     "run",
					     "run --no-such-option s.yaml",
					     "run --seed x s.yaml",
					     "run --replications 0 s.yaml",
					     "run --format xml s.yaml",
					     "run --set nonsense s.yaml",
					     "run --set machine.coers=2 s.yaml",
					     "run --variant no-such s.yaml",
					     "run --profile no-such s.yaml",
					     "check",
					     "native --repeat 0 s.yaml",
					     "native --cpus x s.yaml",
					     "native --timeout 5 s.yaml",
					     "native --backend java s.yaml",
					     "validate --max-error x s.yaml",
					     "validate --profile no-such s.yaml",
					     "calibrate extra",
					     "plot",
					     "plot timeline",
					     "plot tmieline t.csv",
					     "plot timeline missing.csv",
					     "plot timeline --lanes x t.csv",
					     "plot breakdown s.yaml",
					     "plot breakdown s.yaml -o b.bmp",
					     "plot latency --slo 'p99 <' s.yaml",
					     "report",
					     "report s.yaml",
					     "report s.yaml -o r.html",
					     "list nonsense",
					     "run --slo 'p99 <' s.yaml",
					     "run --slo 'thread.p99 < 1s' s.yaml",
					     "run --slo 'p99 < 5' s.yaml",
					     "native --slo 'makspan < 1s' s.yaml",
					     "compare",
					     "compare s.yaml",
					     "compare s.yaml s.yaml",
					     "compare missing.json missing.json",
					     "compare --min-effect 2 a.json b.json",
					     "compare --min-effect x% a.json b.json",
					     "compare --metric events a.json b.json",
					     "new no-such",
					     "new script -o s.yaml",
					     "run --max-memory 5 s.yaml",
					     "run --max-events 0 s.yaml",
					     "check --max-time 5 s.yaml" };

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct outcome outcome = gilsim("%s", lines[i]);

		cr_expect(eq(int, outcome.status, 2), "gilsim %s", lines[i]);
		cr_expect(eq(str, outcome.out, (char *)""), "gilsim %s", lines[i]);
		cr_expect(outcome.err[0] != '\0', "gilsim %s", lines[i]);
	}
	cr_expect(strstr(gilsim("rnu").err, "did you mean 'run'?") != NULL);
}

Test(cli, unreadable_and_wrong_files_end_with_2_and_a_place)
{
	struct outcome outcome;

	cr_expect(eq(int, gilsim("run missing.yaml").status, 2));
	cr_expect(eq(int, gilsim("run .").status, 2));
	write_file("empty.yaml", "");
	cr_expect(eq(int, gilsim("check empty.yaml").status, 2));
	write_file("wrong.yaml", "name: x\ntasks:\n  t: [{pyton: 1ms}]\nrun: {task: t, count: 1}\n"
				 "variants: {a: {model: sequential}}\n");
	outcome = gilsim("run s.yaml wrong.yaml missing.yaml");
	cr_expect(eq(int, outcome.status, 2));
	cr_expect(strstr(outcome.err, "wrong.yaml:3:") != NULL, "%s", outcome.err);
	cr_expect(strstr(outcome.err, "missing.yaml") != NULL, "all files are examined: %s", outcome.err);
	cr_expect(eq(str, outcome.out, (char *)""), "and none is run");
}

Test(cli, run_prints_results_and_verdicts)
{
	struct outcome table = gilsim("run s.yaml"), json = gilsim("run --format json s.yaml");

	cr_expect(eq(int, table.status, 0), "%s%s", table.out, table.err);
	cr_expect(strstr(table.out, "\nok    sequential.makespan") != NULL, "%s", table.out);
	cr_expect(eq(str, table.err, (char *)""));
	cr_expect(eq(int, json.status, 0));
	cr_expect(json.out[0] == '{' && json.out[strlen(json.out) - 1] == '\n');
	cr_expect(strstr(json.err, "ok    sequential.makespan") != NULL,
		  "beside JSON, verdicts go to standard error");
	cr_expect(eq(str, gilsim("run --format json s.yaml").out, json.out), "twice the same bytes");
	cr_expect(strstr(gilsim("run --format csv --variant threads s.yaml").out, "makespan_s") != NULL);
}

Test(cli, an_expectation_that_fails_ends_with_1_unless_a_value_was_set)
{
	cr_expect(eq(int, gilsim("run --set 'tasks.count[0].python=1ms' s.yaml").status, 0));
	cr_expect(strstr(gilsim("run --set 'tasks.count[0].python=1ms' s.yaml").out, "FAIL") != NULL);
	cr_expect(eq(int, gilsim("run --strict --set 'tasks.count[0].python=1ms' s.yaml").status, 1));
	write_file("fails.yaml", region_format(&region, "%s  - threads.makespan < 1ms\n", scenario));
	cr_expect(eq(int, gilsim("run fails.yaml").status, 1));
	cr_expect(eq(int, gilsim("run --format json fails.yaml").status, 1));
	/* A variant that --variant leaves out has nothing to fail. */
	cr_expect(eq(int, gilsim("run --variant sequential fails.yaml").status, 0));
}

Test(cli, a_limit_that_nobody_expects_ends_with_1)
{
	write_file("limit.yaml", region_format(&region, "limit: 1ms\n%s", strstr(scenario, "name")));
	cr_expect(eq(int, gilsim("run --set run.count=3 limit.yaml").status, 1));
}

Test(cli, standard_input_is_a_scenario)
{
	struct outcome outcome = gilsim("run --format json - <s.yaml");

	cr_expect(eq(int, outcome.status, 0), "%s", outcome.err);
	cr_expect(strstr(outcome.out, "\"scenario\": \"count\"") != NULL);
	outcome = gilsim("run - - < s.yaml");
	cr_expect(eq(int, outcome.status, 0), "a file can be read twice: %s", outcome.err);
	cr_expect(eq(int, system(region_format(&region, "cat %s/s.yaml >/dev/null", folder)), 0));
	outcome = gilsim("check - </dev/null");
	cr_expect(eq(int, outcome.status, 2));
}

Test(cli, an_output_that_fails_ends_with_3)
{
	cr_expect(eq(int, gilsim("run s.yaml -o no/such/folder/r").status, 3));
	cr_expect(eq(int, gilsim("run s.yaml --trace no/such/folder/t").status, 3));
	cr_expect(eq(int, gilsim("run s.yaml -o /dev/full").status, 3));
	cr_expect(eq(int, gilsim("schema -o /dev/full").status, 3));
	cr_expect(eq(int, gilsim("native --python ./no-such-python s.yaml").status, 3));
	cr_expect(eq(int, gilsim("validate --python /bin/false s.yaml").status, 3));
}

/* README once had one name for a scenario and for a profile. */
Test(cli, calibrate_overwrites_nothing_but_a_profile)
{
	struct outcome outcome = gilsim("calibrate -o s.yaml");

	cr_expect(eq(int, outcome.status, 2));
	cr_expect(strstr(outcome.err, "s.yaml is there already and is no profile") != NULL, "%s", outcome.err);
	cr_expect(eq(str, content_of(region_format(&region, "%s/s.yaml", folder)), (char *)scenario));
}

/* Of a variant that fails in its second round there is no prediction, and its first round alone is no measurement. */
Test(cli, a_variant_that_fails_in_some_round_has_no_rows, .timeout = 120)
{
	struct outcome outcome;

	write_file("dying.sh",
		   region_format(&region,
				 "#!/bin/sh\n"
				 "case \"$*\" in *gilsim-probe*)\n"
				 "exec python3 -c 'import sys; print(\"gilsim-probe cpython\", *sys.version_info[:2], "
				 "\"%%d.%%d.%%d\" %% sys.version_info[:3], 0, \"%s/dying.sh\")' ;;\n"
				 "esac\n"
				 "echo run >>%s/calls\n"
				 "test $(wc -l <%s/calls) -lt 4 || kill -9 $$\n"
				 "exec python3 \"$@\"\n",
				 folder, folder, folder));
	outcome = gilsim("validate --quick --repeat 2 --profile default --format csv --python ./dying.sh s.yaml "
			 "$(chmod +x dying.sh)");
	cr_expect(eq(int, outcome.status, 3), "%s", outcome.err);
	cr_expect(strstr(outcome.err, "killed by signal 9") != NULL, "%s", outcome.err);
	cr_expect(ne(int, strstr(outcome.out, "count,sequential,") != NULL, strstr(outcome.out, "count,threads,") != NULL), "%s",
		  outcome.out);
}

Test(cli, the_c_backend_runs_and_is_predicted, .timeout = 120)
{
	struct outcome outcome = gilsim("native --backend c --profile default --repeat 1 --format json s.yaml");

	cr_expect(eq(int, outcome.status, 0));
	cr_expect(strstr(outcome.out, "\"source\": \"c\"") != NULL, "%s", outcome.out);
	outcome = gilsim("validate --backend c --profile default --repeat 1 --format csv s.yaml "
			 "--set variants.threads.model=process_pool --set variants.threads.workers=2");
	cr_expect(eq(int, outcome.status, 0));
	cr_expect(strstr(outcome.out, ",c 3.") != NULL, "%s", outcome.out);
	cr_expect(strstr(outcome.err, "'threads' is not measured on the c backend as of 3.") != NULL, "%s", outcome.err);
}

/* Whoever compares runs one by one needs to know how fast the machine was in each. */
Test(cli, native_results_tell_the_pace_of_each_run)
{
	struct outcome outcome = gilsim("native --quick --repeat 2 --profile default --format json s.yaml");
	json_t *root = json_loads(outcome.out, 0, NULL), *variant;
	size_t index;

	cr_assert(outcome.status == 0 && root, "%s", outcome.err);
	cr_expect(strstr(outcome.err, "repeated") == NULL, "%s", outcome.err);
	cr_expect(strstr(outcome.out, "\"peak_memory_bytes\": null") != NULL, "%s", outcome.out);
	json_array_foreach(json_object_get(root, "variants"), index, variant) {
		const json_t *samples = json_object_get(variant, "samples");

		cr_expect(eq(sz, json_array_size(json_object_get(samples, "makespan_s")), 2));
		cr_assert(eq(sz, json_array_size(json_object_get(samples, "pace")), 2));
		for (size_t round = 0; round < 2; round++)
			cr_expect(gt(dbl, json_number_value(json_array_get(json_object_get(samples, "pace"), round)), 0));
	}
	cr_expect(eq(sz, index, 2));
	json_decref(root);
}

Test(cli, files_are_written_whole_and_traces_are_text)
{
	struct outcome outcome = gilsim("run s.yaml -o r.json --format json --trace t.txt");

	cr_expect(eq(int, outcome.status, 0));
	cr_expect(eq(str, outcome.out, (char *)""));
	cr_expect(eq(str, content_of(region_format(&region, "%s/r.json", folder)),
		     gilsim("run --format json s.yaml").out));
	cr_expect(strstr(content_of(region_format(&region, "%s/t.txt", folder)),
			 "# scenario count, variant threads,") != NULL);
	cr_expect(eq(int, system(region_format(&region, "test $(ls %s | wc -l) = 5", folder)), 0),
		  "s.yaml, r.json, t.txt, out and err, and nothing temporary");
}

Test(cli, replications_give_means_with_intervals)
{
	struct outcome outcome = gilsim("run --replications 3 --format json s.yaml");

	cr_expect(eq(int, outcome.status, 0));
	cr_expect(strstr(outcome.out, "\"replications\": 3") != NULL);
	cr_expect(strstr(outcome.out, "\"ci95\": {\"makespan_s\": [") != NULL, "%s", outcome.out);
}

Test(cli, an_unfinished_output_file_leaves_the_old_one)
{
	const char *path = region_format(&region, "%s/kept", folder);
	struct output_file file;

	write_file("kept", "old\n");
	cr_assert(output_file_open(&file, path, &region));
	fputs("half of the new", file.stream);
	output_file_discard(&file);
	cr_expect(eq(str, content_of(path), (char *)"old\n"));
	cr_assert(output_file_open(&file, path, &region));
	fputs("new\n", file.stream);
	cr_expect(output_file_close(&file));
	cr_expect(eq(str, content_of(path), (char *)"new\n"));
}

Test(cli, list_names_profiles_and_steps)
{
	static const char *const kinds[] = { "scenarios", "templates", "profiles", "models", "resources", "metrics", "steps" };

	cr_expect(strstr(gilsim("list profiles").out, "  default  ") != NULL);
	cr_expect(strstr(gilsim("list steps").out, "  python  ") != NULL);
	/* Each name with what it means. */
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		char *rest = gilsim("list %s", kinds[i]).out, *line;

		cr_expect(strstr(rest, "(null)") == NULL, "list %s", kinds[i]);
		while ((line = strsep(&rest, "\n")) && *line) {
			char name[200], meaning[200];

			cr_expect(eq(int, sscanf(line, " %199s %199[^\n]", name, meaning), 2), "list %s: '%s'", kinds[i], line);
		}
	}
	cr_expect(eq(int, gilsim("list").status, 0));
	/* Whatever is a step, and each section, with its keys. */
	cr_expect(strstr(gilsim("list write").out, "  - write: {to: ..., value: ...}\n") != NULL);
	cr_expect(strstr(gilsim("list with").out, "  - with: {resource: ...}\n    do: [...]\nA value alone stands for its 'resource'.\n") !=
		  NULL);
	cr_expect(strstr(gilsim("list run").out, "\n  arrivals ") != NULL);
	cr_expect(strstr(gilsim("list run").out, "\n  - run: {task: ..., model: ...}\n") != NULL);
	cr_expect(strstr(gilsim("list variants").out, "only of pool, process_pool") != NULL);
	cr_expect(strstr(gilsim("list nonsense").err, "or a section: scenario, machine,") != NULL);
	cr_expect(strstr(gilsim("version").out, "gilsim ") != NULL);
	cr_expect(gilsim("schema").out[0] == '{');
}

/* ^C ends a simulation that would not end for ages, and what it has is printed. */
Test(cli, an_interrupt_ends_a_simulation)
{
	char *program = program_path();
	int status;

	write_file("endless.yaml", "machine: {profile: ideal, cores: 1}\n"
				   "tasks:\n"
				   "  count: [{loop: [{python: 1us}]}]\n"
				   "run: {task: count}\n"
				   "variants:\n"
				   "  sequential: {model: sequential}\n"
				   "limit: 900h\n");
	status = system(region_format(&region, "cd %s; %s run endless.yaml >out 2>&1 & sleep 0.3; kill -INT $!; wait $!",
				      folder, program));
	free(program);
	cr_expect(eq(int, status, 130 << 8)); /* as waitpid() has it: exited */
	cr_expect(strstr(content_of(region_format(&region, "%s/out", folder)), "interrupted") != NULL);
}

/* ---- Gates ---- */

Test(cli, a_threshold_that_fails_or_has_no_data_ends_with_1)
{
	struct outcome outcome = gilsim("run --slo 'makespan < 1s' --slo 'threads.p99 < 20ms' s.yaml");

	cr_expect(eq(int, outcome.status, 0), "%s", outcome.out);
	cr_expect(strstr(outcome.out, "\nthresholds:\nok    makespan < 1s\nok    threads.p99") != NULL, "%s", outcome.out);
	outcome = gilsim("run --slo 'makespan < 1s' --slo 'makespan < 14.1ms' s.yaml");
	cr_expect(eq(int, outcome.status, 1));
	cr_expect(strstr(outcome.out, "FAIL  makespan < 14.1ms: ") != NULL, "%s", outcome.out);
	outcome = gilsim("run --slo 'loop_lag.p99 < 1s' s.yaml");
	cr_expect(eq(int, outcome.status, 1), "no data is no proof");
	cr_expect(strstr(outcome.out, "no data") != NULL);
	/* Unlike expectations they count with --set, and stand beside documents on standard error. */
	outcome = gilsim("run --format json --slo 'makespan < 1ms' --set 'tasks.count[0].python=1ms' s.yaml");
	cr_expect(eq(int, outcome.status, 1));
	cr_expect(strstr(outcome.err, "FAIL  makespan < 1ms") != NULL, "%s", outcome.err);
	cr_expect(strstr(outcome.out, "thresholds") == NULL);
	outcome = gilsim("run --slo 'p99 < 5' s.yaml");
	cr_expect(strstr(outcome.err, "--slo 'p99 < 5': column 7: missing unit") != NULL, "%s", outcome.err);
}

#define CHANCE                                                                                                     \
	"name: chance\nmachine: {profile: ideal, cores: 2}\ntasks: {work: [{io: \"uniform(9ms, 11ms)\"}]}\n"              \
	"run: {task: work, count: 20}\nvariants: {alone: sequential, pool: {model: thread_pool, workers: 4}}\n"

Test(cli, compare_tells_better_worse_same_and_what_cannot_be_told)
{
	struct outcome outcome;

	write_file("c.yaml", CHANCE);
	cr_assert(eq(int, gilsim("run --replications 9 --format json -o a.json c.yaml").status, 0));
	cr_assert(eq(int, gilsim("run --replications 9 --seed 2 --format json -o b.json c.yaml").status, 0));
	cr_assert(eq(int, gilsim("run --replications 9 --set variants.pool.workers=5 --format json -o fast.json c.yaml").status, 0));
	cr_assert(eq(int, gilsim("run --format json -o once.json c.yaml").status, 0));
	outcome = gilsim("compare a.json fast.json");
	cr_expect(eq(int, outcome.status, 0), "%s", outcome.out);
	cr_expect(strstr(outcome.out, "\nbetter: 0 worse, 0 cannot be told, 3 better, 5 the same") != NULL, "%s",
		  outcome.out);
	cr_expect(eq(int, gilsim("compare fast.json a.json").status, 1));
	outcome = gilsim("compare --format json --metric speedup fast.json a.json");
	cr_expect(eq(int, outcome.status, 1));
	cr_expect(strstr(outcome.out, "\"metric\": \"speedup\"") != NULL && strstr(outcome.out, "makespan") == NULL);
	/* Another seed: within 10 % for sure, within 0.01 % nobody knows. */
	cr_expect(eq(int, gilsim("compare --min-effect 10%% a.json b.json").status, 0));
	outcome = gilsim("compare --min-effect 0.01%% a.json b.json");
	cr_expect(outcome.status == 4 || outcome.status == 1);
	outcome = gilsim("compare a.json once.json");
	cr_expect(eq(int, outcome.status, 4));
	cr_expect(strstr(outcome.out, ", 1 replication\n") != NULL && strstr(outcome.out, ", 9 replications\n") != NULL, "%s",
		  outcome.out);
	cr_expect(strstr(outcome.out, "one sample") != NULL, "%s", outcome.out);
	cr_expect(eq(int, gilsim("compare --min-effect 10%% - b.json <a.json").status, 0));
	outcome = gilsim("compare --format csv -o table.csv fast.json a.json");
	cr_expect(eq(int, outcome.status, 1));
	cr_expect(strstr(content_of(region_format(&region, "%s/table.csv", folder)), ",worse,") != NULL);
	cr_expect(eq(int, gilsim("compare -o /dev/full a.json b.json").status, 3));
}

Test(cli, compare_refuses_what_cannot_be_compared)
{
	struct outcome outcome;

	write_file("c.yaml", CHANCE);
	gilsim("run --replications 2 --format json -o a.json c.yaml");
	gilsim("run --replications 2 --format json -o other.json s.yaml");
	gilsim("run --replications 2 --variant alone --format json -o part.json c.yaml");
	write_file("foreign.json", "{\"hits\": [1, 2]}\n");
	cr_assert(eq(int, system(region_format(&region, "sed 's/\"gilsim\": \"[^\"]*/&9/' %s/a.json >%s/newer.json",
					       folder, folder)),
		     0));
	outcome = gilsim("compare a.json other.json");
	cr_expect(eq(int, outcome.status, 2));
	cr_expect(strstr(outcome.err, "no results of scenario 'chance'") != NULL, "%s", outcome.err);
	outcome = gilsim("compare a.json foreign.json");
	cr_expect(eq(int, outcome.status, 2));
	cr_expect(strstr(outcome.err, "no result of gilsim") != NULL, "%s", outcome.err);
	outcome = gilsim("compare a.json newer.json");
	cr_expect(eq(int, outcome.status, 2));
	cr_expect(strstr(outcome.err, "what differs may be the simulator") != NULL, "%s", outcome.err);
	/* A variant that is gone is no proof that it is as good. */
	outcome = gilsim("compare a.json part.json");
	cr_expect(eq(int, outcome.status, 4), "%s", outcome.out);
	cr_expect(strstr(outcome.err, "no variant 'pool'") != NULL, "%s", outcome.err);
	outcome = gilsim("compare part.json a.json");
	cr_expect(eq(int, outcome.status, 0), "%s", outcome.out);
	cr_expect(strstr(outcome.err, "which is left out") != NULL, "%s", outcome.err);
}

Test(cli, explanations_laws_and_production_stand_beside_the_prediction)
{
	struct outcome outcome;

	write_file("m.yaml", region_format(&region, "measured: {threads: {makespan: 7.11ms, p99: 14.22ms}}\n%s", scenario));
	outcome = gilsim("run --explain m.yaml");
	cr_expect(eq(int, outcome.status, 0), "%s", outcome.err);
	cr_expect(strstr(outcome.out, "threads: what adds to the makespan") != NULL, "%s", outcome.out);
	cr_expect(strstr(outcome.out, "  the GIL    +7.11 ms") != NULL, "%s", outcome.out);
	cr_expect(strstr(outcome.out, "count[0] python") != NULL);
	cr_expect(strstr(outcome.out, "sequential: no law: one task after the other") != NULL, "%s", outcome.out);
	cr_expect(strstr(outcome.out, "measured in production:") != NULL);
	cr_expect(strstr(outcome.out, "+100.0%") != NULL, "%s", outcome.out);
	outcome = gilsim("run m.yaml");
	cr_expect(strstr(outcome.out, "what adds") == NULL && strstr(outcome.out, "no law") == NULL);
	cr_expect(strstr(outcome.out, "Amdahl") != NULL, "what applies is shown unasked: %s", outcome.out);
	outcome = gilsim("run --explain --format json m.yaml");
	cr_expect(strstr(outcome.out, "\"explain\": {") != NULL && strstr(outcome.out, "\"theory\": {") != NULL &&
		  strstr(outcome.out, "\"production\": [") != NULL);
	cr_expect(eq(str, gilsim("run --explain --format json m.yaml").out, outcome.out), "twice the same bytes");
	outcome = gilsim("run --format csv m.yaml");
	cr_expect(strstr(outcome.out, ",makespan=0.00711;sojourn.p99=0.01422,makespan=1;sojourn.p99=-0.15") != NULL, "%s", outcome.out);
	/* An explanation is no part of a trace. */
	cr_expect(eq(int, gilsim("run --explain --trace e.txt m.yaml").status, 0));
	cr_expect(eq(int, gilsim("run --trace r.txt m.yaml").status, 0));
	cr_expect(eq(int, system(region_format(&region, "cmp -s %s/e.txt %s/r.txt", folder, folder)), 0));
}

/* Each shipped scenario holds what it expects of itself, a row of the articles' claims or a program's. */
Test(cli, shipped_scenarios_hold_what_they_expect)
{
	static const char *const folders[] = { "seeds",	     "programs", "validation", "what-if", "load", "planning" };

	cr_assert(getenv("GILSIM_DATA") != NULL, "tests/tools/run_tests.sh sets it");
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		struct outcome outcome = gilsim("run \"$GILSIM_DATA\"/%s/*.yaml", folders[i]);

		cr_expect(eq(int, outcome.status, 0), "scenarios/%s", folders[i]);
	}
}
