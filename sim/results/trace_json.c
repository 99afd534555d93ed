/*
 * trace_json.c - a trace in Chrome's trace-event format.
 *
 * Source      "Trace Event Format", Google, and what Perfetto and speedscope take of it: B and E events of one
 *             track nest and carry the same name; times are in microseconds, with three decimals here, so exact.
 * Tracks      a process for each OS process of each run, a thread for each OS thread, one more for each GIL with
 *             its holders; tasks that overlap on a thread (coroutines) are async events; a hand-over of the GIL is
 *             a flow from the old holder to the new one, a message through a queue or a pipe one from its sender to
 *             its receiver; run queue and backlog are counters of the run's first process.
 */
#include <inttypes.h>

#include "sim/results/trace_format.h"
#include "sim/results/version.h"

/* Locks' tracks are numbered beyond all threads. */
#define LOCK_TRACK (INT64_C(1) << 30)

/* ---- Words ---- */

static void put(struct trace_document *document, const char *text)
{
	trace_buffer_text(&document->buffer, text);
}

static void put_integer(struct trace_document *document, int64_t value)
{
	trace_buffer_integer(&document->buffer, value);
}

/* Inside quotes. Bytes that are no UTF-8 cannot occur: names come from YAML, which has been checked. */
static void put_escaped(struct trace_document *document, const char *text)
{
	for (; *text; text++) {
		unsigned char byte = (unsigned char)*text;

		if (byte == '"' || byte == '\\') {
			trace_buffer_bytes(&document->buffer, "\\", 1);
			trace_buffer_bytes(&document->buffer, text, 1);
		} else if (byte < 0x20) {
			char escape[8];

			snprintf(escape, sizeof(escape), "\\u%04x", byte);
			put(document, escape);
		} else {
			trace_buffer_bytes(&document->buffer, text, 1);
		}
	}
}

static void put_time(struct trace_document *document, sim_ns time_ns)
{
	char decimals[4] = { '.', (char)('0' + time_ns / 100 % 10), (char)('0' + time_ns / 10 % 10),
			     (char)('0' + time_ns % 10) };

	put(document, ",\"ts\":");
	put_integer(document, time_ns / 1000);
	if (time_ns % 1000 != 0)
		trace_buffer_bytes(&document->buffer, decimals, sizeof(decimals));
}

static int64_t process_id(const struct trace_document *document, int32_t process)
{
	return document->first_process + (process < 0 ? 0 : process) + 1;
}

/* The beginning of every event: {"ph":"B","pid":1,"tid":2 */
static void open_event(struct trace_document *document, const char *phase, int32_t process, int64_t track)
{
	put(document, document->has_events ? ",\n{\"ph\":\"" : "{\"ph\":\"");
	document->has_events = true;
	put(document, phase);
	put(document, "\",\"pid\":");
	put_integer(document, process_id(document, process));
	put(document, ",\"tid\":");
	put_integer(document, track);
}

static void put_name(struct trace_document *document, const char *name)
{
	put(document, ",\"name\":\"");
	put_escaped(document, name);
	put(document, "\"");
}

/* ---- The document ---- */

void trace_json_open(struct trace_document *document)
{
	put(document,
	    "{\"otherData\":{\"gilsim\":\"" GILSIM_VERSION "\"},\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n");
}

void trace_json_close(struct trace_document *document)
{
	put(document, "\n]}\n");
}

/* ---- Events ---- */

static void name_process(struct trace_document *document, int32_t process, const char *first_thread)
{
	open_event(document, "M", process, 0);
	put(document, ",\"name\":\"process_name\",\"args\":{\"name\":\"");
	put_escaped(document, document->run->scenario);
	put(document, ", ");
	put_escaped(document, document->run->variant);
	put(document, ", ");
	put_escaped(document, document->run->source);
	if (document->run->replication > 0) {
		put(document, ", replication ");
		put_integer(document, (int64_t)document->run->replication);
	}
	put(document, ": process ");
	put_integer(document, process);
	put(document, " (");
	put_escaped(document, first_thread);
	put(document, ")\"}}");
	open_event(document, "M", process, 0);
	put(document, ",\"name\":\"process_sort_index\",\"args\":{\"sort_index\":");
	put_integer(document, process_id(document, process));
	put(document, "}}");
	if (document->run->inferred) {
		open_event(document, "M", process, 0);
		put(document, ",\"name\":\"process_labels\",\"args\":{\"labels\":\"");
		put_escaped(document, document->run->inferred);
		put(document, "\"}}");
	}
}

static void name_track(struct trace_document *document, int32_t process, int64_t track, const char *name,
		       int64_t number)
{
	open_event(document, "M", process, track);
	put(document, ",\"name\":\"thread_name\",\"args\":{\"name\":\"");
	put_escaped(document, name);
	if (number >= 0) {
		put(document, " ");
		put_integer(document, number);
	}
	put(document, "\"}}");
}

static void write_thread(void *context, int32_t process, int32_t thread, const char *name, sim_ns now_ns)
{
	struct trace_document *document = context;

	(void)now_ns;
	if (process >= document->process_count) {
		document->process_count = process + 1;
		name_process(document, process, name);
	}
	name_track(document, process, thread + 1, name, thread);
}

