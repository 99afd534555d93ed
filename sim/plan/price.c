/*
 * price.c - reads a price file with the scenario's own YAML reader.
 */
#include <string.h>

#include "sim/base/units.h"
#include "sim/plan/price.h"
#include "sim/scenario/yaml_tree.h"

#define PRICE_FILE_MAX_BYTES ((size_t)1 << 20)

static const char *text_of(const struct yaml_node *machine, const char *key, struct diagnostics *diagnostics)
{
	const struct yaml_node *node = yaml_tree_get(machine, key);

	if (node && node->kind == NODE_SCALAR)
		return node->text;
	yaml_tree_error(diagnostics, machine, "no '%s' in a machine, expected {cores: 2, memory: 4GiB, price: 0.04}",
			key);
	return NULL;
}

static void read_machine(const struct yaml_pair *pair, struct price *price, struct diagnostics *diagnostics)
{
	const char *cores = text_of(pair->value, "cores", diagnostics);
	const char *memory = text_of(pair->value, "memory", diagnostics);
	const char *per_hour = text_of(pair->value, "price", diagnostics);
	struct unit_error error;
	int64_t bytes = 0;

	price->name = pair->key->text;
	if (cores && !units_parse_number(cores, &price->cores, &error))
		yaml_tree_error(diagnostics, yaml_tree_get(pair->value, "cores"), "%s", error.text);
	if (memory && !units_parse_bytes(memory, &bytes, &error))
		yaml_tree_error(diagnostics, yaml_tree_get(pair->value, "memory"), "%s", error.text);
	if (per_hour && !units_parse_number(per_hour, &price->per_hour, &error))
		yaml_tree_error(diagnostics, yaml_tree_get(pair->value, "price"), "%s", error.text);
	price->memory_bytes = (double)bytes;
}

struct price_list *price_list_read(const char *path, struct region *region, struct diagnostics *diagnostics)
{
	size_t errors = diagnostics->error_count;
	const struct yaml_node *root = yaml_tree_read(path, PRICE_FILE_MAX_BYTES, region, diagnostics);
	const struct yaml_node *machines = root ? yaml_tree_get(root, "machines") : NULL;
	struct price_list *list = region_alloc(region, sizeof(*list));

	if (!root)
		return NULL;
	if (!machines || machines->kind != NODE_MAP || machines->count == 0) {
		yaml_tree_error(diagnostics, root, "no machines, expected 'machines: {NAME: {cores: 2, memory: 4GiB, price: 0.04}}'");
		return NULL;
	}
	list->count = machines->count;
	list->items = region_alloc_array(region, list->count, sizeof(list->items[0]));
	for (size_t i = 0; i < list->count; i++)
		read_machine(&machines->pairs[i], &list->items[i], diagnostics);
	return diagnostics->error_count == errors ? list : NULL;
}

const struct price *price_find(const struct price_list *list, double cores, double memory_bytes)
{
	const struct price *cheapest = NULL;

	for (size_t i = 0; i < list->count; i++) {
		const struct price *price = &list->items[i];

		if (price->cores >= cores && price->memory_bytes >= memory_bytes &&
		    (!cheapest || price->per_hour < cheapest->per_hour))
			cheapest = price;
	}
	return cheapest;
}
