/*
 * trace_text.c - a trace as text.
 */
#include <inttypes.h>

#include "sim/results/trace_text.h"

void trace_text_begin(FILE *stream, const char *scenario, const char *variant, uint64_t replication)
{
	fprintf(stream, "# scenario %s, variant %s, replication %" PRIu64 "\n", scenario, variant, replication);
	fputs("#        time_ns  phase    process thread core  what  whose  value\n", stream);
}

/* "p3", or "p-" where the record has none. */
static void write_lane(FILE *stream, char letter, int32_t number)
{
	if (number < 0)
		fprintf(stream, " %c-", letter);
	else
		fprintf(stream, " %c%" PRId32, letter, number);
}

static void emit(void *context, const struct trace_record *record)
{
	static const char *const phases[] = { [TRACE_BEGIN] = "begin",
					      [TRACE_END] = "end",
					      [TRACE_INSTANT] = "instant" };
	FILE *stream = context;

	fprintf(stream, "%16" PRId64 "  %-7s", record->time_ns, phases[record->phase]);
	write_lane(stream, 'p', record->process);
	write_lane(stream, 't', record->thread);
	write_lane(stream, 'c', record->core);
	fprintf(stream, "  %-14s  %s  %" PRId64 "\n", record->what, record->name ? record->name : "-",
		record->value);
}

struct trace_sink trace_text_sink(FILE *stream)
{
	return (struct trace_sink){ .emit = emit,
				    .context = stream,
				    .phases = 1u << TRACE_BEGIN | 1u << TRACE_END | 1u << TRACE_INSTANT };
}
