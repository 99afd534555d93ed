/*
 * deadlock.c - see deadlock.h.
 */
#include "models/simulate/deadlock.h"

#include "models/simulate/resources.h"

/* So many who wait are named. */
#define REPORT_LINES 8

struct holding {
	uint32_t resource;
	struct holding *next; /* of its instance, latest first */
};

void deadlock_add(struct task_instance *instance, const struct os_thread *thread)
{
	struct simulation *simulation = instance->simulation;

	instance->thread = thread;
	instance->waits_for = INDEX_NONE;
	instance->previous_alive = simulation->last_alive;
	instance->next_alive = NULL;
	if (simulation->last_alive)
		simulation->last_alive->next_alive = instance;
	else
		simulation->first_alive = instance;
	simulation->last_alive = instance;
}

void deadlock_remove(struct task_instance *instance)
{
	struct simulation *simulation = instance->simulation;

	while (instance->holdings)
		deadlock_hold_ends(instance, instance->holdings->resource);
	if (instance->previous_alive)
		instance->previous_alive->next_alive = instance->next_alive;
	else
		simulation->first_alive = instance->next_alive;
	if (instance->next_alive)
		instance->next_alive->previous_alive = instance->previous_alive;
	else
		simulation->last_alive = instance->previous_alive;
}

void deadlock_wait_begins(struct task_instance *instance, uint32_t resource)
{
	instance->waits_for = resource;
}

void deadlock_wait_ends(struct task_instance *instance)
{
	instance->waits_for = INDEX_NONE;
}

void deadlock_hold_begins(struct task_instance *instance, uint32_t resource)
{
	struct holding *holding = region_alloc(instance->simulation->region, sizeof(*holding));

	holding->resource = resource;
	holding->next = instance->holdings;
	instance->holdings = holding;
}

static struct holding **find_holding(struct task_instance *instance, uint32_t resource)
{
	struct holding **link = &instance->holdings;

	while (*link && (*link)->resource != resource)
		link = &(*link)->next;
	return link;
}

void deadlock_hold_ends(struct task_instance *instance, uint32_t resource)
{
	struct holding **link = find_holding(instance, resource);
	struct holding *holding;

	for (struct task_instance *other = instance->simulation->first_alive; !*link && other;
	     other = other->next_alive)
		link = find_holding(other, resource);
	holding = *link;
	if (!holding)
		return; /* a permit that nobody had taken */
	*link = holding->next;
	region_free(instance->simulation->region, holding);
}

/* ---- The report ---- */

struct report {
	const struct simulation *simulation;
	const struct task_instance **holders; /* of each resource, the one who is longest there; NULL: nobody */
	struct region *region;
	const char *text;
};

static void find_holders(struct report *report)
{
	const struct simulation *simulation = report->simulation;

	report->holders = region_alloc_array(simulation->region, simulation->workload->resource_count + 1,
					     sizeof(struct task_instance *));
	for (const struct task_instance *it = simulation->first_alive; it; it = it->next_alive)
		for (const struct holding *holding = it->holdings; holding; holding = holding->next)
			if (!report->holders[holding->resource])
				report->holders[holding->resource] = it;
}

/* Who comes next on the way from an instance that waits to the holder of what it waits for; NULL: the way ends. */
static const struct task_instance *next_of(const struct report *report, const struct task_instance *instance)
{
	return instance->waits_for == INDEX_NONE ? NULL : report->holders[instance->waits_for];
}

/* One instance of a cycle, or NULL. Of two walkers the one that is twice as fast meets the other in it (Floyd). */
static const struct task_instance *find_cycle(const struct report *report)
{
	for (const struct task_instance *start = report->simulation->first_alive; start;
	     start = start->next_alive) {
		const struct task_instance *slow = start, *fast = start;

		while (fast && (fast = next_of(report, fast)) != NULL) {
			fast = next_of(report, fast);
			slow = next_of(report, slow);
			if (fast == slow)
				return fast;
		}
	}
	return NULL;
}

static const char *name_of(const struct task_instance *instance, struct region *region)
{
	if (instance->in_coroutine)
		return region_format(region, "task '%s'",
				     instance->simulation->workload->tasks[instance->task].name);
	return region_format(region, "%s (thread %d)", instance->thread->name, instance->thread->id);
}

static void add_line(struct report *report, const struct task_instance *instance)
{
	const struct resource *resource = &report->simulation->workload->resources[instance->waits_for];
	const struct task_instance *holder = next_of(report, instance);

	report->text = region_format(report->region, "%s%s%s waits for %s '%s'%s%s", report->text,
				     *report->text ? "; " : "", name_of(instance, report->region),
				     resource_class_of(resource)->what, resource->name, holder ? " held by " : "",
				     holder ? name_of(holder, report->region) : "");
}

static void add_cycle(struct report *report, const struct task_instance *first)
{
	const struct task_instance *instance = first;

	do {
		add_line(report, instance);
		instance = next_of(report, instance);
	} while (instance != first);
}

static void add_all_who_wait(struct report *report)
{
	int count = 0;

	for (const struct task_instance *it = report->simulation->first_alive; it; it = it->next_alive)
		if (it->waits_for != INDEX_NONE && count++ < REPORT_LINES)
			add_line(report, it);
	if (count > REPORT_LINES)
		report->text = region_format(report->region, "%s; and %d more", report->text, count - REPORT_LINES);
	if (count == 0)
		report->text = "nobody can run any more";
}

const char *deadlock_report(const struct simulation *simulation, struct region *region)
{
	struct report report = { .simulation = simulation, .region = region, .text = "" };
	const struct task_instance *in_cycle;

	find_holders(&report);
	in_cycle = find_cycle(&report);
	if (in_cycle)
		add_cycle(&report, in_cycle);
	else
		add_all_who_wait(&report);
	return report.text;
}
