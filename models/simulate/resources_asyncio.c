/*
 * resources_asyncio.c - what stands behind resources that coroutines of one loop share.
 */
#include "models/simulate/resources.h"

const struct resource_class resources_of_coroutines[RESOURCE_KIND_COUNT] = {
	[RESOURCE_LOCK] = { .what = "lock" },
};
