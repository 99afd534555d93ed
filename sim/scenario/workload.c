/*
 * workload.c - what simulator and native runner ask of a workload alike.
 */
#include <assert.h>

#include "sim/profile/python_version.h"
#include "sim/scenario/workload.h"

uint64_t workload_step_stream(const struct workload *workload, const struct step *step, const struct task *task,
			      uint64_t replication)
{
	uint64_t index_in_task = (uint64_t)(step - workload->steps) - task->first;

	assert(index_in_task < task->end - task->first);
	return random_stream_open(workload->seed, replication, random_hash_path(task->stream, index_in_task));
}

sim_ns step_duration(const struct step *step, uint64_t stream, uint64_t entity, uint64_t draw, sim_ns item_ns)
{
	struct variate variate;

	switch (step->duration.kind) {
	case DURATION_CONSTANT:
		return step->duration.constant_ns;
	case DURATION_ITEM:
		return item_ns;
	case DURATION_DRAWN:
		break;
	}
	variate = random_stream_variate(stream, entity, draw);
	return distribution_draw_ns(&step->duration.distribution, &variate);
}

bool step_chance(const struct step *step, uint64_t stream, uint64_t entity, uint64_t draw)
{
	struct variate variate = random_stream_variate(stream, entity, draw);

	return variate_uniform(&variate) < step->chance;
}

sim_ns workload_duration(const struct workload *workload, const struct step *step, const struct task *task,
			 uint64_t replication, uint64_t entity, uint64_t draw, sim_ns item_ns)
{
	uint64_t stream = step->duration.kind == DURATION_DRAWN ?
				  workload_step_stream(workload, step, task, replication) :
				  0;

	return step_duration(step, stream, entity, draw, item_ns);
}

bool workload_chance(const struct workload *workload, const struct step *step, const struct task *task,
		     uint64_t replication, uint64_t entity, uint64_t draw)
{
	return step_chance(step, workload_step_stream(workload, step, task, replication), entity, draw);
}

sim_ns workload_draw(const struct workload *workload, const struct duration *duration, uint64_t stream,
		     uint64_t replication, uint64_t entity, uint64_t draw)
{
	struct variate variate;

	if (duration->kind != DURATION_DRAWN)
		return duration->constant_ns;
	variate = variate_open(workload->seed, replication, stream, entity, draw);
	return distribution_draw_ns(&duration->distribution, &variate);
}

/* ---- Expressions ---- */

/* Rounds towards minus infinity, as Python does. */
static bool divide(int64_t left, int64_t right, int64_t *quotient, int64_t *remainder)
{
	if (right == 0 || (left == INT64_MIN && right == -1))
		return false;
	*quotient = left / right;
	*remainder = left % right;
	if (*remainder != 0 && (*remainder < 0) != (right < 0)) {
		*remainder += right;
		*quotient -= 1;
	}
	return true;
}

static bool apply(enum operator_kind kind, int64_t left, int64_t right, int64_t *result)
{
	int64_t other;

	switch (kind) {
	case OPERATOR_ADD:
		return !__builtin_add_overflow(left, right, result);
	case OPERATOR_SUBTRACT:
		return !__builtin_sub_overflow(left, right, result);
	case OPERATOR_MULTIPLY:
		return !__builtin_mul_overflow(left, right, result);
	case OPERATOR_DIVIDE:
		return divide(left, right, result, &other);
	case OPERATOR_REMAINDER:
		return divide(left, right, &other, result);
	case OPERATOR_EQUAL:
		*result = left == right;
		return true;
	case OPERATOR_NOT_EQUAL:
		*result = left != right;
		return true;
	case OPERATOR_LESS:
		*result = left < right;
		return true;
	case OPERATOR_LESS_EQUAL:
		*result = left <= right;
		return true;
	case OPERATOR_GREATER:
		*result = left > right;
		return true;
	case OPERATOR_GREATER_EQUAL:
		*result = left >= right;
		return true;
	default:
		assert(0 && "an operator of two operands");
		return false;
	}
}

bool workload_value(const struct workload *workload, struct value value, const int64_t *variables, int64_t *result)
{
	const struct expression *expression;
	const struct operation *operations;
	int64_t stack[EXPRESSION_STACK_LIMIT];
	size_t depth = 0;

	if (value.expression == 0) {
		*result = value.constant;
		return true;
	}
	expression = &workload->expressions[value.expression];
	operations = &workload->operations[expression->first];
	for (uint32_t i = 0; i < expression->count; i++) {
		int64_t operand = operations[i].operand;

		if (operations[i].kind == OPERATOR_CONSTANT || operations[i].kind == OPERATOR_VARIABLE) {
			assert(depth < EXPRESSION_STACK_LIMIT);
			stack[depth++] = operations[i].kind == OPERATOR_CONSTANT ? operand : variables[operand];
			continue;
		}
		assert(depth >= 1);
		switch (operations[i].kind) {
		case OPERATOR_NEGATE:
			if (__builtin_sub_overflow((int64_t)0, stack[depth - 1], &stack[depth - 1]))
				return false;
			break;
		case OPERATOR_NOT:
			stack[depth - 1] = stack[depth - 1] == 0;
			break;
		case OPERATOR_TRUTH:
			stack[depth - 1] = stack[depth - 1] != 0;
			break;
		case OPERATOR_AND:
		case OPERATOR_OR:
			/* The right operand either decides, or is not looked at. */
			if ((stack[depth - 1] != 0) == (operations[i].kind == OPERATOR_AND)) {
				depth--;
			} else {
				stack[depth - 1] = operations[i].kind == OPERATOR_OR;
				i += (uint32_t)operand;
			}
			break;
		default:
			assert(depth >= 2);
			depth--;
			if (!apply(operations[i].kind, stack[depth - 1], stack[depth], &stack[depth - 1]))
				return false;
		}
	}
	assert(depth == 1);
	*result = stack[0];
	return true;
}

int model_workers(const struct workload *workload, const struct model *model)
{
	/* Native runs may be pinned to some of the CPUs that there are. */
	int cores = python_has(workload->python.minor, PYTHON_COUNTS_USABLE_CPUS) ||
				    workload->machine.kernel_cpus < workload->machine.cores
			    ? workload->machine.cores
			    : workload->machine.kernel_cpus;

	switch (model->kind) {
	case MODEL_THREAD_POOL:
	case MODEL_INTERPRETER_POOL:
		return model->workers > 0 ? model->workers : cores + 4 < 32 ? cores + 4 : 32;
	case MODEL_POOL:
	case MODEL_PROCESS_POOL:
	case MODEL_SERVER:
		return model->workers > 0 ? model->workers : cores;
	case MODEL_PROCESSES:
		return !model->each ? 0 : model->workers > 0 ? model->workers : cores;
	default:
		return 0;
	}
}

/* Pool.map() makes four chunks for each worker; imap() and Executor.map() hand over one item at a time
 * (Lib/multiprocessing/pool.py, Lib/concurrent/futures/process.py). submit() and apply_async() know no chunks. */
int64_t model_chunk_items(const struct workload *workload, const struct model *model, int64_t count)
{
	int64_t chunks;

	if (model->return_when != RETURN_ALL || model->map == MAP_APPLY_ASYNC)
		return 1;
	if (model->chunksize > 0)
		return model->chunksize;
	chunks = model->kind == MODEL_POOL && model->map == MAP_MAP ? 4 * (int64_t)model_workers(workload, model) : 0;
	/* None on a machine without cores, which has been complained of. */
	return count > 0 && chunks > 0 ? count / chunks + (count % chunks != 0) : 1;
}
