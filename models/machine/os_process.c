/*
 * os_process.c - see os_process.h.
 */
#include "models/machine/os_process.h"

/* Spare stacks of the default size (see os_process.h). */
#define STACKS_KEPT 4
#define PAGE_BYTES 4096

struct os_process *os_process_new(struct machine_model *machine, struct os_process *parent, const char *name,
				  int64_t resident_bytes)
{
	struct os_process *process = region_alloc(machine->region, sizeof(*process));

	process->machine = machine;
	process->parent = parent;
	process->id = machine->next_process_id++;
	process->name = name;
	process->resident_bytes = resident_bytes;
	if (parent && resident_bytes > 0)
		process->malloc_thresholds = parent->malloc_thresholds;
	else
		malloc_thresholds_init(&process->malloc_thresholds);
	process->starter_core = parent ? parent->starter_core : NULL;
	return process;
}

void os_process_use_memory(struct os_process *process, int64_t bytes)
{
	process->resident_bytes += bytes;
	os_process_use_files(process, bytes);
}

void os_process_use_files(struct os_process *process, int64_t bytes)
{
	struct machine_model *machine = process->machine;

	process->own_bytes += bytes;
	machine->memory_bytes += bytes;
	if (machine->memory_bytes > machine->peak_memory_bytes)
		machine->peak_memory_bytes = machine->memory_bytes;
	if (machine->config.memory_bytes > 0 && machine->memory_bytes > machine->config.memory_bytes) {
		machine->out_of_memory = true;
		engine_stop(machine->engine);
	}
}

static int64_t pages_of(int64_t bytes)
{
	return (bytes + PAGE_BYTES - 1) / PAGE_BYTES;
}

sim_ns os_process_grow_heap(struct os_process *process, int64_t bytes)
{
	int64_t kept_bytes = process->heap_peak_bytes;

	process->heap_bytes += bytes;
	if (process->heap_bytes <= kept_bytes)
		return 0;
	process->heap_peak_bytes = process->heap_bytes;
	os_process_use_memory(process, process->heap_bytes - kept_bytes);
	return (pages_of(process->heap_bytes) - pages_of(kept_bytes)) *
	       machine_cost(process->machine, COST_MEM_FAULT);
}

void os_process_add_thread(struct os_process *process, struct os_thread *thread)
{
	thread->next_in_process = process->threads;
	thread->previous_in_process = NULL;
	if (process->threads)
		process->threads->previous_in_process = thread;
	process->threads = thread;
	process->thread_count++;
}

void os_process_remove_thread(struct os_process *process, struct os_thread *thread)
{
	if (thread->previous_in_process)
		thread->previous_in_process->next_in_process = thread->next_in_process;
	else
		process->threads = thread->next_in_process;
	if (thread->next_in_process)
		thread->next_in_process->previous_in_process = thread->previous_in_process;
	thread->next_in_process = thread->previous_in_process = NULL;
	process->thread_count--;
	arena_leave(thread);
	if (process->thread_count > 0 || process->exited)
		return;
	process->exited = true;
	os_process_use_memory(process, -process->own_bytes);
	while (futex_has_waiters(&process->waiters))
		futex_wake(&process->waiters, NULL, false);
}

sim_ns os_process_take_stack(struct os_process *process, struct os_thread *thread)
{
	thread->has_new_stack = process->spare_stacks == 0;
	if (thread->has_new_stack)
		return machine_cost(process->machine, COST_THREAD_STACK);
	process->spare_stacks--;
	return 0;
}

sim_ns os_process_give_stack(struct os_process *process)
{
	if (process->spare_stacks == STACKS_KEPT)
		return machine_cost(process->machine, COST_THREAD_STACK_FREE);
	process->spare_stacks++;
	return 0;
}

sim_ns os_process_fork_cost(const struct os_process *process)
{
	const struct costs *costs = process->machine->costs;

	return sim_time_round(costs->value[COST_FORK_BASE] +
			      costs->value[COST_FORK_PER_BYTE] * (double)process->resident_bytes);
}

/* exit_mm(): the address space is given back before the parent is told. */
static enum progress die(struct os_thread *thread, struct frame *frame)
{
	PROGRAM_BEGIN(frame);
	AWAIT(frame, os_thread_compute(thread,
				       machine_cost(thread->machine, COST_PROCESS_EXIT) +
					       thread->process->exit_ns + memory_exit_cost(thread->process)));
	AWAIT(frame, os_thread_exit(thread));
	PROGRAM_END;
}

static void end_others(struct os_process *process, const struct os_thread *but)
{
	struct os_thread *thread = process->threads;

	while (thread) {
		struct os_thread *next = thread->next_in_process;

		if (thread->state == THREAD_NEW) { /* whoever was about to start it ends, too */
			thread->state = THREAD_EXITED;
			process->machine->live_threads--;
			os_process_remove_thread(process, thread);
		} else if (thread != but) {
			os_thread_divert(thread, NULL);
		}
		thread = next;
	}
}

void os_process_kill(struct os_process *process)
{
	if (process->exited)
		return;
	end_others(process, process->threads);
	os_thread_divert(process->threads, die);
}

enum progress os_process_exit(struct os_thread *caller)
{
	end_others(caller->process, caller);
	os_thread_push(caller, die);
	return os_thread_enter(caller);
}
