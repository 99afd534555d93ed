/*
 * program_cycles.c - tasks that start each other without end, each reported at the step that closes the cycle.
 */
#include "sim/scenario/steps_parser.h"

enum visit { VISIT_NOT_YET, VISIT_OPEN, VISIT_DONE };

struct visit_frame {
	uint32_t task;
	uint32_t next_step;
};

/* "a -> b -> a", of which the middle is left out when it is long. */
static const char *format_cycle(struct region *region, const struct program *program,
				const struct visit_frame *frames, size_t count, uint32_t closing)
{
	const char *text = "";
	size_t first = 0;

	while (frames[first].task != closing)
		first++;
	for (size_t i = first; i < count; i++) {
		if (i - first < 5 || count - i < 3)
			text = region_format(region, "%s%s -> ", text, program->tasks[frames[i].task].name);
		else if (i - first == 5)
			text = region_format(region, "%s... -> ", text);
	}
	return region_format(region, "%s%s", text, program->tasks[closing].name);
}

/* Goes through all that is spawned from `root`, depth first, and reports each step that closes a cycle. Steps
 * that a condition may pass over close none. */
static void refuse_cycles_from(struct reading *reading, const struct program *program, uint32_t root,
			       enum visit *visits, struct visit_frame *frames)
{
	size_t depth = 1;

	frames[0] = (struct visit_frame){ .task = root, .next_step = program->tasks[root].first };
	visits[root] = VISIT_OPEN;
	while (depth > 0) {
		struct visit_frame *frame = &frames[depth - 1];
		const struct step *step;

		if (frame->next_step == program->tasks[frame->task].end) {
			visits[frame->task] = VISIT_DONE;
			depth--;
			continue;
		}
		step = &program->steps[frame->next_step++];
		if (step->start == NULL || step->start->task >= program->task_count ||
		    program->is_conditional[step - program->steps])
			continue;
		if (visits[step->start->task] == VISIT_OPEN) {
			yaml_tree_error(reading->diagnostics, program->step_nodes[step - program->steps],
					"task '%s' starts itself without end: %s",
					program->tasks[step->start->task].name,
					format_cycle(reading->region, program, frames, depth, step->start->task));
		} else if (visits[step->start->task] == VISIT_NOT_YET) {
			visits[step->start->task] = VISIT_OPEN;
			frames[depth++] =
				(struct visit_frame){ .task = step->start->task,
						      .next_step = program->tasks[step->start->task].first };
		}
	}
}

void program_refuse_cycles(struct reading *reading, const struct program *program)
{
	uint32_t count = program->task_count;
	enum visit *visits = region_alloc_array(reading->region, count, sizeof(visits[0]));
	struct visit_frame *frames = region_alloc_array(reading->region, count, sizeof(frames[0]));

	for (uint32_t i = 0; i < count; i++) {
		if (visits[i] == VISIT_NOT_YET)
			refuse_cycles_from(reading, program, i, visits, frames);
	}
	region_free(reading->region, visits);
	region_free(reading->region, frames);
}
