/*
 * shared_cells.h - a variable or an array that tasks share, and the updates that get lost on it.
 *
 * A write is lost on others when another task has written since the writer last read: their value is gone, though
 * it was newer than what the writer knew. A task that never read what it writes has nothing to lose: its write is
 * no update.
 */
#ifndef MODELS_SIMULATE_SHARED_CELLS_H
#define MODELS_SIMULATE_SHARED_CELLS_H

#include "models/simulate/task_program.h"

struct shared_cells;

/* So many cells, all `initial`. */
struct shared_cells *shared_cells_new(struct region *region, int64_t count, int64_t initial);
/* False when there is no such cell. */
bool shared_cells_read(struct shared_cells *cells, struct task_instance *instance, int64_t index, int64_t *value);
/* Likewise; a lost update is counted. */
bool shared_cells_write(struct shared_cells *cells, struct task_instance *instance, int64_t index, int64_t value);
/* `core` is about to read or write it: whether another one has used it last. */
bool shared_cells_come_across(struct shared_cells *cells, int64_t index, const struct core *core);
/* The instance is at its end: what it has read is forgotten. */
void shared_cells_forget(struct task_instance *instance);

#endif
