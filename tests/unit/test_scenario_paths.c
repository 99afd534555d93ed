/*
 * test_scenario_paths.c - overrides of the command line and of variants.
 */
#include "tests/unit/scenario_helper.h"

#include "sim/scenario/scenario_paths.h"

static const char text[] = "machine: ideal\n"
			   "tasks:\n"
			   "  fetch: [{io: 7ms}, {python: 3ms}]\n"
			   "  main:\n"
			   "    daemon: false\n"
			   "    steps: [{spawn: fetch}, {repeat: 5, do: [{python: 11us}]}, join]\n"
			   "run: {task: fetch, count: 13}\n"
			   "variants:\n"
			   "  sequential: {model: sequential}\n"
			   "  threads: {model: thread_pool, workers: 5}\n"
			   "  program: {model: program}\n";

static struct scenario *load_with(struct helper *helper, const char *const *overrides, size_t count)
{
	struct scenario_options options = { .overrides = overrides, .override_count = count, .seed = 1 };

	return helper_load(helper, text, &options);
}

static struct scenario *load_set(struct helper *helper, const char *setting)
{
	return load_with(helper, &setting, 1);
}

/* Whether the setting is refused with this message and no other. */
static void expect_refusal(const char *setting, const char *message)
{
	struct helper helper;

	helper_open(&helper);
	cr_expect(load_set(&helper, setting) == NULL, "'%s' to be refused", setting);
	cr_expect(helper_says(&helper, message), "'%s': %s", setting, helper_messages(&helper));
	cr_expect(eq(sz, helper.diagnostics.error_count, 1), "'%s': %s", setting, helper_messages(&helper));
	helper_close(&helper);
}

Test(scenario_paths, a_path_leads_to_any_value)
{
	static const char *const overrides[] = {
		"machine.cores=7",
		"python.gil=off",
		"python.version=3.13",
		"python.switch_interval=711us",
		"run.count=17",
		"tasks.fetch[0].io=exponential(2ms)",
		"tasks.fetch[1].python = 4ms",
		"tasks.main[1].repeat=6",
		"tasks.main.steps[1].do[0].python=12us",
		"tasks.main[0].spawn.count=3",
		"variants.threads.workers=19",
		"limit=10s",
	};
	struct helper helper;
	struct scenario *scenario;
	const struct workload *threads;

	helper_open(&helper);
	scenario = load_with(&helper, overrides, sizeof(overrides) / sizeof(overrides[0]));
	cr_assert(scenario != NULL, "%s", helper_messages(&helper));
	cr_expect(scenario->overridden);
	threads = &scenario->workloads[1];
	cr_expect(eq(int, threads->machine.cores, 7));
	cr_expect(eq(int, threads->python.gil, GIL_OFF));
	cr_expect(eq(int, threads->python.minor, 13));
	cr_expect(eq(i64, threads->python.switch_interval_ns, 711000));
	cr_expect(eq(i64, threads->run.count, 17));
	cr_expect(eq(int, threads->model.workers, 19));
	cr_expect(eq(i64, threads->limit_ns, 10 * SIM_S));
	cr_expect(eq(int, threads->steps[0].duration.kind, DURATION_DRAWN));
	cr_expect(eq(i64, threads->steps[1].duration.constant_ns, 4000000));
	cr_expect(eq(i64, threads->steps[2].start->count.constant, 3));
	cr_expect(eq(i64, threads->steps[3].count.constant, 6));
	cr_expect(eq(i64, threads->steps[4].duration.constant_ns, 12000));
	helper_close(&helper);
}

Test(scenario_paths, a_list_may_take_the_place_of_its_rival)
{
	static const char *const overrides[] = { "run.items=[1ms, 2ms]", "tasks.t[0].io=item", "run.items[1]=5ms" };
	static const char counted[] = "machine: ideal\ntasks: {t: [{io: 7ms}]}\nrun: {task: t, count: 13}\n"
				      "variants: {a: threads}\n";
	struct scenario_options options = { .overrides = overrides, .override_count = 3 };
	struct helper helper;
	struct scenario *scenario;

	helper_open(&helper);
	scenario = helper_load_good(&helper, counted, &options);
	cr_expect(eq(int, scenario->workloads[0].run.kind, RUN_ITEMS));
	cr_expect(eq(i64, scenario->workloads[0].run.count, 2));
	cr_expect(eq(i64, scenario->workloads[0].run.items_ns[1], 5000000));
	helper_close(&helper);
}

