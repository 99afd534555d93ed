/*
 * trace_native.c - see trace_native.h.
 */
#include "sim/cli/trace_native.h"

#include <stdlib.h>

/* What happens; of two at one instant, an end comes before a beginning, and whatever a message belongs to has
 * begun. */
enum event_kind {
	RELEASING_BEGUN,
	TASK_RELEASED,
	RELEASING_ENDED,
	GIL_DROPPED,
	STEP_ENDED,
	TASK_ENDED,
	TASK_BEGUN,
	STEP_BEGUN,
	GIL_TAKEN,
	MESSAGE_SENT,
	MESSAGE_RECEIVED
};

struct event {
	sim_ns time_ns;
	enum event_kind kind;
	size_t index; /* of the task, step, hold or message */
};

static int in_order(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	if (x->time_ns != y->time_ns)
		return x->time_ns < y->time_ns ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return (x->index > y->index) - (x->index < y->index);
}

/* The kernel's numbers of processes and threads, numbered as they come. */
struct known_process {
	int32_t process; /* the kernel's */
	int32_t holder;	 /* of its GIL: the trace's thread, -1: nobody is known to */
};

struct known_thread {
	int32_t thread;			     /* the kernel's */
	int32_t process_index, thread_index; /* the trace's */
	bool holds;			     /* is in a stretch of holding the GIL */
	int64_t open_tasks;
	int64_t releasing; /* in so many stretches of releasing tasks: its program's, and a step */
};

struct native_trace {
	const struct trace_sink *sink;
	struct region *region;
	const struct workload *workload;
	const struct native_run *run;
	struct known_process *processes;
	struct known_thread *threads;
	size_t process_count, process_capacity, thread_count, thread_capacity;
	int64_t released, begun, ended;
	int64_t *items;		/* in each resource that is a queue */
	int64_t *task_messages; /* the number under which a task was sent to who executes it; 0: it was not */
	int64_t last_message;
	int32_t program_thread; /* the trace's; -1: nobody is known to have started all */
};

static void emit(const struct native_trace *trace, const struct known_thread *thread, sim_ns now_ns,
		 enum trace_phase phase, const char *what, const char *name, int64_t value)
{
	trace_emit(trace->sink, &(struct trace_record){ .time_ns = now_ns,
							.phase = phase,
							.process = thread ? thread->process_index : -1,
							.thread = thread ? thread->thread_index : -1,
							.core = -1,
							.what = what,
							.name = name,
							.value = value });
}

static int32_t find_process(struct native_trace *trace, int32_t process)
{
	for (size_t i = 0; i < trace->process_count; i++)
		if (trace->processes[i].process == process)
			return (int32_t)i;
	trace->processes = region_grow(trace->region, trace->processes, trace->process_count,
				       &trace->process_capacity, sizeof(trace->processes[0]));
	trace->processes[trace->process_count] = (struct known_process){ .process = process, .holder = -1 };
	return (int32_t)trace->process_count++;
}

static struct known_thread *find_thread(struct native_trace *trace, int32_t process, int32_t thread, sim_ns now_ns)
{
	int32_t process_index = find_process(trace, process);

	for (size_t i = 0; i < trace->thread_count; i++)
		if (trace->threads[i].thread == thread && trace->threads[i].process_index == process_index)
			return &trace->threads[i];
	trace->threads = region_grow(trace->region, trace->threads, trace->thread_count, &trace->thread_capacity,
				     sizeof(trace->threads[0]));
	trace->threads[trace->thread_count] = (struct known_thread){ .thread = thread,
								     .process_index = process_index,
								     .thread_index = (int32_t)trace->thread_count };
	emit(trace, &trace->threads[trace->thread_count], now_ns, TRACE_INSTANT, "start",
	     thread == process ? "main thread" : "thread", 0);
	return &trace->threads[trace->thread_count++];
}

/* ---- Events as records ---- */

/* Who released a task at this moment: the thread that is in such a step; else the one that executes the program.
 * NULL: two threads were at it, or a client outside. */
static struct known_thread *releaser_of(struct native_trace *trace)
{
	struct known_thread *program = NULL, *step = NULL;
	size_t steps = 0;

	for (size_t i = 0; i < trace->thread_count; i++) {
		struct known_thread *thread = &trace->threads[i];
		bool is_program = thread->thread_index == trace->program_thread;

		if (is_program && thread->releasing > 0)
			program = thread;
		if (thread->releasing > (is_program ? 1 : 0)) {
			step = thread;
			steps++;
		}
	}
	return steps > 1 ? NULL : steps == 1 ? step : program;
}

/* An arrow from there to the thread that executes it, if that is another one. */
static void send_task(struct native_trace *trace, const struct event *event)
{
	const struct native_task *task = &trace->run->tasks[event->index];
	const struct known_thread *releaser = task->process != 0 ? releaser_of(trace) : NULL;

	if (!releaser || (releaser->thread == task->thread &&
			  trace->processes[releaser->process_index].process == task->process))
		return;
	trace->task_messages[event->index] = ++trace->last_message;
	emit(trace, releaser, event->time_ns, TRACE_SEND, "task", NULL, trace->last_message);
}

