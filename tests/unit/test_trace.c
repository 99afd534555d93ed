/*
 * test_trace.c - records as slices, and slices as Chrome trace events and as CSV.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/results/trace_writer.h"

static struct region region;

static void set_up(void)
{
	region_init(&region);
}

static void tear_down(void)
{
	region_release(&region);
}

TestSuite(trace, .init = set_up, .fini = tear_down);

static const struct trace_run heading = {
	.scenario = "hand-made", .variant = "a, \"b\"", .source = "simulated", .seed = 7, .replication = 0
};

/* Shorthands: all on process 0. */
static struct trace_record state(sim_ns time_ns, int32_t thread, const char *what, int32_t core)
{
	return (struct trace_record){
		.time_ns = time_ns, .phase = TRACE_STATE, .thread = thread, .core = core, .what = what
	};
}

static struct trace_record record(sim_ns time_ns, enum trace_phase phase, int32_t thread, const char *what,
				  const char *name, int64_t value)
{
	return (struct trace_record){ .time_ns = time_ns,
				      .phase = phase,
				      .thread = thread,
				      .core = -1,
				      .what = what,
				      .name = name,
				      .value = value };
}

/* What a writer of this format makes of the records. */
static char *written(enum trace_format format, const struct trace_record *records, size_t count)
{
	char *text = NULL, *kept;
	size_t length;
	FILE *stream = open_memstream(&text, &length);
	struct trace_writer *writer = trace_writer_new(format, stream, &region);
	const struct trace_sink *sink = trace_writer_begin_run(writer, &heading);

	for (size_t i = 0; i < count; i++)
		trace_emit(sink, &records[i]);
	trace_writer_end_run(writer);
	trace_writer_finish(writer);
	fclose(stream);
	kept = region_strdup(&region, text);
	free(text);
	return kept;
}