Test(scenario_paths, any_parameter_of_the_profile_can_be_set)
{
	static const char *const overrides[] = { "profile.gil.uncontended=90.5ns", "profile.cpu.all_busy_speed=87%",
						 "profile.gil.interval=3ms" };
	struct helper helper;
	struct scenario *scenario;

	helper_open(&helper);
	scenario = load_with(&helper, overrides, 3);
	cr_assert(scenario != NULL, "%s", helper_messages(&helper));
	cr_expect(eq(dbl, scenario->workloads[2].machine.costs.value[COST_GIL_UNCONTENDED], 90.5));
	cr_expect(eq(dbl, scenario->workloads[2].machine.costs.value[COST_CPU_ALL_BUSY_SPEED], 0.87));
	cr_expect(eq(i64, scenario->workloads[2].python.switch_interval_ns, 3000000));
	helper_close(&helper);
	expect_refusal("profile.gil.uncontendet=1ns", "unknown profile parameter 'gil.uncontendet', did you mean "
						      "'gil.uncontended'?");
	expect_refusal("profile.gil.uncontended=1", "'1' is no value, expected a duration");
}

Test(scenario_paths, an_unknown_path_is_an_error_that_names_the_setting)
{
	expect_refusal("machine.coers=3",
		       "error: --set 'machine.coers=3': unknown key 'coers' in 'machine', did you "
		       "mean 'cores'?");
	expect_refusal("machin.cores=3", "unknown key 'machin', did you mean 'machine'?");
	expect_refusal("tasks.fetsh[0].io=1ms", "unknown name 'fetsh' in 'tasks', did you mean 'fetch'?");
	expect_refusal("tasks.fetch[2].io=1ms", "no entry [2] in 'steps', which has 2");
	expect_refusal("tasks.fetch[99999999999999999999].io=1ms", "no entry [99999999999999999999]");
	expect_refusal("tasks.fetch[0].python=1ms", "this step is 'io', not 'python'");
	expect_refusal("tasks.fetch[0].ioo=1ms", "unknown key 'ioo' in 'io'");
	expect_refusal("tasks.fetch.io=1ms", "unknown key 'io' in 'fetch'");
	expect_refusal("tasks.fetch[0=1ms", "no ']' in '[0'");
	expect_refusal("tasks.main[1].do.python=1ms", "'do' is a list, expected an index such as [0] after it");
	expect_refusal("variants.threds.workers=3", "unknown name 'threds' in 'variants', did you mean 'threads'?");
	expect_refusal("run.count.x=3", "'.x' after 'count', which has no parts");
	expect_refusal("run.items[0]=3ms", "'items' is no list in this file");
	expect_refusal("machine..cores=3", "no path at '..cores'");
	expect_refusal("=3", "no path at ''");
	expect_refusal("machine.cores", "no '=', expected PATH=VALUE");
	expect_refusal("run.items=[1ms", "did not find expected ',' or ']'");
	expect_refusal("name=\xff", "byte 0xff is not UTF-8");
}

Test(scenario_paths, a_wrong_value_is_an_error_that_names_the_setting)
{
	expect_refusal("machine.cores=0",
		       "--set 'machine.cores=0': '0' for 'cores', expected a whole number from 1 to 4096");
	expect_refusal("run.count=-3", "'-3' for 'count', expected a whole number from 1 to 1000000000");
	expect_refusal("tasks.fetch[0].io=3", "missing unit in '3'");
	expect_refusal("python.gil=maybe", "unknown gil 'maybe', expected on, off or per-interpreter");
	expect_refusal("variants.threads.workers=[3]", "a list for 'workers', expected a whole number");
}

Test(scenario_paths, the_tree_of_the_file_stays_as_it_was)
{
	static const struct yaml_origin origin = { .file = "t.yaml" };
	struct helper helper;
	struct reading reading;
	const struct yaml_node *root, *changed;

	helper_open(&helper);
	reading = (struct reading){ .region = &helper.region, .diagnostics = &helper.diagnostics };
	root = yaml_tree_parse(&origin, text, strlen(text), &helper.region, &helper.diagnostics);
	changed = scenario_paths_set(&reading, root, "tasks.fetch[0].io=9ms", "--set");
	cr_expect(eq(
		str,
		(char *)yaml_tree_get(yaml_tree_get(yaml_tree_get(root, "tasks"), "fetch")->items[0], "io")->text,
		"7ms"));
	cr_expect(yaml_tree_get(root, "tasks") != yaml_tree_get(changed, "tasks"));
	/* What is not on the path is shared. */
	cr_expect(yaml_tree_get(root, "run") == yaml_tree_get(changed, "run"));
	cr_expect(yaml_tree_get(yaml_tree_get(root, "tasks"), "main") ==
		  yaml_tree_get(yaml_tree_get(changed, "tasks"), "main"));
	helper_close(&helper);
}

