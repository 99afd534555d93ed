/*
 * library_search.h - what all commands do that search by libgilsim: a progress bar, a wish to stop, and printing
 *the answer.
 *
 *	library_search_start(&search, jobs);
 *	answer = gilsim_plan(gilsim, &options, &search.how, &messages);
 *	status = library_search_end(&search, answer, messages, &output);
 */
#ifndef SIM_CLI_LIBRARY_SEARCH_H
#define SIM_CLI_LIBRARY_SEARCH_H

#include "sim/api/gilsim.h"
#include "sim/cli/cli.h"
#include "sim/cli/progress.h"

struct library_search {
	struct gilsim_search how;
	struct progress progress;
};

void library_search_start(struct library_search *search, size_t jobs);

/* Prints the messages and the answer, and frees them; with NULL for the answer, errno is as the search has left it.
 * Returns an enum exit_status. */
int library_search_end(struct library_search *search, struct gilsim_answer *answer, char *messages,
		       const struct output_arguments *output);
/* The same for an answer that nobody had to search for. */
int library_answer_print(struct gilsim_answer *answer, char *messages, const struct output_arguments *output);

#endif
