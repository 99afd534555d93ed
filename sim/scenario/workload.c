/*
 * workload.c - what simulator and native runner ask of a workload alike.
 */
#include <assert.h>

#include "sim/scenario/workload.h"

sim_ns workload_duration(const struct workload *workload, const struct step *step, const struct task *task,
			 uint64_t replication, uint64_t entity, uint64_t draw, sim_ns item_ns)
{
	uint64_t index_in_task = (uint64_t)(step - workload->steps) - task->first;
	struct variate variate;

	switch (step->duration.kind) {
	case DURATION_CONSTANT:
		return step->duration.constant_ns;
	case DURATION_ITEM:
		return item_ns;
	case DURATION_DRAWN:
		break;
	}
	assert(index_in_task < task->end - task->first);
	variate = variate_open(workload->seed, replication, random_hash_path(task->stream, index_in_task), entity,
			       draw);
	return distribution_draw_ns(&step->duration.distribution, &variate);
}