/* The rows of one kind, without what stands before it. */
static const char *rows_of(char *csv, const char *kind)
{
	const char *rows = "";

	for (char *line = strtok(csv, "\n"); line; line = strtok(NULL, "\n"))
		if (!strncmp(line + 2, kind, strlen(kind)))
			rows = region_format(&region, "%s%s\n", rows, line);
	return rows;
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

Test(trace, the_suffix_names_the_format)
{
	cr_expect(eq(int, (int)trace_format_of("a.json"), TRACE_JSON));
	cr_expect(eq(int, (int)trace_format_of("a.csv"), TRACE_CSV));
	cr_expect(eq(int, (int)trace_format_of("a.json.txt"), TRACE_TEXT));
	cr_expect(eq(int, (int)trace_format_of("json"), TRACE_TEXT));
}

Test(trace, states_that_take_no_time_are_left_out_and_what_they_parted_is_one)
{
	const struct trace_record records[] = {
		record(0, TRACE_INSTANT, 3, "start", "worker", 0),
		state(0, 3, "switching", -1),
		state(711, 3, "python", 1),
		state(1711, 3, "overhead", 1), /* no time passes in it */
		state(1711, 3, "python", 1),
		state(2711, 3, "python", 0), /* another core is another slice */
		state(2900, 3, "io", -1),
		record(5000, TRACE_INSTANT, 3, "exit", "worker", 0),
	};

	cr_expect(eq(str, (char *)rows_of(written(TRACE_CSV, records, COUNT(records)), "state"),
		     (char *)"0,state,0,3,,switching,,0,711,\n"
			     "0,state,0,3,1,python,,711,2711,\n"
			     "0,state,0,3,0,python,,2711,2900,\n"
			     "0,state,0,3,,io,,2900,5000,\n"));
}

Test(trace, tasks_split_the_states_that_they_nest)
{
	const struct trace_record records[] = {
		state(0, 2, "python", 0),
		record(100, TRACE_BEGIN, 2, "task", "fetch", 17),
		record(350, TRACE_END, 2, "task", "fetch", 17),
		state(400, 2, "io", -1),
		record(500, TRACE_MARK, -1, "stop", NULL, 0),
	};

	cr_expect(eq(str, (char *)rows_of(written(TRACE_CSV, records, COUNT(records)), "state"),
		     (char *)"0,state,0,2,0,python,,0,100,\n"
			     "0,state,0,2,0,python,,100,350,\n"
			     "0,state,0,2,0,python,,350,400,\n"
			     "0,state,0,2,,io,,400,500,\n"));
	cr_expect(eq(str, (char *)rows_of(written(TRACE_CSV, records, COUNT(records)), "task"),
		     (char *)"0,task,0,2,,task,fetch,100,350,17\n"));
}

Test(trace, a_lock_is_held_from_taking_to_dropping_and_by_an_exiting_thread_no_longer)
{
	const struct trace_record records[] = {
		record(10, TRACE_INSTANT, 1, "start", "one", 0), record(20, TRACE_INSTANT, 2, "start", "two", 0),
		record(30, TRACE_TAKE, 1, "gil", NULL, 5),	 record(70, TRACE_DROP, 1, "gil", NULL, 5),
		record(75, TRACE_TAKE, 2, "gil", NULL, 5),	 record(90, TRACE_INSTANT, 2, "exit", "two", 0),
		record(200, TRACE_INSTANT, 1, "run", NULL, 0),
	};

	cr_expect(eq(str, (char *)rows_of(written(TRACE_CSV, records, COUNT(records)), "lock"),
		     (char *)"0,lock,0,1,,gil,one,30,70,5\n0,lock,0,2,,gil,two,75,90,5\n"));
	cr_expect(eq(str, (char *)rows_of(written(TRACE_CSV, records, COUNT(records)), "hand_over"),
		     (char *)"0,hand_over,0,2,,gil,,75,,1\n"));
}

Test(trace, counters_tell_the_last_value_of_an_instant_and_the_ready_are_counted)
{
	const struct trace_record records[] = {
		state(0, 1, "run_queue", -1),
		state(0, 2, "run_queue", -1),
		record(5, TRACE_COUNTER, -1, "waiting", NULL, 1),
		record(5, TRACE_COUNTER, -1, "waiting", NULL, 2),
		record(9, TRACE_COUNTER, -1, "waiting", NULL, 2),
		state(30, 1, "python", 0),
		record(44, TRACE_COUNTER, -1, "waiting", NULL, 0),
	};

	cr_expect(eq(str, (char *)rows_of(written(TRACE_CSV, records, COUNT(records)), "counter,,,,run_queue"),
		     (char *)"0,counter,,,,run_queue,,0,,2\n0,counter,,,,run_queue,,30,,1\n"));
	cr_expect(eq(str, (char *)rows_of(written(TRACE_CSV, records, COUNT(records)), "counter,,,,waiting"),
		     (char *)"0,counter,,,,waiting,,5,,2\n0,counter,,,,waiting,,44,,0\n"));
}

Test(trace, fields_are_quoted_where_they_need_it)
{
	const char *rows = rows_of(written(TRACE_CSV, NULL, 0), "meta");

	cr_expect(strstr(rows, "0,meta,,,,variant,\"a, \"\"b\"\"\",,,\n") != NULL, "%s", rows);
	cr_expect(strstr(rows, "0,meta,,,,seed,7,,,\n") != NULL, "%s", rows);
}

/* ---- JSON ---- */

struct track {
	double pid, tid;
	double last_ts;
	const char *open[16];
	size_t depth;
};

/* A flow ends where one of its category, name and number has begun, and not before. */
static void check_flow(json_t *begun, const json_t *event, bool begins, double ts)
{
	const char *key = region_format(&region, "%s/%s/%lld", json_string_value(json_object_get(event, "cat")),
					json_string_value(json_object_get(event, "name")),
					(long long)json_integer_value(json_object_get(event, "id")));

	if (begins) {
		cr_assert(json_object_get(begun, key) == NULL, "'%s' begins twice", key);
		json_object_set_new(begun, key, json_real(ts));
		return;
	}
	cr_assert(json_object_get(begun, key) != NULL, "'%s' ends without a beginning", key);
	cr_assert(ts >= json_number_value(json_object_get(begun, key)), "'%s' ends before it begins", key);
	json_object_del(begun, key);
}

/* Every E ends the innermost B of its track, by name; time never goes back within a track; nothing stays open. */
static size_t check_events(const char *json)
{
	json_error_t reason;
	json_t *root = json_loads(json, JSON_REJECT_DUPLICATES, &reason);
	const json_t *events = json_object_get(root, "traceEvents"), *event;
	struct track *tracks = region_alloc_array(&region, 1000, sizeof(*tracks));
	size_t track_count = 0, i, slices = 0;
	json_t *flows = json_object();

	cr_assert(root != NULL, "%s at %d", reason.text, reason.line);
	json_array_foreach(events, i, event)
	{
		const char *phase = json_string_value(json_object_get(event, "ph"));
		const char *name = json_string_value(json_object_get(event, "name"));
		double pid = json_number_value(json_object_get(event, "pid"));
		double tid = json_number_value(json_object_get(event, "tid"));
		double ts = json_number_value(json_object_get(event, "ts"));
		struct track *track = NULL;

		/* Counters are tracks of their own, by name. */
		if (*phase == 'M' || *phase == 'C')
			continue;
		for (size_t at = 0; at < track_count && !track; at++)
			if (tracks[at].pid == pid && tracks[at].tid == tid)
				track = &tracks[at];
		if (!track) {
			cr_assert(track_count < 1000);
			track = &tracks[track_count++];
			*track = (struct track){ .pid = pid, .tid = tid };
		}
		cr_assert(ts >= track->last_ts, "event %zu: %g after %g", i, ts, track->last_ts);
		track->last_ts = ts;
		if (*phase == 'B') {
			cr_assert(track->depth < 16);
			track->open[track->depth++] = region_strdup(&region, name);
			slices++;
		} else if (*phase == 'E') {
			cr_assert(track->depth > 0, "event %zu ends nothing", i);
			cr_assert(eq(str, (char *)track->open[--track->depth], (char *)name), "event %zu", i);
		} else if (*phase == 's' || *phase == 'f') {
			check_flow(flows, event, *phase == 's', ts);
		}
	}
	for (size_t at = 0; at < track_count; at++)
		cr_expect(eq(sz, tracks[at].depth, 0));
	json_decref(flows);
	json_decref(root);
	return slices;
}

Test(trace, events_nest_also_when_tasks_overlap_and_threads_end_within_them)
{
	const struct trace_record records[] = {
		record(0, TRACE_INSTANT, 1, "start", "loop \"x\"", 0),
		state(0, 1, "python", 0),
		record(100, TRACE_BEGIN, 1, "task", "first", 1),
		record(200, TRACE_BEGIN, 1, "task", "second", 2), /* a coroutine beside the first */
		record(300, TRACE_END, 1, "task", "first", 1),
		record(350, TRACE_BEGIN, 1, "task", "third", 3),
		record(400, TRACE_END, 1, "task", "second", 2),
		record(450, TRACE_INSTANT, 1, "exit", "loop \"x\"", 0), /* the third never ends */
	};
	const char *json = written(TRACE_JSON, records, COUNT(records));

	/* python four times: before, in and after the first, and in the third; the first and third task. */
	cr_expect(eq(sz, check_events(json), 6), "%s", json);
	cr_expect(strstr(json, "{\"ph\":\"b\",\"pid\":1,\"tid\":2,\"ts\":0.200,\"name\":\"second\",\"cat\":"
			       "\"task\",\"id\":2}") != NULL,
		  "%s", json);
	cr_expect(strstr(json, "loop \\\"x\\\" 1") != NULL, "%s", json);
}

Test(trace, a_message_is_a_flow_from_its_sender_to_its_receiver)
{
	const struct trace_record records[] = {
		record(0, TRACE_INSTANT, 1, "start", "producer", 0),
		record(0, TRACE_INSTANT, 2, "start", "consumer", 0),
		state(0, 1, "python", 0),
		state(0, 2, "queue_wait", -1),
		record(711, TRACE_SEND, 1, "queue", "jobs", 41),
		record(1711, TRACE_RECEIVE, 2, "queue", "jobs", 41),
		record(2000, TRACE_SEND, 2, "pipe", NULL, 42), /* nobody reads it */
	};
	const char *json = written(TRACE_JSON, records, COUNT(records));

	check_events(json);
	cr_expect(strstr(json, "{\"ph\":\"s\",\"pid\":1,\"tid\":2,\"ts\":0.711,\"name\":\"queue jobs\",\"cat\":\"message\",\"id\":"
			       "41}") != NULL,
		  "%s", json);
	cr_expect(strstr(json, "{\"ph\":\"f\",\"pid\":1,\"tid\":3,\"ts\":1.711,\"name\":\"queue jobs\",\"cat\":\"message\",\"id\":"
			       "41,\"bp\":\"e\"}") != NULL,
		  "%s", json);
	cr_expect(eq(str, (char *)rows_of(written(TRACE_CSV, records, COUNT(records)), "send"),
		     (char *)"0,send,0,1,,queue,jobs,711,,41\n0,send,0,2,,pipe,,2000,,42\n"));
	cr_expect(eq(str, (char *)rows_of(written(TRACE_CSV, records, COUNT(records)), "receive"),
		     (char *)"0,receive,0,2,,queue,jobs,1711,,41\n"));
}

Test(trace, runs_stand_beside_each_other_with_processes_of_their_own)
{
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);
	struct trace_writer *writer = trace_writer_new(TRACE_JSON, stream, &region);

	for (int run = 0; run < 2; run++) {
		const struct trace_sink *sink = trace_writer_begin_run(writer, &heading);
		struct trace_record one = record(0, TRACE_INSTANT, 0, "start", "main", 0);

		trace_emit(sink, &one);
		one.process = 1;
		one.thread = 1;
		trace_emit(sink, &one);
		trace_writer_end_run(writer);
	}
	trace_writer_finish(writer);
	fclose(stream);
	for (int pid = 1; pid <= 4; pid++)
		cr_expect(strstr(text, region_format(&region, "\"pid\":%d,\"tid\":0,\"name\":\"process_name\"",
						     pid)) != NULL,
			  "%s", text);
	cr_expect(strstr(text, "\"pid\":5") == NULL);
	free(text);
}

