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

void deadlock_forget(struct task_instance *instance)
{
	while (task_extras_of(instance)->holdings)
		deadlock_hold_ends(instance, task_extras_of(instance)->holdings->resource);
}

void deadlock_wait_begins(struct task_instance *instance, uint32_t resource)
{
	task_extras(instance)->waits_for = resource;
}

void deadlock_wait_ends(struct task_instance *instance)
{
	task_extras(instance)->waits_for = INDEX_NONE;
}

void deadlock_await_begins(struct task_instance *instance, const struct handle *handle)
{
	task_extras(instance)->awaits = handle;
}

void deadlock_await_ends(struct task_instance *instance)
{
	task_extras(instance)->awaits = NULL;
}

void deadlock_hold_begins(struct task_instance *instance, uint32_t resource)
{
	struct instance_extras *extras = task_extras(instance);
	struct holding *holding = region_alloc(task_simulation(instance)->region, sizeof(*holding));

	holding->resource = resource;
	holding->next = extras->holdings;
	extras->holdings = holding;
}

static struct holding **find_holding(struct instance_extras *extras, uint32_t resource)
{
	struct holding **link = &extras->holdings;

	while (*link && (*link)->resource != resource)
		link = &(*link)->next;
	return link;
}

void deadlock_hold_ends(struct task_instance *instance, uint32_t resource)
{
	struct holding **link = find_holding(task_extras(instance), resource);
	struct holding *holding;

	for (struct instance_extras *other = task_simulation(instance)->first_extras; !*link && other;
	     other = other->next)
		link = find_holding(other, resource);
	holding = *link;
	if (!holding)
		return; /* a permit that nobody had taken */
	*link = holding->next;
	region_free(task_simulation(instance)->region, holding);
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
	for (const struct instance_extras *it = simulation->first_extras; it; it = it->next)
		for (const struct holding *holding = it->holdings; holding; holding = holding->next)
			if (!report->holders[holding->resource])
				report->holders[holding->resource] = it->instance;
}

/* Who comes next on the way from an instance that waits to the holder of what it waits for; NULL: the way ends. */
static const struct task_instance *next_of(const struct report *report, const struct task_instance *instance)
{
	uint32_t resource = task_extras_of(instance)->waits_for;

	return resource == INDEX_NONE ? NULL : report->holders[resource];
}

/* One instance of a cycle, or NULL. Of two walkers the one that is twice as fast meets the other in it (Floyd). */
static const struct task_instance *find_cycle(const struct report *report)
{
	for (const struct instance_extras *start = report->simulation->first_extras; start; start = start->next) {
		const struct task_instance *slow = start->instance, *fast = slow;

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
				     task_simulation(instance)->workload->tasks[task_index(instance)].name);
	return region_format(region, "%s (thread %d)", task_thread(instance)->name, task_thread(instance)->id);
}

/* Of an instance that waits for a future whose task may not have begun, for want of a worker. */
static void add_await(struct report *report, const struct task_instance *instance)
{
	const struct workload *workload = report->simulation->workload;
	const struct handle *handle = task_extras_of(instance)->awaits;
	const char *task = workload->tasks[task_index(handle->instance)].name;

	report->text = region_format(report->region, "%s%s%s waits for the result of '%s'", report->text,
				     *report->text ? "; " : "", name_of(instance, report->region), task);
	if (!handle->instance->has_begun)
		report->text = region_format(report->region, "%s, which no worker of '%s' is free to begin",
					     report->text, workload->resources[handle->executor].name);
}

static void add_line(struct report *report, const struct task_instance *instance)
{
	const struct resource *resource =
		&report->simulation->workload->resources[task_extras_of(instance)->waits_for];
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

	for (const struct instance_extras *it = report->simulation->first_extras; it; it = it->next) {
		bool awaits = it->awaits && !it->awaits->done;

		if ((awaits || it->waits_for != INDEX_NONE) && count++ < REPORT_LINES)
			(awaits ? add_await : add_line)(report, it->instance);
	}
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
