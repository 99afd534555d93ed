/*
 * advise.c - see gilsim_advise() in gilsim.h.
 */
#include <errno.h>

#include "sim/api/answer.h"
#include "sim/plan/advise.h"
#include "sim/plan/batch.h"

#define DEFAULT_REPLICATIONS 5

static bool print(struct gilsim_answer *answer, enum gilsim_format format, bool color, FILE *stream)
{
	const struct advice *advice = answer->content;

	if (format == GILSIM_JSON)
		return advice_print_json(advice, &answer->region, stream);
	if (format == GILSIM_CSV)
		return advice_print_csv(advice, &answer->region, stream);
	return advice_print_table(advice, color, &answer->region, stream);
}

static int find(struct searching *searching)
{
	const struct gilsim_advise_options *given = searching->options;
	struct gilsim_answer *answer = searching->answer;
	struct advise_options options = { .replications = DEFAULT_REPLICATIONS };
	/* The answer keeps no pointer to it. */
	const struct scenario_source source = search_source(searching);
	struct batch batch = search_batch(searching);
	struct advice *advice = region_alloc(&answer->region, sizeof(*advice));
	char unit;

	if (given)
		options = (struct advise_options){
			.metric = given->metric ? region_strdup(&answer->region, given->metric) : NULL,
			.replications = given->replications > 0 ? given->replications : DEFAULT_REPLICATIONS,
			.most_processes = given->most_processes,
			.without_flips = given->without_flips,
		};
	if (options.metric && !results_metric_exists(options.metric, &unit)) {
		fprintf(searching->messages,
			"gilsim: unknown metric '%s', expected e.g. makespan, throughput or sojourn.p99\n",
			options.metric);
		return EINVAL;
	}
	*advice = advise(&source, searching->gilsim->scenario, &options, &batch, &answer->region);
	answer->content = advice;
	answer->print = print;
	answer->is_found = advice->winner != SIZE_MAX;
	return advice->ranking_count == 0 && batch_stopped(&batch) ? EINTR : 0;
}

struct gilsim_answer *gilsim_advise(const struct gilsim *gilsim, const struct gilsim_advise_options *options,
				    const struct gilsim_search *search, char **messages)
{
	struct searching searching = { .gilsim = gilsim, .options = options, .how = search, .what = "advice" };

	return answer_search(find, &searching, messages);
}
