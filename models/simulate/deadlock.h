/*
 * deadlock.h - who waits for what held by whom.
 *
 * The steps that acquire and wait keep it up to date; it is read when nothing can happen any more and the program
 * has not come to its end.
 */
#ifndef MODELS_SIMULATE_DEADLOCK_H
#define MODELS_SIMULATE_DEADLOCK_H

#include "models/simulate/task_program.h"

/* The instance is about to wait for a resource, or to acquire it; and is past that. */
void deadlock_wait_begins(struct task_instance *instance, uint32_t resource);
void deadlock_wait_ends(struct task_instance *instance);
/* The instance is about to wait for a future's result; and is past that. */
void deadlock_await_begins(struct task_instance *instance, const struct handle *handle);
void deadlock_await_ends(struct task_instance *instance);
/* The instance has acquired the resource (once more). */
void deadlock_hold_begins(struct task_instance *instance, uint32_t resource);
/* It has released it, or another instance's hold of it: then the holder that first held or waited for something
 * loses it. */
void deadlock_hold_ends(struct task_instance *instance, uint32_t resource);
/* The instance comes to its end. */
void deadlock_forget(struct task_instance *instance);

/* The cycle of waiting, if there is one, else all who wait. The text lives in `region`. */
const char *deadlock_report(const struct simulation *simulation, struct region *region);

#endif
