/*
 * library_search.c - see library_search.h.
 */
#include "sim/cli/library_search.h"

#include <errno.h>
#include <stdlib.h>

#include "sim/cli/interrupt.h"
#include "sim/cli/library_load.h"
#include "sim/cli/output_file.h"
#include "sim/cli/progress.h"

static void show_progress(void *context, double fraction, const char *what)
{
	progress_update(context, fraction, what);
}

static int print_into_file(struct gilsim_answer *answer, const struct output_arguments *output)
{
	static const enum gilsim_format formats[] = {
		[FORMAT_TABLE] = GILSIM_TABLE, [FORMAT_JSON] = GILSIM_JSON, [FORMAT_CSV] = GILSIM_CSV
	};
	struct region region;
	struct output_file file;
	int status = STATUS_DONE;

	region_init(&region);
	if (!output_file_open(&file, output->path, &region)) {
		status = output_failed(output->path);
	} else if (!gilsim_answer_print(answer, formats[output->format], wants_color(file.stream), file.stream)) {
		status = output_failed(output->path);
		output_file_discard(&file);
	} else if (!output_file_close(&file)) {
		status = output_failed(output->path);
	}
	region_release(&region);
	if (status == STATUS_DONE && !gilsim_answer_is_found(answer))
		status = STATUS_FAILED_EXPECTATION;
	return status;
}

static int status_without_answer(int error)
{
	switch (error) {
	case 0: /* another process has it */
	case EINTR:
		return STATUS_DONE;
	case EINVAL:
		return STATUS_BAD_INPUT;
	default:
		return STATUS_ENVIRONMENT;
	}
}

int library_answer_print(struct gilsim_answer *answer, char *messages, const struct output_arguments *output)
{
	int status = answer ? STATUS_DONE : status_without_answer(errno);

	if (messages)
		fputs(messages, stderr);
	free(messages);
	if (answer)
		status = print_into_file(answer, output);
	gilsim_answer_free(answer);
	return status;
}

static int search_and_print(const struct gilsim *gilsim, const struct library_question *question, library_search_fn *search)
{
	struct progress progress;
	const struct gilsim_search how = {
		.jobs = question->jobs, .stop = interrupt_flag(), .progress = show_progress, .context = &progress
	};
	struct gilsim_answer *answer;
	char *messages;
	int error, status;

	interrupt_watch();
	progress_start(&progress);
	answer = search(gilsim, question->options, &how, &messages);
	error = errno;
	progress_end(&progress);
	errno = error;
	status = library_answer_print(answer, messages, question->output);
	/* What it has was printed; that it is not all, the status says. */
	if (interrupt_seen() && status != STATUS_ENVIRONMENT && status != STATUS_BAD_INPUT)
		return interrupt_status();
	return status;
}

int library_search(const struct library_question *question, library_search_fn *search)
{
	int status = STATUS_DONE;
	struct gilsim *gilsim = library_load(question->scenario->files.items[0], question->scenario, question->slos,
					     question->limits, &status);

	if (gilsim)
		status = search_and_print(gilsim, question, search);
	gilsim_free(gilsim);
	return status;
}