/* ---- Whole runs ---- */

static char *traced(const char *scenario, const char *suffix, const char *more)
{
	const char *given = getenv("GILSIM");
	char *path = region_format(&region, "/tmp/gilsim-test-trace-%d.%s", (int)getpid(), suffix);
	FILE *stream;
	char *text;
	long size;

	cr_assert(eq(int,
		     system(region_format(&region, "%s run %s --trace %s %s >/dev/null 2>&1",
					  given ? given : GILSIM_BINARY, scenario, path, more)),
		     0));
	stream = fopen(path, "r");
	cr_assert(stream != NULL);
	fseek(stream, 0, SEEK_END);
	size = ftell(stream);
	rewind(stream);
	text = region_alloc(&region, (size_t)size + 1);
	cr_assert(eq(sz, fread(text, 1, (size_t)size, stream), (size_t)size));
	fclose(stream);
	unlink(path);
	return text;
}

Test(trace, events_of_whole_runs_pair_up_in_order)
{
	static const char *const scenarios[] = { "tests/golden/gil.yaml", "tests/golden/lock.yaml",
						 "tests/golden/pools.yaml", "tests/golden/oversubscribed.yaml",
						 "scenarios/validation/convoy-free-core.yaml",
						 "scenarios/seeds/c8-process-queues.yaml" };

	for (size_t i = 0; i < COUNT(scenarios); i++) {
		const char *json = traced(scenarios[i], "json", "");
		size_t slices = check_events(json), events = 0;

		for (const char *at = json; (at = strstr(at, "{\"ph\"")) != NULL; at++)
			events++;
		cr_expect(slices > 20, "%s: %zu", scenarios[i], slices);
		/* The aim is 80 bytes an event, without the line that says whose it is. */
		cr_expect(strlen(json) <= 82 * events, "%s: %zu bytes, %zu events", scenarios[i], strlen(json),
			  events);
	}
}

