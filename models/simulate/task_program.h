/*
 * task_program.h - one instance of a task, and the program that executes its steps.
 */
#ifndef MODELS_SIMULATE_TASK_PROGRAM_H
#define MODELS_SIMULATE_TASK_PROGRAM_H

#include "models/library/mp_process.h"
#include "models/simulate/simulation.h"

/* What a start step returned, in near memory. Which of the pointers is set says what it is; models add theirs. */
struct handle {
	struct py_thread *thread;
	struct mp_process *process;
	struct py_future *future;
	struct aio_task *task;
	struct aio_executor_call *call; /* run_in_executor() */
	struct task_instance *instance; /* what it runs; must not be looked into once it is done */
	uint32_t executor;		/* FUTURE: the resource that it was submitted to */
	bool daemon;
	bool done;		  /* its instance has ended */
	enum exception_kind exception; /* that it ended with */
	int64_t result;
	struct handle *next; /* of its group, in order of starting */
};

struct handle_group {
	struct handle *first, *last;
};

/* One execution of a task's steps: a call has its own. */
struct activation {
	struct simulation *simulation;
	struct activation *caller; /* NULL: the instance's own */
	int64_t *variables;
	struct handle_group *groups;
	struct aio_generator *generator; /* that it is the code of; NULL: none */
	uint32_t task;			 /* index into the workload's tasks */
	uint32_t depth;			 /* of calls */
};

/* Why a block ends before its last step. */
enum leaving { LEAVING_NOT, LEAVING_BREAK, LEAVING_RETURN, LEAVING_RAISE };

/* What only some instances have. It comes with the first of it, and goes with the instance. */
struct instance_extras {
	struct task_instance *instance;
	uint64_t number;	       /* in order of beginning, when the run is traced */
	int64_t returned;	       /* RETURN, and the instance's result */
	uint64_t child_count;	       /* instances started so far */
	sim_ns item_ns;
	double slowness;	       /* what its steps take of a core, against the others' (workload.h) */
	struct memory_block *allocated; /* until its end */
	sim_ns timeout_ns;	       /* of a coroutine's steps in all; TIMEOUT_NONE: none */
	struct aio_group *task_group;  /* to which the tasks that it creates belong; NULL: none */
	struct seen_cell *seen;	       /* what it has read of shared variables (shared_cells.h) */
	struct holding *holdings;      /* for deadlock.h */
	uint32_t waits_for;	       /* a resource, or INDEX_NONE */
	const struct handle *awaits;   /* the future that it is in result() of, or NULL */
	struct instance_extras *next, *previous; /* of the simulation's, in order of their coming */
};

/* What AIO_EXCEPTION_BITS are to a coroutine. */
#define TASK_EXCEPTION_BITS 22

/* When a task was released, of which there need be no more until it begins. */
struct task_release {
	uint64_t at_ns : 63;
	bool is_measured : 1; /* not of the warm-up */
};

/* Of these there are as many as are pending at once: millions. What few need stands in their extras; what task it
 * is of, its activation says. */
struct task_instance {
	near_ref activation; /* the innermost */
	near_ref extras;     /* 0: none so far */
	near_ref thread;     /* on which it has begun */
	/* Who waits for its end: the number, from 1, of a client (arrivals.h), or a struct handle; 0: nobody. */
	uint32_t awaited_by;
	uint64_t entity;
	sim_ns release_ns;
	uint32_t draw_count;			  /* durations drawn so far */
	uint32_t exception : TASK_EXCEPTION_BITS; /* enum exception_kind. RAISE: what is raised; else what is being
						     handled, or NONE */
	uint32_t leaving : 2;			  /* enum leaving */
	bool has_user : 1;			  /* it is a client that waits */
	bool has_begun : 1;
	bool counted : 1; /* false for `main`, which is no task */
	bool in_coroutine : 1;
	bool raises : 1;	  /* its exception goes to who has called it: a coroutine's to its task, a call's to its executor */
	bool is_measured : 1;	  /* not of the warm-up */
	bool has_ended_steps : 1; /* those that wait_for() awaits */
	bool has_left_steps : 1;  /* wait_for() has left some running alone, which use what it has: it is not given
				     back */
};
_Static_assert(sizeof(struct task_instance) == 40, "it holds nothing that most could do without");

static inline struct activation *task_activation(const struct task_instance *instance)
{
	return near_at(instance->activation);
}

static inline void task_set_activation(struct task_instance *instance, const struct activation *activation)
{
	instance->activation = near_ref_or_none(activation);
}

/* The index of its task, while it has an activation. */
static inline uint32_t task_index(const struct task_instance *instance)
{
	const struct activation *activation = task_activation(instance);

	while (activation->caller)
		activation = activation->caller;
	return activation->task;
}

/* The handle that is told of its end; NULL: none. */
static inline struct handle *task_handle(const struct task_instance *instance)
{
	return instance->has_user ? NULL : near_at_or_null(instance->awaited_by);
}

