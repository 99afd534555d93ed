/*
 * trace_csv.c - a trace as rows of slices, for plots and for whoever likes to sort and sum.
 *
 *   run,kind,process,thread,core,what,name,start_ns,end_ns,value
 *   0,meta,,,,variant,threads,,,
 *   0,thread,0,2,,,worker,30030,,
 *   0,state,0,2,1,python,,33391,5033391,
 *   0,task,0,2,,task,count,33391,9033391,17
 *   0,lock,0,2,,gil,worker,33391,5033391,0
 *   0,instant,0,3,0,drop_request,,5033391,,2
 *   0,hand_over,0,3,,gil,,5040000,,2
 *   0,send,0,2,,queue,jobs,5040000,,41
 *   0,receive,0,3,,queue,jobs,5041200,,41
 *   0,counter,,,,waiting,,33391,,4
 *
 * Rows of slices stand in the order of their ends. `value` is a task's, lock's or message's number, a counter's value, the
 * thread that is asked to drop the lock, or the thread from which it came.
 */
#include <inttypes.h>

#include "sim/results/trace_format.h"
#include "sim/results/version.h"

static void put(struct trace_document *document, const char *text)
{
	trace_buffer_text(&document->buffer, text);
}

static void put_number(struct trace_document *document, int64_t value)
{
	put(document, ",");
	if (value >= 0)
		trace_buffer_integer(&document->buffer, value);
}

/* Quoted where the text needs it (RFC 4180). */
static void put_field(struct trace_document *document, const char *text)
{
	put(document, ",");
	if (!strpbrk(text, ",\"\r\n")) {
		put(document, text);
		return;
	}
	put(document, "\"");
	for (; *text; text++)
		trace_buffer_bytes(&document->buffer, *text == '"' ? "\"\"" : text, *text == '"' ? 2 : 1);
	put(document, "\"");
}

/* Numbers below 0 are empty fields. */
static void put_row(struct trace_document *document, const char *kind, int32_t process, int32_t thread,
		    int32_t core, const char *what, const char *name, sim_ns start_ns, sim_ns end_ns, int64_t value)
{
	trace_buffer_integer(&document->buffer, document->run_index);
	put(document, ",");
	put(document, kind);
	put_number(document, process);
	put_number(document, thread);
	put_number(document, core);
	put_field(document, what);
	put_field(document, name);
	put_number(document, start_ns);
	put_number(document, end_ns);
	put_number(document, value);
	put(document, "\n");
}

void trace_csv_open(struct trace_document *document)
{
	put(document, "run,kind,process,thread,core,what,name,start_ns,end_ns,value\n");
}

static void put_meta(struct trace_document *document, const char *key, const char *value)
{
	put_row(document, "meta", -1, -1, -1, key, value, -1, -1, -1);
}

void trace_csv_begin_run(struct trace_document *document)
{
	char number[24];

	put_meta(document, "gilsim", GILSIM_VERSION);
	put_meta(document, "scenario", document->run->scenario);
	put_meta(document, "variant", document->run->variant);
	put_meta(document, "source", document->run->source);
	snprintf(number, sizeof(number), "%" PRIu64, document->run->seed);
	put_meta(document, "seed", number);
	snprintf(number, sizeof(number), "%" PRIu64, document->run->replication);
	put_meta(document, "replication", number);
	if (document->run->inferred)
		put_meta(document, "inferred", document->run->inferred);
}

static void write_thread(void *context, int32_t process, int32_t thread, const char *name, sim_ns now_ns)
{
	put_row(context, "thread", process, thread, -1, "", name, now_ns, -1, -1);
}

/* Its rows tell all there is. */
static void write_lock(void *context, int32_t process, int64_t number, const char *what)
{
	(void)context;
	(void)process;
	(void)number;
	(void)what;
}

/* A row is written when all of it is known. */
static void write_begin(void *context, const struct slice *slice)
{
	(void)context;
	(void)slice;
}

static void write_end(void *context, const struct slice *slice, sim_ns end_ns)
{
	static const char *const kinds[] = { [SLICE_STATE] = "state",
					     [SLICE_TASK] = "task",
					     [SLICE_OVERLAPPING_TASK] = "task",
					     [SLICE_LOCK] = "lock" };

	put_row(context, kinds[slice->kind], slice->process, slice->thread, slice->core, slice->what, slice->name,
		slice->start_ns, end_ns, slice->kind == SLICE_STATE ? -1 : slice->number);
}

static void write_instant(void *context, const struct trace_record *record)
{
	put_row(context, "instant", record->process, record->thread, record->core, record->what, "",
		record->time_ns, -1, record->value);
}

static void write_hand_over(void *context, const struct slice *taken, int32_t from_process, int32_t from_thread)
{
	(void)from_process;
	put_row(context, "hand_over", taken->process, taken->thread, -1, taken->what, "", taken->start_ns, -1,
		from_thread);
}

static void write_message(void *context, const struct trace_record *record)
{
	put_row(context, record->phase == TRACE_SEND ? "send" : "receive", record->process, record->thread, -1,
		record->what, record->name ? record->name : "", record->time_ns, -1, record->value);
}

static void write_counter(void *context, const char *what, const char *name, sim_ns now_ns, int64_t value)
{
	put_row(context, "counter", -1, -1, -1, what, name, now_ns, -1, value);
}

static void write_mark(void *context, const char *what, sim_ns now_ns)
{
	put_row(context, "mark", -1, -1, -1, what, "", now_ns, -1, -1);
}

const struct slice_receiver trace_csv_receiver = {
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
