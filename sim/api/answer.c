/*
 * answer.c - see answer.h.
 */
#include "sim/api/answer.h"

#include <errno.h>
#include <gsl/gsl_errno.h>
#include <stdlib.h>
#include <string.h>

/* How many simulations there will be is not known before a search ends. */
static void show_progress(void *context, uint64_t simulated)
{
	const struct searching *searching = context;

	if (searching->how->progress)
		searching->how->progress(searching->how->context, 1 - 1 / (1 + (double)simulated / 200),
					 searching->what);
}

struct batch search_batch(struct searching *searching)
{
	return (struct batch){
		.jobs = searching->how->jobs,
		.wish_to_stop = searching->how->stop,
		.limits = searching->gilsim->limits,
		.progress = show_progress,
		.context = searching,
	};
}

struct scenario_source search_source(const struct searching *searching)
{
	struct scenario_source source = searching->gilsim->source;

	source.options.variants = NULL;
	source.options.variant_count = 0;
	return source;
}

/* Returns 0 or an errno. */
static int try_to_find(int (*find)(struct searching *searching), struct searching *searching)
{
	struct region *region = &searching->answer->region;
	volatile int failure = ENOMEM;
	jmp_buf failed;

	region->unwind = &failed;
	if (setjmp(failed) == 0)
		failure = find(searching);
	else
		region_print_failure(region, searching->messages);
	region->unwind = NULL;
	return failure;
}

struct gilsim_answer *answer_search(int (*find)(struct searching *searching), struct searching *searching,
				    char **messages)
{
	static const struct gilsim_search alone = { .jobs = 1 };
	struct gilsim_answer *answer = calloc(1, sizeof(*answer));
	gsl_error_handler_t *handler = gsl_set_error_handler_off();
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);
	int failure = ENOMEM;

	if (answer && stream) {
		region_init(&answer->region);
		searching->answer = answer;
		searching->messages = stream;
		searching->how = searching->how ? searching->how : &alone;
		failure = try_to_find(find, searching);
	}
	gsl_set_error_handler(handler);
	if (stream && fclose(stream) != 0)
		failure = failure ? failure : ENOMEM;
	*messages = text ? text : strdup("gilsim: out of memory\n");
	if (failure == 0 && answer->print)
		return answer;
	gilsim_answer_free(answer);
	errno = failure;
	return NULL;
}

bool gilsim_answer_is_found(const struct gilsim_answer *answer)
{
	return answer->is_found;
}

bool gilsim_answer_print(struct gilsim_answer *answer, enum gilsim_format format, bool color, FILE *stream)
{
	return answer->print(answer, format, color, stream);
}

void gilsim_answer_free(struct gilsim_answer *answer)
{
	if (!answer)
		return;
	if (answer->close)
		answer->close(answer);
	region_release(&answer->region);
	free(answer);
}
