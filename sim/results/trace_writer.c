/*
 * trace_writer.c - see trace_writer.h.
 */
#include "sim/results/trace_writer.h"

#include "sim/results/trace_format.h"
#include "sim/results/trace_text.h"

struct trace_writer {
	enum trace_format format;
	struct region *region;
	struct trace_run run;
	struct trace_sink sink;
	struct trace_slices *slices; /* of the current run */
	struct trace_document document;
};

static bool ends_with(const char *text, const char *ending)
{
	size_t length = strlen(text), ending_length = strlen(ending);

	return length >= ending_length && !strcmp(text + length - ending_length, ending);
}

enum trace_format trace_format_of(const char *path)
{
	if (ends_with(path, ".json"))
		return TRACE_JSON;
	return ends_with(path, ".csv") ? TRACE_CSV : TRACE_TEXT;
}

struct trace_writer *trace_writer_new(enum trace_format format, FILE *stream, struct region *region)
{
	struct trace_writer *writer = region_alloc(region, sizeof(*writer));

	writer->format = format;
	writer->region = region;
	writer->document.buffer.stream = stream;
	writer->document.run = &writer->run;
	writer->document.run_index = -1;
	if (format == TRACE_JSON)
		trace_json_open(&writer->document);
	else if (format == TRACE_CSV)
		trace_csv_open(&writer->document);
	return writer;
}

const struct trace_sink *trace_writer_begin_run(struct trace_writer *writer, const struct trace_run *run)
{
	struct slice_receiver receiver = writer->format == TRACE_JSON ? trace_json_receiver : trace_csv_receiver;

	writer->run = *run;
	writer->document.run_index++;
	if (writer->format == TRACE_TEXT) {
		trace_text_begin(&writer->document.buffer, run->scenario, run->variant, run->replication);
		writer->sink = trace_text_sink(&writer->document.buffer);
		return &writer->sink;
	}
	if (writer->format == TRACE_CSV)
		trace_csv_begin_run(&writer->document);
	receiver.context = &writer->document;
	writer->slices = trace_slices_new(&receiver, writer->region);
	writer->sink = trace_slices_sink(writer->slices);
	return &writer->sink;
}

void trace_writer_end_run(struct trace_writer *writer)
{
	if (writer->slices)
		trace_slices_end(writer->slices);
	writer->slices = NULL;
	writer->document.first_process += writer->document.process_count;
	writer->document.process_count = 0;
	writer->document.first_message += writer->document.message_count;
	writer->document.message_count = 0;
}

void trace_writer_finish(struct trace_writer *writer)
{
	if (writer->format == TRACE_JSON)
		trace_json_close(&writer->document);
	trace_buffer_flush(&writer->document.buffer);
	region_free(writer->region, writer);
}