static void emit_task(struct native_trace *trace, const struct event *event)
{
	const struct native_task *task = &trace->run->tasks[event->index];
	/* Which task an instance of a program belongs to, its record does not tell. */
	const char *name = trace->workload->run.kind == RUN_PROGRAM
				   ? "task"
				   : trace->workload->tasks[trace->workload->run.task].name;
	struct known_thread *thread;

	trace->released += event->kind == TASK_RELEASED;
	trace->begun += event->kind == TASK_BEGUN;
	trace->ended += event->kind == TASK_ENDED;
	if (event->kind == TASK_RELEASED) {
		send_task(trace, event);
	} else {
		thread = find_thread(trace, task->process, task->thread, event->time_ns);
		emit(trace, thread, event->time_ns, event->kind == TASK_BEGUN ? TRACE_BEGIN : TRACE_END, "task",
		     name, (int64_t)event->index + 1);
		if (event->kind == TASK_BEGUN && trace->task_messages[event->index] > 0)
			emit(trace, thread, event->time_ns, TRACE_RECEIVE, "task", NULL,
			     trace->task_messages[event->index]);
		thread->open_tasks += event->kind == TASK_BEGUN ? 1 : -1;
		if (thread->open_tasks == 0)
			emit(trace, thread, event->time_ns, TRACE_STATE, "", NULL, 0);
	}
	emit(trace, NULL, event->time_ns, TRACE_COUNTER, "waiting", NULL, trace->released - trace->begun);
	emit(trace, NULL, event->time_ns, TRACE_COUNTER, "in_flight", NULL, trace->released - trace->ended);
}

static void take_releasing(struct native_trace *trace, const struct event *event)
{
	const struct native_step *release = &trace->run->releases[event->index];
	struct known_thread *thread = find_thread(trace, release->process, release->thread, event->time_ns);

	thread->releasing += event->kind == RELEASING_BEGUN ? 1 : -1;
	if (event->kind == RELEASING_BEGUN && event->time_ns == 0)
		trace->program_thread = thread->thread_index;
}

/* Between two steps a thread is at what is nobody's; between two tasks, nobody knows. */
static void emit_step(struct native_trace *trace, const struct event *event)
{
	const struct native_step *step = &trace->run->steps[event->index];

	emit(trace, find_thread(trace, step->process, step->thread, event->time_ns), event->time_ns, TRACE_STATE,
	     event->kind == STEP_BEGUN ? step->what : "switching", NULL, 0);
}

static void emit_holder(struct native_trace *trace, const struct known_thread *thread, sim_ns now_ns, bool has_it)
{
	trace->processes[thread->process_index].holder = has_it ? thread->thread_index : -1;
	emit(trace, thread, now_ns, has_it ? TRACE_TAKE : TRACE_DROP, "gil", NULL, thread->process_index);
}

/* Holds of one process overlap a little: a wait too short to be noticed falls into a hold, which goes on after it.
 */
static void emit_hold(struct native_trace *trace, const struct event *event)
{
	const struct native_step *hold = &trace->run->holds[event->index];
	struct known_thread *thread = find_thread(trace, hold->process, hold->thread, event->time_ns);

	thread->holds = event->kind == GIL_TAKEN;
	if (thread->holds) {
		emit_holder(trace, thread, event->time_ns, true);
		return;
	}
	if (trace->processes[thread->process_index].holder != thread->thread_index)
		return;
	emit_holder(trace, thread, event->time_ns, false);
	for (size_t i = 0; i < trace->thread_count; i++)
		if (trace->threads[i].holds && trace->threads[i].process_index == thread->process_index) {
			emit_holder(trace, &trace->threads[i], event->time_ns, true);
			return;
		}
}

static const char *word_of(const struct resource *resource)
{
	if (resource->kind == RESOURCE_PIPE)
		return "pipe";
	if (resource->scope == SCOPE_COROUTINES)
		return "asyncio queue";
	return resource->kind == RESOURCE_SIMPLE_QUEUE ? "simple queue" : "queue";
}

static void emit_message(struct native_trace *trace, const struct event *event)
{
	const struct native_message *message = &trace->run->messages[event->index];
	const struct resource *resource = &trace->workload->resources[message->resource];
	int64_t *items = &trace->items[message->resource];

	emit(trace, find_thread(trace, message->process, message->thread, event->time_ns), event->time_ns,
	     message->received ? TRACE_RECEIVE : TRACE_SEND, word_of(resource), resource->name, message->number);
	*items += message->received ? -1 : 1;
	/* Between processes an item is on its way, or waits until there is room: it is not in the queue yet. */
	if (resource->scope != SCOPE_PROCESSES)
		emit(trace, NULL, event->time_ns, TRACE_COUNTER, word_of(resource), resource->name, *items);
}