/* Splits a row without quotes at its commas. */
static size_t split(char *line, const char *fields[16])
{
	size_t count = 0;

	for (char *field = line; field && count < 16; count++) {
		fields[count] = strsep(&field, ",");
	}
	return count;
}

/* Ten items and two sentinels go through a queue.Queue: from the producer's thread, each to one of the consumers'. */
Test(trace, what_is_put_into_a_queue_comes_to_another_thread)
{
	char *csv = traced("scenarios/seeds/b7-queue-producer-consumer.yaml", "csv", "");
	long long sender_of[32], sent = 0, received = 0;

	for (char *line = strsep(&csv, "\n"); line && *line; line = strsep(&csv, "\n")) {
		const char *fields[16];
		long long number;

		cr_assert(eq(sz, split(line, fields), 10));
		if (strcmp(fields[5], "queue") != 0 || strcmp(fields[6], "items") != 0)
			continue;
		number = atoll(fields[9]);
		if (strcmp(fields[1], "send") == 0) {
			cr_assert(number == ++sent && number < 32);
			sender_of[number] = atoll(fields[3]);
		} else if (strcmp(fields[1], "receive") == 0) {
			cr_expect(number == ++received && number <= sent, "first in, first out");
			cr_expect(sender_of[number] != atoll(fields[3]));
		}
	}
	cr_expect(eq(llong, sent, 12));
	cr_expect(eq(llong, received, 12));
}

