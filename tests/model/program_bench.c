#include "tests/model/program_bench.h"

#include <string.h>

void program_bench_init(struct program_bench *bench)
{
	memset(bench, 0, sizeof(*bench));
	region_init(&bench->region);
	for (int i = 0; i < COST_COUNT; i++)
		bench->costs.value[i] = cost_infos[i].ideal;
}

void program_bench_release(struct program_bench *bench)
{
	region_release(&bench->region);
}

struct program_bench *program_bench_of(const struct os_thread *thread)
{
	return py_current(thread)->argument;
}

static enum progress run_main(struct os_thread *thread, struct frame *frame)
{
	struct program_bench *bench = program_bench_of(thread);

	PROGRAM_BEGIN(frame);
	os_thread_push(thread, bench->program);
	AWAIT(frame, os_thread_enter(thread));
	bench->finished = true;
	bench->end_ns = machine_now(bench->machine);
	engine_stop(bench->engine);
	PROGRAM_END;
}

sim_ns program_bench_run(struct program_bench *bench, int cores, int minor, program_fn *program)
{
	struct machine_config config = { .cores = cores, .quota_period_ns = 100 * SIM_MS, .costs = &bench->costs };
	struct os_process *process;

	bench->program = program;
	bench->finished = false;
	bench->engine = engine_new(&bench->region);
	bench->machine = machine_new(&bench->region, bench->engine, &config);
	bench->runtime = py_runtime_new(bench->machine, minor, !bench->without_gil, 5 * SIM_MS);
	process = os_process_new(bench->machine, NULL, "main", 0);
	os_process_use_memory(process, machine_cost(bench->machine, COST_MEMORY_INTERPRETER));
	bench->interpreter = interpreter_new(bench->runtime, process);
	os_thread_start(py_thread_new(bench->interpreter, "MainThread", run_main, bench)->os);
	engine_run(bench->engine, SIM_NS_MAX);
	return bench->finished ? bench->end_ns : SIM_NS_MAX;
}
