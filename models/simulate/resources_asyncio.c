/*
 * resources_asyncio.c - what stands behind resources that coroutines of one loop share.
 */
#include "models/library/aio_barrier.h"
#include "models/library/aio_queue.h"
#include "models/simulate/resources.h"
#include "models/simulate/resources_threading.h"
#include "models/simulate/service.h"

static void *make_lock(struct simulation *simulation, const struct resource *resource)
{
	(void)resource;
	return region_alloc(simulation->region, sizeof(struct aio_lock));
}

static void *make_condition(struct simulation *simulation, const struct resource *resource)
{
	(void)resource;
	return region_alloc(simulation->region, sizeof(struct aio_condition));
}

static void *make_semaphore(struct simulation *simulation, const struct resource *resource)
{
	struct aio_semaphore *semaphore = region_alloc(simulation->region, sizeof(*semaphore));

	semaphore->value = resource->size;
	if (resource->kind == RESOURCE_BOUNDED_SEMAPHORE)
		semaphore->bound = resource->size;
	return semaphore;
}

static void *make_event(struct simulation *simulation, const struct resource *resource)
{
	(void)resource;
	return region_alloc(simulation->region, sizeof(struct aio_event));
}

static void *make_barrier(struct simulation *simulation, const struct resource *resource)
{
	struct aio_barrier *barrier = region_alloc(simulation->region, sizeof(*barrier));

	barrier->parties = resource->size;
	return barrier;
}

static void *make_queue(struct simulation *simulation, const struct resource *resource)
{
	struct aio_queue *queue = region_alloc(simulation->region, sizeof(*queue));
	enum aio_queue_order order = resource->kind == RESOURCE_LIFO_QUEUE	 ? AIO_LIFO
				     : resource->kind == RESOURCE_PRIORITY_QUEUE ? AIO_PRIORITY
										 : AIO_FIFO;

	aio_queue_init(queue, simulation->region, order, (size_t)resource->size);
	return queue;
}

const struct resource_class resources_of_coroutines[RESOURCE_KIND_COUNT] = {
	[RESOURCE_LOCK] = { .what = "lock", .make = make_lock },
	[RESOURCE_CONDITION] = { .what = "condition", .make = make_condition },
	[RESOURCE_SEMAPHORE] = { .what = "semaphore", .make = make_semaphore },
	[RESOURCE_BOUNDED_SEMAPHORE] = { .what = "semaphore", .make = make_semaphore },
	[RESOURCE_EVENT] = { .what = "event", .make = make_event },
	[RESOURCE_BARRIER] = { .what = "barrier", .make = make_barrier },
	[RESOURCE_QUEUE] = { .what = "queue", .make = make_queue },
	[RESOURCE_LIFO_QUEUE] = { .what = "queue", .make = make_queue },
	[RESOURCE_VARIABLE] = { .what = "variable", .make = cells_new_of_resource },
	[RESOURCE_ARRAY] = { .what = "array", .make = cells_new_of_resource },
	[RESOURCE_SERVICE] = { .what = "service", .make = service_new },
	[RESOURCE_PRIORITY_QUEUE] = { .what = "queue", .make = make_queue },
};
