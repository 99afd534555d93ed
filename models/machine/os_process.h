/*
 * os_process.h - an address space with its threads: started by fork, ended by exit or a signal.
 *
 * Source      Linux kernel/fork.c, kernel/exit.c in what takes time: fork() costs its caller a base and a share for
 *             each resident byte (page tables); the child pays for its first page faults. glibc 2.36,
 *             nptl/allocatestack.c, nptl/nptl-stack.c: a new thread takes over the stack of one that has ended and
 *             been joined or detached; up to 40 MiB of such stacks are kept, which is four of the default 8 MiB and
 *             their guards, and whoever adds a fifth unmaps one.
 */
#ifndef MODELS_MACHINE_OS_PROCESS_H
#define MODELS_MACHINE_OS_PROCESS_H

#include "models/machine/allocator.h"
#include "models/machine/futex.h"
#include "models/machine/machine.h"

struct os_process {
	struct machine_model *machine;
	struct os_process *parent; /* NULL for the first */
	int32_t id;
	const char *name; /* borrowed */
	struct os_thread *threads;
	uint32_t thread_count;
	int64_t resident_bytes; /* what fork() has page tables to copy for */
	int64_t own_bytes;	/* of these, what it does not share with its parent */
	int64_t heap_bytes, heap_peak_bytes; /* small objects that live; the most that there were, which it keeps */
	struct malloc_thresholds malloc_thresholds;
	int64_t allocated_bytes; /* touched of what its arenas have */
	struct arena *idle_arenas; /* of threads that have ended */
	struct core *starter_core; /* where who started its last thread ran */
	sim_ns exit_ns;		/* what giving back its address space takes, beyond that of a small process */
	struct cold_code *codes; /* what its threads execute */
	bool exited;
	uint32_t spare_stacks;	      /* of threads that have ended, for the next ones */
	struct futex waiters; /* those in waitpid() or waiting for its sentinel */
	void *owner;	      /* of the layer above: the interpreter */
};

/* `resident_bytes` is what it shares with its parent (fork()); what it has of its own comes on top
 * (os_process_use_memory). */
struct os_process *os_process_new(struct machine_model *machine, struct os_process *parent, const char *name,
				  int64_t resident_bytes);
/* It takes so many bytes for itself, or (less than 0) gives them back; all of them when it ends. When that is more than
 * the machine has, the simulation stops there: whom the kernel would kill then (mm/oom_kill.c) is not modelled. */
void os_process_use_memory(struct os_process *process, int64_t bytes);
/* The same of pages of files, whose tables fork() does not copy (mm/memory.c: vma_needs_copy()). */
void os_process_use_files(struct os_process *process, int64_t bytes);
/* Its small objects take so many bytes more, or (less than 0) fewer. What has been freed is used again; only beyond
 * the most that there ever was, memory is fresh. Returns what touching that costs. */
sim_ns os_process_grow_heap(struct os_process *process, int64_t bytes);
void os_process_add_thread(struct os_process *process, struct os_thread *thread);
/* The last thread's leaving ends the process and wakes those that wait for it. */
void os_process_remove_thread(struct os_process *process, struct os_thread *thread);
/* A stack for a thread that is about to be created: what that costs the caller on top of pthread_create(). The thread
 * pays for touching a new one (thread->has_new_stack). */
sim_ns os_process_take_stack(struct os_process *process, struct os_thread *thread);
/* Keeps the stack of a thread that has ended for another one, or (there are enough) has it unmapped: what that costs. A
 * detached thread does that itself, in the end; else whoever joins it does. */
sim_ns os_process_give_stack(struct os_process *process);
/* What fork() of this process costs the calling thread. */
sim_ns os_process_fork_cost(const struct os_process *process);
/* Kills it (SIGTERM without a handler): its threads end, and one of them pays for giving back the address space. */
void os_process_kill(struct os_process *process);
/* For AWAIT: _exit() by a running thread. It pays for giving back the address space; all the others end. */
enum progress os_process_exit(struct os_thread *caller);

#endif
