/*
 * model_run.h - a number of task instances under one model: a variant's whole run, the step `run` inside a program,
 * and what runs inside each process of a nested model. Mirrors MODELS of the native harness statement by statement.
 */
#ifndef MODELS_SIMULATE_MODEL_RUN_H
#define MODELS_SIMULATE_MODEL_RUN_H

#include "models/simulate/executors.h"

struct model_run {
	struct simulation *simulation;
	const struct model *model;
	int64_t count;		      /* instances of this run */
	int64_t first, stride;	      /* which of the workload's run, or of the start step's, they are */
	struct task_instance *parent; /* the step `run`: whose children they are; NULL: the workload's own run */
	const struct start *start;    /* the step `run`: what it starts */
	struct executor *warm;	      /* made and warmed up before; NULL: none */
};

/* The whole run of the workload, by its own model. */
struct model_run model_run_of_workload(struct simulation *simulation);
/* Whether runs of this model are simulated. */
bool model_run_is_known(const struct model *model);
/* For AWAIT. The run is the caller's and must live until its end. */
enum progress model_run_execute(struct os_thread *thread, struct model_run *run);

/* For the programs of the models, whose locals begin with a pointer to the run: its instance of that number, released
 * now. */
struct task_instance *model_run_release(const struct model_run *run, int64_t number);
/* model_run_asyncio.c */
program_fn model_run_asyncio;

#endif
