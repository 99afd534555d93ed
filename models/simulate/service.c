/*
 * service.c - see service.h.
 */
#include "models/simulate/service.h"

struct service {
	int64_t slots;	  /* 0: any number */
	sim_ns free_at[]; /* of each slot; a heap, the earliest first */
};

void *service_new(struct simulation *simulation, const struct resource *resource)
{
	struct service *service =
		region_alloc(simulation->region, sizeof(*service) + (size_t)resource->size * sizeof(sim_ns));

	service->slots = resource->size;
	return service;
}

/* Gives the slot that is free earliest a later time. */
static void occupy_first(struct service *service, sim_ns until_ns)
{
	int64_t at = 0;

	for (int64_t child = 1; child < service->slots; child = 2 * at + 1) {
		if (child + 1 < service->slots && service->free_at[child + 1] < service->free_at[child])
			child++;
		if (service->free_at[child] >= until_ns)
			break;
		service->free_at[at] = service->free_at[child];
		at = child;
	}
	service->free_at[at] = until_ns;
}

sim_ns service_request(struct service *service, sim_ns now, sim_ns time_ns)
{
	sim_ns begin_ns = now;

	if (service->slots == 0)
		return sim_time_add(now, time_ns);
	if (service->free_at[0] > now)
		begin_ns = service->free_at[0];
	occupy_first(service, sim_time_add(begin_ns, time_ns));
	return sim_time_add(begin_ns, time_ns);
}