static void emit_event(struct native_trace *trace, const struct event *event)
{
	switch (event->kind) {
	case RELEASING_BEGUN:
	case RELEASING_ENDED:
		take_releasing(trace, event);
		return;
	case TASK_RELEASED:
	case TASK_BEGUN:
	case TASK_ENDED:
		emit_task(trace, event);
		return;
	case STEP_BEGUN:
	case STEP_ENDED:
		emit_step(trace, event);
		return;
	case GIL_TAKEN:
	case GIL_DROPPED:
		emit_hold(trace, event);
		return;
	case MESSAGE_SENT:
	case MESSAGE_RECEIVED:
		emit_message(trace, event);
		return;
	}
}

/* ---- A run ---- */

static size_t add_stretches(struct event *events, const struct native_step *stretches, size_t count,
			    enum event_kind begin, enum event_kind end)
{
	size_t added = 0;

	for (size_t i = 0; i < count; i++) {
		/* What began before the clock started is no part of the run. */
		if (stretches[i].begin_ns < 0)
			continue;
		events[added++] = (struct event){ stretches[i].begin_ns, begin, i };
		events[added++] = (struct event){ stretches[i].end_ns, end, i };
	}
	return added;
}

static struct event *events_of(const struct native_run *run, const struct workload *workload, struct region *region,
			       size_t *event_count)
{
	struct event *events = region_alloc_array(
		region,
		3 * run->task_count + 2 * (run->step_count + run->hold_count + run->release_count) +
			run->message_count,
		sizeof(*events));
	size_t count = 0;

	for (size_t i = 0; i < run->task_count; i++) {
		const struct native_task *task = &run->tasks[i];
		sim_ns release_ns = task->release_ns < task->start_ns ? task->release_ns : task->start_ns;

		events[count++] = (struct event){ release_ns > 0 ? release_ns : 0, TASK_RELEASED, i };
		if (task->process == 0)
			continue; /* not ended, so nobody has written down where it was */
		events[count++] = (struct event){ task->start_ns, TASK_BEGUN, i };
		events[count++] = (struct event){ task->end_ns, TASK_ENDED, i };
	}
	count += add_stretches(events + count, run->steps, run->step_count, STEP_BEGUN, STEP_ENDED);
	count += add_stretches(events + count, run->holds, run->hold_count, GIL_TAKEN, GIL_DROPPED);
	count += add_stretches(events + count, run->releases, run->release_count, RELEASING_BEGUN, RELEASING_ENDED);
	for (size_t i = 0; i < run->message_count; i++)
		if (run->messages[i].time_ns >= 0 && run->messages[i].resource < workload->resource_count)
			events[count++] =
				(struct event){ run->messages[i].time_ns,
						run->messages[i].received ? MESSAGE_RECEIVED : MESSAGE_SENT, i };
	qsort(events, count, sizeof(*events), in_order);
	*event_count = count;
	return events;
}

void trace_native_run(const struct trace_sink *sink, const struct workload *workload, const struct native_run *run,
		      struct region *region)
{
	struct native_trace trace = { .sink = sink,
				      .region = region,
				      .workload = workload,
				      .run = run,
				      .last_message = (int64_t)run->message_count,
				      .program_thread = -1 };
	sim_ns end_ns = sim_time_round(run->result.makespan_s * 1e9);
	bool stopped = false;
	size_t count;
	struct event *events = events_of(run, workload, region, &count);

	trace.items = region_alloc_array(region, workload->resource_count, sizeof(trace.items[0]));
	trace.task_messages = region_alloc_array(region, run->task_count, sizeof(trace.task_messages[0]));
	emit(&trace, NULL, 0, TRACE_MARK, "start", NULL, 0);
	for (size_t i = 0; i < count; i++) {
		/* Daemons may end after the clock has stopped. */
		if (!stopped && events[i].time_ns > end_ns) {
			emit(&trace, NULL, end_ns, TRACE_MARK, "stop", NULL, 0);
			stopped = true;
		}
		emit_event(&trace, &events[i]);
	}
	if (!stopped)
		emit(&trace, NULL, end_ns, TRACE_MARK, "stop", NULL, 0);
	region_free(region, events);
	region_free(region, trace.items);
	region_free(region, trace.task_messages);
	region_free(region, trace.processes);
	region_free(region, trace.threads);
}

void trace_native_runs(struct trace_writer *writer, const struct native_rounds *rounds, const struct native_run *runs,
		       size_t replication, uint64_t seed, struct region *region)
{
	const struct scenario *scenario = rounds->scenario;

	for (size_t variant = 0; variant < scenario->workload_count; variant++) {
		const struct native_run *run = &runs[variant];
		const struct trace_run heading = {
			.scenario = scenario->name,
			.variant = scenario->workloads[variant].variant,
			.source = rounds->backend == BACKEND_C ?
					  native_source(rounds, region) :
					  region_format(region, "CPython %s",
							native_label(rounds->backend, rounds->python, region)),
			.inferred =
				"waits for the GIL or a core and who holds the GIL are inferred; of steps alone",
			.seed = seed,
			.replication = replication,
		};

		/* What was cut off has no end to draw. */
		if (!run->result.measured || !(run->result.makespan_s >= 0))
			continue;
		trace_native_run(trace_writer_begin_run(writer, &heading), &scenario->workloads[variant], run,
				 region);
		trace_writer_end_run(writer);
	}
}
