/*
 * trace_text.c - a trace as text.
 */
#include "sim/results/trace_text.h"

#define TIME_WIDTH 16
#define PHASE_WIDTH 7
#define WHAT_WIDTH 14

void trace_text_begin(struct trace_buffer *buffer, const char *scenario, const char *variant, uint64_t replication)
{
	trace_buffer_text(buffer, "# scenario ");
	trace_buffer_text(buffer, scenario);
	trace_buffer_text(buffer, ", variant ");
	trace_buffer_text(buffer, variant);
	trace_buffer_text(buffer, ", replication ");
	trace_buffer_integer(buffer, (int64_t)replication);
	trace_buffer_text(buffer, "\n#        time_ns  phase    process thread core  what  whose  value\n");
}

/* Spaces, as many as `length` leaves of a column. */
static void write_padding(struct trace_buffer *buffer, size_t length, size_t width)
{
	static const char spaces[] = "                ";

	_Static_assert(sizeof(spaces) > TIME_WIDTH, "enough for the widest column");
	if (length < width)
		trace_buffer_bytes(buffer, spaces, width - length);
}

static void write_time(struct trace_buffer *buffer, sim_ns time_ns)
{
	size_t digits = 1;

	for (sim_ns rest = time_ns / 10; rest > 0; rest /= 10)
		digits++;
	write_padding(buffer, digits, TIME_WIDTH);
	trace_buffer_integer(buffer, time_ns);
}

static void write_word(struct trace_buffer *buffer, const char *word, size_t width)
{
	size_t length = strlen(word);

	trace_buffer_bytes(buffer, "  ", 2);
	trace_buffer_bytes(buffer, word, length);
	write_padding(buffer, length, width);
}

/* "p3", or "p-" where the record has none. */
static void write_lane(struct trace_buffer *buffer, const char *letter, int32_t number)
{
	trace_buffer_bytes(buffer, letter, 2);
	if (number < 0)
		trace_buffer_bytes(buffer, "-", 1);
	else
		trace_buffer_integer(buffer, number);
}

static void emit(void *context, const struct trace_record *record)
{
	static const char *const phases[] = { [TRACE_BEGIN] = "begin",
					      [TRACE_END] = "end",
					      [TRACE_INSTANT] = "instant" };
	struct trace_buffer *buffer = context;

	write_time(buffer, record->time_ns);
	write_word(buffer, phases[record->phase], PHASE_WIDTH);
	write_lane(buffer, " p", record->process);
	write_lane(buffer, " t", record->thread);
	write_lane(buffer, " c", record->core);
	write_word(buffer, record->what, WHAT_WIDTH);
	write_word(buffer, record->name ? record->name : "-", 0);
	trace_buffer_bytes(buffer, "  ", 2);
	trace_buffer_integer(buffer, record->value);
	trace_buffer_bytes(buffer, "\n", 1);
}

struct trace_sink trace_text_sink(struct trace_buffer *buffer)
{
	return (struct trace_sink){ .emit = emit,
				    .context = buffer,
				    .phases = 1u << TRACE_BEGIN | 1u << TRACE_END | 1u << TRACE_INSTANT };
}
