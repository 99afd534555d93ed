/*
 * name_table.c - a hash table with linear probing, at most half full.
 */
#include <string.h>

#include "sim/base/random.h"
#include "sim/scenario/name_table.h"

struct name_entry {
	const char *name; /* NULL: free */
	uint32_t value;
};

void name_table_init(struct name_table *table, struct region *region)
{
	*table = (struct name_table){ .region = region };
}

/* The entry that holds `name`, or the free one where it belongs. */
static struct name_entry *entry_of(const struct name_table *table, const char *name)
{
	size_t i = (size_t)random_hash_name(name) & (table->capacity - 1);

	while (table->entries[i].name != NULL && strcmp(table->entries[i].name, name) != 0)
		i = (i + 1) & (table->capacity - 1);
	return &table->entries[i];
}

uint32_t name_table_find(const struct name_table *table, const char *name)
{
	const struct name_entry *entry;

	if (table->count == 0)
		return NAME_NONE;
	entry = entry_of(table, name);
	return entry->name == NULL ? NAME_NONE : entry->value;
}

static void grow(struct name_table *table)
{
	struct name_entry *old_entries = table->entries;
	size_t old_capacity = table->capacity;

	table->capacity = old_capacity == 0 ? 16 : 2 * old_capacity;
	table->entries = region_alloc_array(table->region, table->capacity, sizeof(table->entries[0]));
	for (size_t i = 0; i < old_capacity; i++) {
		if (old_entries[i].name != NULL)
			*entry_of(table, old_entries[i].name) = old_entries[i];
	}
	region_free(table->region, old_entries);
}

void name_table_put(struct name_table *table, const char *name, uint32_t value)
{
	struct name_entry *entry;

	if (2 * (table->count + 1) > table->capacity)
		grow(table);
	entry = entry_of(table, name);
	if (entry->name == NULL)
		table->count++;
	*entry = (struct name_entry){ .name = name, .value = value };
}