static void write_lock(void *context, int32_t process, int64_t number, const char *what)
{
	struct trace_document *document = context;
	char name[32];

	snprintf(name, sizeof(name), "%s%s", what, document->run->inferred ? " (inferred)" : "");
	name_track(document, process, LOCK_TRACK + number, name, number);
	open_event(document, "M", process, LOCK_TRACK + number);
	put(document, ",\"name\":\"thread_sort_index\",\"args\":{\"sort_index\":-1}}");
}

static const char *name_of(const struct slice *slice)
{
	return slice->kind == SLICE_STATE ? slice->what : slice->name;
}

static int64_t track_of(const struct slice *slice)
{
	return slice->kind == SLICE_LOCK ? LOCK_TRACK + slice->number : slice->thread + 1;
}

static void write_slice(struct trace_document *document, const struct slice *slice, bool begins, sim_ns time_ns)
{
	const char *phase = begins ? "B" : "E";

	if (slice->kind == SLICE_OVERLAPPING_TASK)
		phase = begins ? "b" : "e";
	open_event(document, phase, slice->process, track_of(slice));
	put_time(document, time_ns);
	put_name(document, name_of(slice));
	if (slice->kind == SLICE_OVERLAPPING_TASK) {
		put(document, ",\"cat\":\"task\",\"id\":");
		put_integer(document, slice->number);
	} else if (slice->kind == SLICE_TASK) {
		/* Both events of a slice need the same arguments: speedscope tells frames apart by them. */
		put(document, ",\"args\":{\"task\":");
		put_integer(document, slice->number);
		put(document, "}");
	} else if (slice->alternate) {
		/* Of an end and a beginning at one time, speedscope takes the end first unless they look alike;
		 * here the end of a task lies between them. */
		put(document, ",\"args\":{\"goes\":\"on\"}");
	}
	if (begins && slice->kind == SLICE_STATE && slice->core >= 0) {
		/* As a category, which one of them may have alone. */
		put(document, ",\"cat\":\"core ");
		put_integer(document, slice->core);
		put(document, "\"");
	}
	put(document, "}");
}

static void write_begin(void *context, const struct slice *slice)
{
	write_slice(context, slice, true, slice->start_ns);
}

static void write_end(void *context, const struct slice *slice, sim_ns end_ns)
{
	write_slice(context, slice, false, end_ns);
}

static void write_instant(void *context, const struct trace_record *record)
{
	struct trace_document *document = context;

	open_event(document, "i", record->process, record->thread + 1);
	put_time(document, record->time_ns);
	put_name(document, record->what);
	put(document, ",\"s\":\"t\"}");
}

static void write_flow_end(struct trace_document *document, bool starts, int32_t process, int32_t thread,
			   const struct slice *taken)
{
	open_event(document, starts ? "s" : "f", process, thread + 1);
	put_time(document, taken->start_ns);
	put_name(document, taken->what);
	put(document, ",\"cat\":\"lock\",\"id\":");
	put_integer(document, document->flow_count);
	put(document, starts ? "}" : ",\"bp\":\"e\"}");
}

static void write_hand_over(void *context, const struct slice *taken, int32_t from_process, int32_t from_thread)
{
	struct trace_document *document = context;

	write_flow_end(document, true, from_process, from_thread, taken);
	write_flow_end(document, false, taken->process, taken->thread, taken);
	document->flow_count++;
}

static void write_message(void *context, const struct trace_record *record)
{
	struct trace_document *document = context;
	bool starts = record->phase == TRACE_SEND;

	open_event(document, starts ? "s" : "f", record->process, record->thread + 1);
	put_time(document, record->time_ns);
	put(document, ",\"name\":\"");
	put_escaped(document, record->what);
	if (record->name) {
		put(document, " ");
		put_escaped(document, record->name);
	}
	put(document, "\",\"cat\":\"message\",\"id\":");
	put_integer(document, document->first_message + record->value);
	put(document, starts ? "}" : ",\"bp\":\"e\"}");
	if (record->value > document->message_count)
		document->message_count = record->value;
}

static void write_counter(void *context, const char *what, const char *name, sim_ns now_ns, int64_t value)
{
	struct trace_document *document = context;

	open_event(document, "C", 0, 0);
	put_time(document, now_ns);
	put(document, ",\"name\":\"");
	put_escaped(document, what);
	if (*name) {
		put(document, " ");
		put_escaped(document, name);
	}
	put(document, "\",\"args\":{\"value\":");
	put_integer(document, value);
	put(document, "}}");
}

static void write_mark(void *context, const char *what, sim_ns now_ns)
{
	struct trace_document *document = context;

	open_event(document, "i", 0, 0);
	put_time(document, now_ns);
	put(document, ",\"name\":\"clock ");
	put_escaped(document, what);
	put(document, "\",\"s\":\"p\"}");
}

const struct slice_receiver trace_json_receiver = {
	.thread = write_thread,
	.lock = write_lock,
	.begin = write_begin,
	.end = write_end,
	.instant = write_instant,
	.message = write_message,
	.hand_over = write_hand_over,
	.counter = write_counter,
	.mark = write_mark,
};
