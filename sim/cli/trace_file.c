/*
 * trace_file.c - see trace_file.h.
 */
#include "sim/cli/trace_file.h"

#include <stdlib.h>

int trace_file_open(struct trace_file *trace, const char *path, struct region *region)
{
	*trace = (struct trace_file){ .writer = NULL };
	if (!path)
		return STATUS_DONE;
	if (!output_file_open(&trace->file, path, region))
		return output_failed(path);
	trace->writer = trace_writer_new(trace_format_of(path), trace->file.stream, region);
	return STATUS_DONE;
}

int trace_file_close(struct trace_file *trace)
{
	if (!trace->writer)
		return STATUS_DONE;
	trace_writer_finish(trace->writer);
	trace->writer = NULL;
	return output_file_close(&trace->file) ? STATUS_DONE : output_failed(trace->file.path);
}

/* ---- Native runs ---------------------------------------------------------------------------- */

/* What happens to a task or a step; of two at one instant on one thread, an end comes before a beginning. */
enum task_event_kind { TASK_RELEASED, STEP_ENDED, TASK_ENDED, TASK_BEGUN, STEP_BEGUN };

struct task_event {
	sim_ns time_ns;
	enum task_event_kind kind;
	size_t task; /* or step */
};

static int in_order(const void *a, const void *b)
{
	const struct task_event *x = a, *y = b;

	if (x->time_ns != y->time_ns)
		return x->time_ns < y->time_ns ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return (x->task > y->task) - (x->task < y->task);
}

/* The kernel's numbers of processes and threads, numbered as they come. */
struct known_thread {
	int32_t process, thread;	     /* the kernel's */
	int32_t process_index, thread_index; /* the trace's */
};

struct native_trace {
	const struct trace_sink *sink;
	struct region *region;
	struct known_thread *threads;
	size_t thread_count, thread_capacity;
	int32_t process_count;
	int64_t released, begun, ended;
};

static const struct known_thread *find_thread(struct native_trace *trace, int32_t process, int32_t thread,
					      sim_ns now_ns)
{
	struct known_thread known = { .process = process,
				      .thread = thread,
				      .process_index = trace->process_count,
				      .thread_index = (int32_t)trace->thread_count };

	for (size_t i = 0; i < trace->thread_count; i++) {
		if (trace->threads[i].process != process)
			continue;
		if (trace->threads[i].thread == thread)
			return &trace->threads[i];
		known.process_index = trace->threads[i].process_index;
	}
	trace->process_count += known.process_index == trace->process_count;
	trace->threads = region_grow(trace->region, trace->threads, trace->thread_count, &trace->thread_capacity,
				     sizeof(known));
	trace->threads[trace->thread_count++] = known;
	trace_emit(trace->sink,
		   &(struct trace_record){ .time_ns = now_ns,
					   .phase = TRACE_INSTANT,
					   .process = known.process_index,
					   .thread = known.thread_index,
					   .core = -1,
					   .what = "start",
					   .name = thread == process ? "main thread" : "thread" });
	return &trace->threads[trace->thread_count - 1];
}

static void emit_counters(const struct native_trace *trace, sim_ns now_ns)
{
	struct trace_record record = { .time_ns = now_ns,
				       .phase = TRACE_COUNTER,
				       .process = -1,
				       .thread = -1,
				       .core = -1,
				       .what = "waiting",
				       .value = trace->released - trace->begun };

	trace_emit(trace->sink, &record);
	record.what = "in_flight";
	record.value = trace->released - trace->ended;
	trace_emit(trace->sink, &record);
}

static void emit_task_event(struct native_trace *trace, const struct native_task *task,
			    const struct task_event *event, const char *name)
{
	trace->released += event->kind == TASK_RELEASED;
	trace->begun += event->kind == TASK_BEGUN;
	trace->ended += event->kind == TASK_ENDED;
	if (event->kind != TASK_RELEASED) {
		const struct known_thread *thread = find_thread(trace, task->process, task->thread, event->time_ns);

		trace_emit(trace->sink,
			   &(struct trace_record){ .time_ns = event->time_ns,
						   .phase = event->kind == TASK_BEGUN ? TRACE_BEGIN : TRACE_END,
						   .process = thread->process_index,
						   .thread = thread->thread_index,
						   .core = -1,
						   .what = "task",
						   .name = name,
						   .value = (int64_t)event->task + 1 });
	}
	emit_counters(trace, event->time_ns);
}