Test(scenario_paths, an_alias_is_not_changed_with_what_it_stands_for)
{
	static const char aliased[] = "machine: ideal\n"
				      "tasks: {a: &a [{io: 7ms}, {spawn: b}], b: &b [{io: 5ms}], c: *b, main: *a}\n"
				      "variants: {p: {model: program}}\n";
	static const char *const overrides[] = { "tasks.b[0].io=3ms" };
	struct scenario_options options = { .overrides = overrides, .override_count = 1 };
	struct helper helper;
	const struct workload *workload;

	helper_open(&helper);
	workload = &helper_load_good(&helper, aliased, &options)->workloads[0];
	cr_expect(eq(i64, workload->steps[workload->tasks[1].first].duration.constant_ns, 3000000));
	cr_expect(eq(i64, workload->steps[workload->tasks[2].first].duration.constant_ns, 5000000));
	helper_close(&helper);
}

Test(scenario_paths, a_variant_sets_its_own_values_and_no_other_s)
{
	static const char with_set[] =
		"machine: ideal\n"
		"python: '3.13'\n"
		"tasks: {t: [{io: 7ms}]}\n"
		"run: {task: t, count: 3}\n"
		"variants:\n"
		"  a: {model: threads}\n"
		"  b: {model: threads, set: {python.gil: off, 'tasks.t[0].io': 9ms, run.count: 5}}\n"
		"  c: {model: threads, set: {profile.gil.interval: 2ms, machine.cores: 3}}\n";
	struct scenario_options options = { .seed = 1 };
	struct helper helper;
	const struct workload *w;

	helper_open(&helper);
	w = helper_load_good(&helper, with_set, &options)->workloads;
	cr_expect(eq(int, w[0].python.gil, GIL_ON));
	cr_expect(eq(int, w[1].python.gil, GIL_OFF));
	cr_expect(eq(int, w[2].python.gil, GIL_ON));
	cr_expect(eq(i64, w[0].steps[0].duration.constant_ns, 7000000));
	cr_expect(eq(i64, w[1].steps[0].duration.constant_ns, 9000000));
	cr_expect(w[0].steps == w[2].steps, "what is not set to be shared");
	cr_expect(eq(i64, w[1].run.count, 5));
	cr_expect(eq(i64, w[2].run.count, 3));
	cr_expect(eq(i64, w[0].python.switch_interval_ns, 5000000));
	cr_expect(eq(i64, w[2].python.switch_interval_ns, 2000000));
	cr_expect(eq(int, w[2].machine.cores, 3));
	helper_close(&helper);
}

Test(scenario_paths, a_path_leads_into_steps_of_all_kinds)
{
	static const char *const overrides[] = {
		"resources.q.size=7",	       "tasks.work[0].put.timeout=2s", "tasks.work[1].call.args[0]=9",
		"tasks.work[2].let.x=11",      "tasks.work[3].then[0].io=4ms", "tasks.work[4].except[0].io=6ms",
		"tasks.work[3].if.chance=25%", "run.think=3s",		       "variants.s.each.model=thread_pool",
	};
	const struct scenario_options options = {
		.overrides = overrides, .override_count = sizeof(overrides) / sizeof(overrides[0]), .seed = 1
	};
	struct helper helper;
	struct scenario *scenario;
	const struct workload *w;

	helper_open(&helper);
	scenario = helper_load(&helper,
			       "machine: ideal\n"
			       "resources: {q: {kind: queue, size: 5}}\n"
			       "tasks:\n"
			       "  leaf: {args: [n], steps: [{repeat: n, do: [{io: 1ms}]}]}\n"
			       "  work:\n"
			       "    - put: q\n"
			       "    - call: {task: leaf, args: [3]}\n"
			       "    - let: {x: 1}\n"
			       "    - if: {test: x > 0}\n"
			       "      then: [{io: 1ms}]\n"
			       "    - try: [{raise: boom}]\n"
			       "      except: [{io: 1ms}]\n"
			       "run: {task: work, users: 3, for: 1s}\n"
			       "variants: {s: {model: server, each: {model: asyncio}}}\n",
			       &options);
	cr_assert(scenario != NULL, "%s", helper_messages(&helper));
	w = &scenario->workloads[0];
	cr_expect(eq(i64, w->resources[0].size, 7));
	cr_expect(eq(i64, w->steps[2].timeout_ns, 2 * SIM_S));
	cr_expect(eq(i64, w->arguments[w->steps[3].start->first_argument].constant, 9));
	cr_expect(eq(i64, w->steps[4].value.constant, 11));
	cr_expect(eq(dbl, w->steps[5].chance, 0.25));
	cr_expect(eq(i64, w->steps[7].duration.constant_ns, 4 * SIM_MS));
	cr_expect(eq(i64, w->steps[12].duration.constant_ns, 6 * SIM_MS));
	cr_expect(eq(i64, w->run.think.constant_ns, 3 * SIM_S));
	cr_expect(eq(int, w->model.each->kind, MODEL_THREAD_POOL));
	helper_close(&helper);
}
