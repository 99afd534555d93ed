/*
 * price.h - what a configuration costs an hour, from a file of machines that can be rented.
 *
 *   machines:
 *     small: {cores: 2, memory: 4GiB, price: 0.04}
 *     large: {cores: 8, memory: 32GiB, price: 0.31}
 */
#ifndef SIM_PLAN_PRICE_H
#define SIM_PLAN_PRICE_H

#include "sim/base/diagnostic.h"
#include "sim/base/region.h"

struct price {
	const char *name;
	double cores, memory_bytes, per_hour;
};

struct price_list {
	struct price *items;
	size_t count;
};

/* NULL after an error, which is in `diagnostics`. */
struct price_list *price_list_read(const char *path, struct region *region, struct diagnostics *diagnostics);
/* The cheapest machine with so many cores and so much memory; NULL when there is none. */
const struct price *price_find(const struct price_list *list, double cores, double memory_bytes);

#endif