/* Between two steps a thread is at what is nobody's. */
static void emit_step_event(struct native_trace *trace, const struct native_step *step, const struct task_event *event)
{
	const struct known_thread *thread = find_thread(trace, step->process, step->thread, event->time_ns);

	trace_emit(trace->sink, &(struct trace_record){ .time_ns = event->time_ns,
							.phase = TRACE_STATE,
							.process = thread->process_index,
							.thread = thread->thread_index,
							.core = -1,
							.what = event->kind == STEP_BEGUN ? step->what : "switching" });
}

static void emit_mark(const struct trace_sink *sink, const char *what, sim_ns time_ns)
{
	trace_emit(sink, &(struct trace_record){ .time_ns = time_ns,
						 .phase = TRACE_MARK,
						 .process = -1,
						 .thread = -1,
						 .core = -1,
						 .what = what });
}

static void trace_run(const struct trace_sink *sink, const struct workload *workload, const struct native_run *run,
		      struct region *region)
{
	/* Which task an instance of a program belongs to, its record does not tell. */
	const char *name = workload->run.kind == RUN_PROGRAM ? "task" : workload->tasks[workload->run.task].name;
	struct native_trace trace = { .sink = sink, .region = region };
	struct task_event *events = region_alloc_array(region, 3 * run->task_count + 2 * run->step_count, sizeof(*events));
	sim_ns end_ns = sim_time_round(run->result.makespan_s * 1e9);
	bool stopped = false;
	size_t count = 0;

	for (size_t i = 0; i < run->task_count; i++) {
		const struct native_task *task = &run->tasks[i];
		sim_ns release_ns = task->release_ns < task->start_ns ? task->release_ns : task->start_ns;

		release_ns = release_ns > 0 ? release_ns : 0;
		events[count++] = (struct task_event){ release_ns, TASK_RELEASED, i };
		if (task->process == 0)
			continue; /* not ended, so nobody has written down where it was */
		events[count++] = (struct task_event){ task->start_ns, TASK_BEGUN, i };
		events[count++] = (struct task_event){ task->end_ns, TASK_ENDED, i };
	}
	for (size_t i = 0; i < run->step_count; i++) {
		if (run->steps[i].begin_ns < 0)
			continue;
		events[count++] = (struct task_event){ run->steps[i].begin_ns, STEP_BEGUN, i };
		events[count++] = (struct task_event){ run->steps[i].end_ns, STEP_ENDED, i };
	}
	qsort(events, count, sizeof(*events), in_order);
	emit_mark(sink, "start", 0);
	for (size_t i = 0; i < count; i++) {
		/* Daemons may end after the clock has stopped. */
		if (!stopped && events[i].time_ns > end_ns) {
			emit_mark(sink, "stop", end_ns);
			stopped = true;
		}
		if (events[i].kind == STEP_BEGUN || events[i].kind == STEP_ENDED)
			emit_step_event(&trace, &run->steps[events[i].task], &events[i]);
		else
			emit_task_event(&trace, &run->tasks[events[i].task], &events[i], name);
	}
	if (!stopped)
		emit_mark(sink, "stop", end_ns);
	region_free(region, events);
	region_free(region, trace.threads);
}

void trace_native_round(struct trace_writer *writer, const struct native_rounds *rounds, size_t round,
			uint64_t seed, struct region *region)
{
	const struct scenario *scenario = rounds->scenario;

	for (size_t variant = 0; variant < scenario->workload_count; variant++) {
		const struct native_run *run = native_rounds_at(rounds, round, variant);
		const struct trace_run heading = {
			.scenario = scenario->name,
			.variant = scenario->workloads[variant].variant,
			.source = rounds->backend == BACKEND_C ?
					  native_source(rounds, region) :
					  region_format(region, "CPython %s",
							native_label(rounds->backend, rounds->python, region)),
			.seed = seed,
			.replication = round,
		};

		/* What was cut off has no end to draw. */
		if (!run->result.measured || !(run->result.makespan_s >= 0))
			continue;
		trace_run(trace_writer_begin_run(writer, &heading), &scenario->workloads[variant], run, region);
		trace_writer_end_run(writer);
	}
}
