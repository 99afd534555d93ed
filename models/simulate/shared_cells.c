/*
 * shared_cells.c - see shared_cells.h.
 */
#include "models/simulate/shared_cells.h"

struct cell {
	int64_t value;
	uint64_t version;	 /* grows with each write */
	const struct core *core; /* that has used it last; NULL: none yet */
};

struct shared_cells {
	int64_t count;
	struct cell cells[];
};

/* Which version of a cell an instance has read last. */
struct seen_cell {
	const struct cell *cell;
	uint64_t version;
	struct seen_cell *next;
};

struct shared_cells *shared_cells_new(struct region *region, int64_t count, int64_t initial)
{
	struct shared_cells *cells = region_alloc(region, sizeof(*cells) + (size_t)count * sizeof(cells->cells[0]));

	cells->count = count;
	for (int64_t i = 0; i < count; i++)
		cells->cells[i].value = initial;
	return cells;
}

static struct cell *cell_at(struct shared_cells *cells, int64_t index)
{
	return index >= 0 && index < cells->count ? &cells->cells[index] : NULL;
}

static struct seen_cell *find_seen(const struct task_instance *instance, const struct cell *cell)
{
	struct seen_cell *seen = task_extras_of(instance)->seen;

	while (seen && seen->cell != cell)
		seen = seen->next;
	return seen;
}

bool shared_cells_read(struct shared_cells *cells, struct task_instance *instance, int64_t index, int64_t *value)
{
	const struct cell *cell = cell_at(cells, index);
	struct seen_cell *seen;

	if (!cell)
		return false;
	seen = find_seen(instance, cell);
	if (!seen) {
		seen = region_alloc(task_simulation(instance)->region, sizeof(*seen));
		seen->cell = cell;
		seen->next = task_extras(instance)->seen;
		task_extras(instance)->seen = seen;
	}
	seen->version = cell->version;
	*value = cell->value;
	return true;
}

bool shared_cells_write(struct shared_cells *cells, struct task_instance *instance, int64_t index, int64_t value)
{
	struct cell *cell = cell_at(cells, index);
	struct seen_cell *seen;

	if (!cell)
		return false;
	seen = find_seen(instance, cell);
	if (seen && seen->version != cell->version)
		task_simulation(instance)->lost_updates++;
	cell->value = value;
	cell->version++;
	if (seen)
		seen->version = cell->version;
	return true;
}

bool shared_cells_come_across(struct shared_cells *cells, int64_t index, const struct core *core)
{
	struct cell *cell = cell_at(cells, index);
	const struct core *before;

	if (!cell)
		return false;
	before = cell->core;
	cell->core = core;
	return before && before != core;
}

void shared_cells_forget(struct task_instance *instance)
{
	while (task_extras_of(instance)->seen) {
		struct seen_cell *seen = task_extras(instance)->seen;

		task_extras(instance)->seen = seen->next;
		region_free(task_simulation(instance)->region, seen);
	}
}