/* Through multiprocessing.Queue: five tasks and two sentinels one way, five results the other, by feeder threads and
 * pipes, each to a thread of another process. */
Test(trace, what_is_put_into_a_process_queue_comes_to_another_process)
{
	char *csv = traced("scenarios/seeds/c8-process-queues.yaml", "csv", "--variant processes");
	long long process_of[128] = { 0 };
	size_t received = 0;

	for (char *line = strsep(&csv, "\n"); line && *line; line = strsep(&csv, "\n")) {
		const char *fields[16];
		long long number;

		cr_assert(eq(sz, split(line, fields), 10));
		if (strcmp(fields[5], "pipe") != 0)
			continue;
		number = atoll(fields[9]);
		cr_assert(number > 0 && number < 128);
		if (strcmp(fields[1], "send") == 0)
			process_of[number] = atoll(fields[2]) + 1;
		if (strcmp(fields[1], "receive") != 0)
			continue;
		received++;
		cr_expect(process_of[number] > 0 && process_of[number] != atoll(fields[2]) + 1, "message %lld", number);
	}
	cr_expect(eq(sz, received, 12));
}

/* States tell all of a thread's time: those of each thread touch, from its first to its last. */
Test(trace, states_leave_no_gap)
{
	char *csv = traced("tests/golden/pools.yaml", "csv", "");
	long long end_ns[64] = { 0 };
	size_t states = 0;

	for (char *line = strsep(&csv, "\n"); line && *line; line = strsep(&csv, "\n")) {
		const char *fields[16];
		int thread;

		cr_assert(eq(sz, split(line, fields), 10));
		if (strcmp(fields[0], "1") != 0 || strcmp(fields[1], "state") != 0)
			continue;
		thread = atoi(fields[3]);
		cr_assert(thread < 64);
		if (end_ns[thread] != 0)
			cr_expect(eq(llong, atoll(fields[7]), end_ns[thread]), "thread %d", thread);
		end_ns[thread] = atoll(fields[8]);
		states++;
	}
	cr_expect(states > 50);
}

