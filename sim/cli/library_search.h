/*
 * library_search.h - what all commands do that search by libgilsim: load, ask with a progress bar and a wish to stop, print.
 */
#ifndef SIM_CLI_LIBRARY_SEARCH_H
#define SIM_CLI_LIBRARY_SEARCH_H

#include "sim/api/gilsim.h"
#include "sim/cli/cli.h"

/* What a command was given, whatever it searches for. */
struct library_question {
	const struct scenario_arguments *scenario; /* of one file */
	const struct text_list *slos;		   /* NULL: none */
	const struct limit_arguments *limits;
	const struct output_arguments *output;
	size_t jobs;
	const void *options; /* of the search */
};

/* One of gilsim.h's, with `options` as a pointer to its options. */
typedef struct gilsim_answer *library_search_fn(const struct gilsim *gilsim, const void *options,
						const struct gilsim_search *how, char **messages);

/* Loads the scenario, asks, and prints the answer and what is wrong; returns an enum exit_status. */
int library_search(const struct library_question *question, library_search_fn *search);

/* Prints the messages and an answer that nobody had to search for, and frees them; with NULL for the answer, errno is as its
 * function has left it. Returns an enum exit_status. */
int library_answer_print(struct gilsim_answer *answer, char *messages, const struct output_arguments *output);

#endif
