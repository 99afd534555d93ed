#include "tests/model/thread_helper.h"

#include <string.h>

struct main_locals {
	int next;
};

/* Starts all, joins all. */
static enum progress main_program(struct os_thread *thread, struct frame *frame)
{
	struct main_locals *my = FRAME_LOCALS(frame, struct main_locals);
	struct thread_bench *bench = py_current(thread)->argument;

	PROGRAM_BEGIN(frame);
	for (my->next = 1; my->next < bench->thread_count; my->next++)
		AWAIT(frame, py_thread_start(thread, bench->threads[my->next]));
	for (my->next = 1; my->next < bench->thread_count; my->next++)
		AWAIT(frame, py_thread_join(thread, bench->threads[my->next]));
	bench->ended = true;
	PROGRAM_END;
}

void thread_bench_init(struct thread_bench *bench, int minor)
{
	struct machine_config config = { .cores = 4, .quota_period_ns = 100 * SIM_MS, .seed = 1 };
	struct py_runtime *runtime;

	memset(bench, 0, sizeof(*bench));
	region_init(&bench->region);
	for (int i = 0; i < COST_COUNT; i++)
		bench->costs.value[i] = cost_infos[i].ideal;
	config.costs = &bench->costs;
	bench->engine = engine_new(&bench->region);
	bench->machine = machine_new(&bench->region, bench->engine, &config);
	runtime = py_runtime_new(bench->machine, minor, true, 5 * SIM_MS);
	bench->interpreter = interpreter_new(runtime, os_process_new(bench->machine, NULL, "main", 0));
	bench->notes = region_strdup(&bench->region, "");
	thread_bench_add(bench, "main", main_program);
}

void thread_bench_release(struct thread_bench *bench)
{
	region_release(&bench->region);
}

void thread_bench_add(struct thread_bench *bench, const char *name, program_fn *body)
{
	bench->threads[bench->thread_count++] = py_thread_new(bench->interpreter, name, body, bench);
}

void thread_bench_run(struct thread_bench *bench)
{
	os_thread_start(bench->threads[0]->os);
	engine_run(bench->engine, SIM_NS_MAX);
}

void thread_bench_note(const struct os_thread *thread, const char *what)
{
	struct thread_bench *bench = py_current(thread)->argument;
	sim_ns now = machine_now(thread->machine);

	bench->notes = region_format(&bench->region, "%s%ld.%ld:%s %s\n", bench->notes, (long)(now / SIM_MS),
				     (long)(now % SIM_MS / (SIM_MS / 10)), thread->name, what);
}

sim_ns thread_bench_in_ms(const struct os_thread *thread, int ms)
{
	return machine_now(thread->machine) + ms * SIM_MS;
}