Test(trace, native_tasks_stand_on_the_threads_that_executed_them)
{
	static const char scenario[] =
		"name: naps\nmachine: {cores: 1}\ntasks: {nap: [{io: 4ms}]}\nrun: {task: nap, count: 6}\n"
		"variants: {sequential: {model: sequential}, pool: {model: thread_pool, workers: 3}}\n";
	const char *path = region_format(&region, "/tmp/gilsim-test-trace-%d", (int)getpid());
	const char *given = getenv("GILSIM");
	FILE *stream = fopen(region_format(&region, "%s.yaml", path), "w");
	size_t tasks[2] = { 0 }, threads[2] = { 0 }, naps[2] = { 0 };
	char *csv;

	cr_assert(stream != NULL);
	fputs(scenario, stream);
	fclose(stream);
	cr_assert(
		eq(int,
		   system(region_format(
			   &region, "%s native --repeat 1 --profile default %s.yaml --trace %s.csv >/dev/null 2>&1",
			   given ? given : GILSIM_BINARY, path, path)),
		   0));
	stream = fopen(region_format(&region, "%s.csv", path), "r");
	cr_assert(stream != NULL);
	csv = region_alloc(&region, 1 << 16);
	csv[fread(csv, 1, (1 << 16) - 1, stream)] = '\0';
	fclose(stream);
	unlink(region_format(&region, "%s.yaml", path));
	unlink(region_format(&region, "%s.csv", path));
	strsep(&csv, "\n");
	for (char *line = strsep(&csv, "\n"); line && *line; line = strsep(&csv, "\n")) {
		const char *fields[16];
		int run = line[0] - '0';

		cr_assert(eq(sz, split(line, fields), 10));
		threads[run] += strcmp(fields[1], "thread") == 0;
		if (strcmp(fields[1], "state") == 0 && strcmp(fields[5], "io") == 0) {
			naps[run]++;
			cr_expect(atoll(fields[8]) - atoll(fields[7]) >= 4000000, "the step takes its time");
		}
		if (strcmp(fields[1], "task") != 0)
			continue;
		tasks[run]++;
		cr_expect(eq(str, (char *)fields[6], (char *)"nap"));
		cr_expect(atoll(fields[8]) - atoll(fields[7]) >= 4000000, "a nap takes its time");
	}
	cr_expect(eq(sz, tasks[0], 6));
	cr_expect(eq(sz, tasks[1], 6));
	cr_expect(eq(sz, naps[0], 6), "a step in each task");
	cr_expect(eq(sz, naps[1], 6));
	cr_expect(eq(sz, threads[0], 1));
	cr_expect(eq(sz, threads[1], 4), "three workers, and who gives them their tasks");
}

Test(trace, a_long_trace_needs_no_more_memory_than_a_short_one)
{
	/* 20 and 2000 rounds of the same: the peak of all memory, in KiB, by the shell's account of its child. */
	const char *link = region_format(&region, "/tmp/gilsim-test-trace-%d.json", (int)getpid());
	long peaks[2];

#ifdef __SANITIZE_ADDRESS__
	cr_skip_test("AddressSanitizer keeps what was freed");
#endif
	cr_assert(eq(int, symlink("/dev/null", link), 0));
	for (int i = 0; i < 2; i++) {
		const char *given = getenv("GILSIM");
		FILE *pipe = popen(
			region_format(
				&region,
				"python3 -c 'import resource,subprocess,sys; "
				"subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True); "
				"print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' "
				"%s run tests/golden/lock.yaml --variant semaphore --set 'tasks.turn[0].repeat=%d' "
				"--trace %s",
				given ? given : GILSIM_BINARY, i == 0 ? 20 : 2000, link),
			"r");

		cr_assert(pipe != NULL);
		cr_assert(eq(int, fscanf(pipe, "%ld", &peaks[i]), 1));
		pclose(pipe);
	}
	unlink(link);
	cr_expect(peaks[1] <= peaks[0] + 512, "%ld and %ld KiB", peaks[0], peaks[1]);
}