static inline void task_set_handle(struct task_instance *instance, const struct handle *handle)
{
	instance->awaited_by = near_ref_to(handle);
}

/* The number of the client that waits for its end, from 1; 0: none does. */
static inline uint32_t task_user_number(const struct task_instance *instance)
{
	return instance->has_user ? instance->awaited_by : 0;
}

static inline void task_set_user_number(struct task_instance *instance, uint32_t number)
{
	instance->awaited_by = number;
	instance->has_user = number != 0;
}

/* Once it has begun. */
static inline const struct os_thread *task_thread(const struct task_instance *instance)
{
	return near_at(instance->thread);
}

/* While it has an activation. */
static inline struct simulation *task_simulation(const struct task_instance *instance)
{
	return task_activation(instance)->simulation;
}

/* The number of its next draw, if there is one now. When all numbers have been, they begin anew with another
 * entity. */
static inline uint64_t task_next_draw(struct task_instance *instance, bool is_drawn)
{
	const uint32_t number = instance->draw_count;

	instance->draw_count = number + is_drawn;
	if (number == UINT32_MAX && is_drawn)
		instance->entity = random_hash_path(instance->entity, number);
	return number;
}

/* The instance's extras, to be read and to be changed. */
extern const struct instance_extras no_extras;
static inline const struct instance_extras *task_extras_of(const struct task_instance *instance)
{
	return instance->extras ? near_at(instance->extras) : &no_extras;
}
struct instance_extras *task_extras(struct task_instance *instance);
/* Sets what it returns, and the time for its steps in all. */
void task_return(struct task_instance *instance, int64_t value);
void task_set_timeout(struct task_instance *instance, sim_ns timeout_ns);

/* Before the first of them. */
void task_programs_init(struct simulation *simulation);
/* A new instance, released now. `index` numbers those that the run starts. */
struct task_instance *task_instance_new(struct simulation *simulation, uint32_t task, uint64_t index);
/* The same in two steps: a task is released now, and its instance comes later. */
struct task_release task_release(struct simulation *simulation, uint32_t task);
struct task_instance *task_instance_new_released(struct simulation *simulation, uint32_t task, uint64_t index,
						 const struct task_release *release);
/* The instance for `main`: it is not counted. */
struct task_instance *task_instance_new_main(struct simulation *simulation, uint32_t task);
/* An instance that another one starts as its next child: its entity follows from that. Released now. */
struct task_instance *task_instance_new_child(struct task_instance *parent, uint32_t task);

/* Turns an instance away that has not begun: it ends as rejected, and has no sojourn. */
void task_instance_reject(struct task_instance *instance);
/* Likewise: cancelled before it has begun; whoever waits for it is told. */
void task_instance_cancel(struct task_instance *instance);
/* Its process has been killed, or it never came to one: it ends as failed; its frames are gone. */
void task_instance_abort(struct task_instance *instance);

/* A handle, and one in a group of the instance's activation. */
struct handle *task_handle_new(struct simulation *simulation);
struct handle *task_add_handle(struct task_instance *instance, uint32_t group);
/* The instance's innermost activation leaves its blocks with an exception. */
void task_raise(struct task_instance *instance, enum exception_kind exception);
/* Its own activation, for a call: pushed here, popped by task_leave_call(). */
void task_enter_call(struct task_instance *instance, uint32_t task);
void task_leave_call(struct task_instance *instance);

/* Of the programs below that execute an instance. */
struct task_run_locals {
	struct task_instance *instance;
};

/* So many bits has the index of a step. */
#define TASK_STEP_BITS 30
#define TASK_STEP_MASK ((1u << TASK_STEP_BITS) - 1)
#define TASK_STEP_NONE TASK_STEP_MASK

/* Of task_run_steps(): from `at` to the end of the block that this step is in, once. Millions may wait in theirs.
 */
struct task_steps_locals {
	near_ref instance;
	uint32_t at : TASK_STEP_BITS; /* TASK_STEP_NONE: there are no more */
	uint32_t is_body : 1;  /* of a step: going through it has a cost of its own */
	uint32_t is_whole : 1; /* they are all steps of the instance, which ends with them */
};

_Static_assert(sizeof(struct task_steps_locals) <= sizeof(struct task_run_locals),
	       "the frame of one serves the other");

/* Executes the instance that the frame's locals start with, counts its outcome, and gives it back. Works in a
 * coroutine too, when its frames are those of the coroutine. */
enum progress task_run(struct os_thread *thread, struct frame *frame);
/* The same as the body of a thread and of a process: the instance is the argument. */
enum progress task_run_as_thread(struct os_thread *thread, struct frame *frame);
enum progress task_run_as_process(struct os_thread *thread, struct frame *frame);

/* Executes steps of an instance. */
program_fn task_run_steps;

#endif
