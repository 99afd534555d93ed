/*
 * answer.h - what is behind the searches of gilsim.h: an allocation that fails comes back to the function that was
 * called.
 */
#ifndef SIM_API_ANSWER_H
#define SIM_API_ANSWER_H

#include "sim/api/gilsim.h"
#include "sim/api/handle.h"
#include "sim/plan/batch.h"

struct gilsim_answer {
	struct region region;
	bool is_found;
	void *content; /* in the region */
	/* False, with errno, when the stream failed. */
	bool (*print)(struct gilsim_answer *answer, enum gilsim_format format, bool color, FILE *stream);
	void (*close)(struct gilsim_answer *answer); /* what is not in the region; NULL: nothing */
};

/* A search under way. */
struct searching {
	const struct gilsim *gilsim; /* NULL of a merge */
	const void *options;
	const struct gilsim_search *how;
	const char *what;	      /* it is, for who looks on */
	struct gilsim_answer *answer; /* fills itself */
	FILE *messages;
};

/* Calls `find`, which returns 0 or an errno, with the answer to fill. */
struct gilsim_answer *answer_search(int (*find)(struct searching *searching), struct searching *searching,
				    char **messages);
/* Who simulates for it. */
struct batch search_batch(struct searching *searching);
/* Where it loads the scenario from: with all of its variants. */
struct scenario_source search_source(const struct searching *searching);

#endif
