/*
 * task_program.h - one instance of a task, and the program that executes its steps on a Python thread.
 */
#ifndef MODELS_SIMULATE_TASK_PROGRAM_H
#define MODELS_SIMULATE_TASK_PROGRAM_H

#include "models/library/mp_process.h"
#include "models/simulate/simulation.h"

struct spawned {
	struct py_thread *thread; /* NULL: a process */
	struct mp_process process;
	bool daemon;
	struct spawned *next;
};

struct task_instance {
	struct simulation *simulation;
	uint32_t task; /* index into the workload's tasks */
	bool counted;  /* false for `main`, which is no task */
	bool breaking; /* a break is on its way to the loop that it leaves */
	uint64_t number; /* in order of their beginning */
	uint64_t entity;
	uint64_t draw_count;	/* durations drawn so far */
	uint64_t child_count;	/* instances spawned so far */
	sim_ns item_ns;
	sim_ns release_ns;
	struct spawned *spawned, *last_spawned;
	struct task_instance *next_free;
};

/* A new instance, released now. `index` numbers those that the run starts. */
struct task_instance *task_instance_new(struct simulation *simulation, uint32_t task, uint64_t index);
/* The instance for `main`: it is not counted. */
struct task_instance *task_instance_new_main(struct simulation *simulation, uint32_t task);

/* Executes the instance that the frame's locals start with, counts it, and gives it back. */
struct task_run_locals {
	struct task_instance *instance;
};
enum progress task_run(struct os_thread *thread, struct frame *frame);
/* The same as the body of a thread and of a process: the instance is the argument. */
enum progress task_run_as_thread(struct os_thread *thread, struct frame *frame);
enum progress task_run_as_process(struct os_thread *thread, struct frame *frame);

#endif
