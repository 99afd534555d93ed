/*
 * name_table.h - names to small numbers: anchors, keys of a map, tasks.
 *
 * A hash table with open addressing. Names are compared by their bytes and borrowed: they must
 * outlive the table. Lookups take constant time, also in a file with a million names.
 */
#ifndef SIM_SCENARIO_NAME_TABLE_H
#define SIM_SCENARIO_NAME_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "sim/base/region.h"

#define NAME_NONE UINT32_MAX

struct name_table {
	struct region *region; /* borrowed */
	struct name_entry *entries;
	size_t count, capacity; /* capacity is 0 or a power of two */
};

void name_table_init(struct name_table *table, struct region *region);
/* The number of `name`, or NAME_NONE. */
uint32_t name_table_find(const struct name_table *table, const char *name);
/* Gives `name` the number `value`, whether or not it had another. */
void name_table_put(struct name_table *table, const char *name, uint32_t value);

#endif
