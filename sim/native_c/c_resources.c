/*
 * c_resources.c - see c_resources.h.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "sim/native_c/c_resources.h"

#include <sys/mman.h>

#include "sim/base/random.h"
#include "sim/native_c/c_clock.h"
#include "sim/native_c/c_pipe.h"
#include "sim/native_c/c_queue.h"
#include "sim/native_c/c_steps.h"
#include "sim/native_c/c_sync.h"

static const struct resource *resource_of(const struct step *step)
{
	return &c_run.workload->resources[step->resource];
}

static void *object_of(const struct step *step)
{
	return c_run.objects[step->resource];
}

/* ---- Objects that are acquired and released: one row of functions a kind ---- */

struct owned_condition {
	struct c_rlock rlock;
	struct c_condition condition;
};

/* multiprocessing.Lock, Semaphore: in memory that processes share. */
struct mp_semaphore {
	sem_t value;
	int64_t bound;
};

static bool acquire_lock(void *object, int64_t deadline_ns)
{
	return c_lock_acquire(object, deadline_ns);
}

static bool release_lock(void *object, int64_t count)
{
	(void)count;
	return c_lock_release(object);
}

static bool acquire_rlock(void *object, int64_t deadline_ns)
{
	return c_rlock_acquire(object, deadline_ns);
}

static bool release_rlock(void *object, int64_t count)
{
	(void)count;
	return c_rlock_release(object);
}

static bool acquire_condition(void *object, int64_t deadline_ns)
{
	return c_rlock_acquire(&((struct owned_condition *)object)->rlock, deadline_ns);
}

static bool release_condition(void *object, int64_t count)
{
	(void)count;
	return c_rlock_release(&((struct owned_condition *)object)->rlock);
}

static bool acquire_semaphore(void *object, int64_t deadline_ns)
{
	return c_semaphore_acquire(object, deadline_ns);
}

static bool release_semaphore(void *object, int64_t count)
{
	return c_semaphore_release(object, count);
}

static bool acquire_mp(void *object, int64_t deadline_ns)
{
	return c_semaphore_wait(&((struct mp_semaphore *)object)->value, deadline_ns);
}

static bool release_mp(void *object, int64_t count)
{
	struct mp_semaphore *semaphore = object;
	int value;

	sem_getvalue(&semaphore->value, &value);
	if (count > semaphore->bound - value)
		return false;
	while (count-- > 0)
		sem_post(&semaphore->value);
	return true;
}

typedef bool acquire_fn(void *object, int64_t deadline_ns);
typedef bool release_fn(void *object, int64_t count);

static const struct {
	acquire_fn *acquire;
	release_fn *release;
} owned_by_threads[RESOURCE_KIND_COUNT] = {
	[RESOURCE_LOCK] = { acquire_lock, release_lock },
	[RESOURCE_RLOCK] = { acquire_rlock, release_rlock },
	[RESOURCE_CONDITION] = { acquire_condition, release_condition },
	[RESOURCE_SEMAPHORE] = { acquire_semaphore, release_semaphore },
	[RESOURCE_BOUNDED_SEMAPHORE] = { acquire_semaphore, release_semaphore },
};

static bool acquire(const struct step *step)
{
	const struct resource *resource = resource_of(step);
	acquire_fn *function =
		resource->scope == SCOPE_PROCESSES ? acquire_mp : owned_by_threads[resource->kind].acquire;

	return function(object_of(step), c_deadline(step->timeout_ns));
}

static bool release(const struct step *step, int64_t count)
{
	const struct resource *resource = resource_of(step);
	release_fn *function =
		resource->scope == SCOPE_PROCESSES ? release_mp : owned_by_threads[resource->kind].release;

	return function(object_of(step), count);
}

void c_step_with(struct c_instance *self, const struct step *step)
{
	const struct step *body = step + 1;
	int64_t begin_ns = c_clock_ns();

	if (!acquire(step)) {
		c_raise(self, EXCEPTION_TIMEOUT);
		return;
	}
	if (c_is_traced())
		c_note_step(STEP_ACQUIRE, begin_ns);
	c_steps_run(self, (uint32_t)(body - c_run.workload->steps), step->end);
	if (!release(step, 1))
		c_raise(self, EXCEPTION_RUNTIME);
}

void c_step_acquire(struct c_instance *self, const struct step *step)
{
	if (!acquire(step))
		c_raise(self, EXCEPTION_TIMEOUT);
}

void c_step_release(struct c_instance *self, const struct step *step)
{
	int64_t count = c_value(self, step->count);

	if (self->leaving == C_LEAVING_NOT && !release(step, count))
		c_raise(self, EXCEPTION_RUNTIME);
}

/* ---- Events, conditions, barriers ---- */

void c_step_wait(struct c_instance *self, const struct step *step)
{
	int64_t deadline_ns = c_deadline(step->timeout_ns);
	struct owned_condition *owned = object_of(step);

	switch (resource_of(step)->kind) {
	case RESOURCE_EVENT:
		if (!c_flag_wait(object_of(step), deadline_ns))
			c_raise(self, EXCEPTION_TIMEOUT);
		return;
	case RESOURCE_BARRIER:
		if (!c_barrier_wait(object_of(step), deadline_ns))
			c_raise(self, EXCEPTION_BROKEN);
		return;
	default:
		if (!c_rlock_is_mine(&owned->rlock))
			c_raise(self, EXCEPTION_RUNTIME);
		else if (!c_condition_wait(&owned->condition, deadline_ns))
			c_raise(self, EXCEPTION_TIMEOUT);
	}
}

void c_step_set(struct c_instance *self, const struct step *step)
{
	(void)self;
	c_flag_set(object_of(step), step->kind == STEP_SET);
}

void c_step_notify(struct c_instance *self, const struct step *step)
{
	struct owned_condition *owned = object_of(step);
	int64_t count = c_value(self, step->count);

	if (self->leaving != C_LEAVING_NOT)
		return;
	if (!c_rlock_is_mine(&owned->rlock))
		c_raise(self, EXCEPTION_RUNTIME);
	else
		c_condition_notify(&owned->condition, count == 0 ? INT64_MAX : count);
}

/* ---- Queues ---- */

void c_step_put(struct c_instance *self, const struct step *step)
{
	int64_t value = c_value(self, step->value), priority = c_value(self, step->extra);

	if (self->leaving == C_LEAVING_NOT &&
	    !c_queue_put(object_of(step), value, priority, c_deadline(step->timeout_ns)))
		c_raise(self, EXCEPTION_FULL);
}

void c_step_get(struct c_instance *self, const struct step *step)
{
	int64_t value = 0;

	if (c_queue_get(object_of(step), &value, c_deadline(step->timeout_ns)))
		c_store(self, step->variable, value);
	else
		c_raise(self, EXCEPTION_EMPTY);
}

void c_step_task_done(struct c_instance *self, const struct step *step)
{
	if (!c_queue_task_done(object_of(step)))
		c_raise(self, EXCEPTION_RUNTIME);
}

void c_step_join_queue(struct c_instance *self, const struct step *step)
{
	(void)self;
	c_queue_join(object_of(step));
}

/* ---- Variables and arrays ---- */

struct cell {
	_Atomic int64_t value;
	_Atomic uint64_t version; /* grows with each write */
};

/* Which version of a cell an instance has read last. */
struct c_seen {
	const struct cell *cell;
	uint64_t version;
	struct c_seen *next;
};

static struct cell *cell_of(struct c_instance *self, const struct step *step)
{
	const struct resource *resource = resource_of(step);
	int64_t count = resource->kind == RESOURCE_ARRAY ? resource->size : 1;
	int64_t index = c_value(self, step->extra);

	if (self->leaving != C_LEAVING_NOT)
		return NULL;
	if (index >= 0 && index < count)
		return (struct cell *)object_of(step) + index;
	c_raise(self, EXCEPTION_RUNTIME); /* IndexError */
	return NULL;
}

static struct c_seen *seen_of(const struct c_instance *self, const struct cell *cell)
{
	struct c_seen *seen = self->seen;

	while (seen && seen->cell != cell)
		seen = seen->next;
	return seen;
}

void c_step_read(struct c_instance *self, const struct step *step)
{
	struct cell *cell = cell_of(self, step);
	struct c_seen *seen;

	if (!cell)
		return;
	seen = seen_of(self, cell);
	if (!seen) {
		seen = c_alloc(1, sizeof(*seen));
		seen->cell = cell;
		seen->next = self->seen;
		self->seen = seen;
	}
	seen->version = atomic_load(&cell->version);
	c_store(self, step->variable, atomic_load(&cell->value));
}

void c_step_write(struct c_instance *self, const struct step *step)
{
	struct cell *cell = cell_of(self, step);
	int64_t value = c_value(self, step->value);
	const struct c_seen *seen;
	uint64_t before;

	if (!cell || self->leaving != C_LEAVING_NOT)
		return;
	seen = seen_of(self, cell);
	atomic_store(&cell->value, value);
	before = atomic_fetch_add(&cell->version, 1);
	if (!seen)
		return;
	if (seen->version != before) {
		if (self->record)
			self->record->lost_updates++;
		else
			c_run.clock->lost_updates++;
	}
	((struct c_seen *)seen)->version = before + 1;
}

/* ---- Services: when a request comes, it is known when its answer will ---- */

struct service {
	pthread_mutex_t guard;
	int64_t slots;	      /* 0: any number */
	int64_t free_at_ns[]; /* of each slot */
};

static int64_t answer_at_ns(struct service *service, sim_ns time_ns)
{
	int64_t now_ns = c_clock_ns(), begin_ns = now_ns;
	int64_t earliest = 0;

	if (service->slots == 0)
		return now_ns + time_ns;
	pthread_mutex_lock(&service->guard);
	for (int64_t i = 1; i < service->slots; i++)
		if (service->free_at_ns[i] < service->free_at_ns[earliest])
			earliest = i;
	if (service->free_at_ns[earliest] > begin_ns)
		begin_ns = service->free_at_ns[earliest];
	service->free_at_ns[earliest] = begin_ns + time_ns;
	pthread_mutex_unlock(&service->guard);
	return begin_ns + time_ns;
}

void c_step_request(struct c_instance *self, const struct step *step)
{
	const struct resource *resource = resource_of(step);
	sim_ns time_ns = workload_draw(c_run.workload, &resource->time, random_hash_name(resource->name), 0,
				       self->entity, self->draw_count);
	sim_ns wait_ns = answer_at_ns(object_of(step), time_ns) - c_clock_ns();
	bool is_late = step->timeout_ns != TIMEOUT_NONE && wait_ns > step->timeout_ns;

	self->draw_count += resource->time.kind == DURATION_DRAWN;
	wait_ns = is_late ? step->timeout_ns : wait_ns;
	c_sleep(wait_ns > 0 ? wait_ns : 0);
	if (is_late)
		c_raise(self, EXCEPTION_TIMEOUT);
}

/* ---- Making them ---- */

static void *memory_for(const struct resource *resource, size_t count, size_t size_bytes)
{
	void *memory;

	if (resource->scope != SCOPE_PROCESSES)
		return c_alloc(count, size_bytes);
	memory = mmap(NULL, count * size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		c_die("cannot share %zu bytes", count * size_bytes);
	return memory;
}

static void *make_of_threads(const struct resource *resource)
{
	struct owned_condition *owned;
	struct c_semaphore *semaphore;
	struct c_barrier *barrier;
	struct c_queue *queue;
	struct service *service;
	struct c_rlock *rlock;
	struct c_lock *lock;
	struct c_flag *flag;

	switch (resource->kind) {
	case RESOURCE_LOCK:
		c_lock_init(lock = c_alloc(1, sizeof(*lock)));
		return lock;
	case RESOURCE_RLOCK:
		c_rlock_init(rlock = c_alloc(1, sizeof(*rlock)));
		return rlock;
	case RESOURCE_CONDITION:
		owned = c_alloc(1, sizeof(*owned));
		c_rlock_init(&owned->rlock);
		c_condition_init(&owned->condition, NULL, &owned->rlock);
		return owned;
	case RESOURCE_SEMAPHORE:
	case RESOURCE_BOUNDED_SEMAPHORE:
		semaphore = c_alloc(1, sizeof(*semaphore));
		c_semaphore_init(semaphore, resource->size,
				 resource->kind == RESOURCE_SEMAPHORE ? INT64_MAX : resource->size);
		return semaphore;
	case RESOURCE_EVENT:
		c_flag_init(flag = c_alloc(1, sizeof(*flag)));
		return flag;
	case RESOURCE_BARRIER:
		c_barrier_init(barrier = c_alloc(1, sizeof(*barrier)), resource->size);
		return barrier;
	case RESOURCE_QUEUE:
	case RESOURCE_LIFO_QUEUE:
	case RESOURCE_PRIORITY_QUEUE:
		c_queue_init(queue = c_alloc(1, sizeof(*queue)), resource->kind, resource->size);
		return queue;
	case RESOURCE_SERVICE:
		service = c_alloc(1, sizeof(*service) + (size_t)resource->size * sizeof(service->free_at_ns[0]));
		pthread_mutex_init(&service->guard, NULL);
		service->slots = resource->size;
		return service;
	default:
		return NULL;
	}
}

static void *make_of_processes(const struct resource *resource)
{
	bool is_lock = resource->kind == RESOURCE_LOCK;
	struct mp_semaphore *semaphore;

	if (resource->kind == RESOURCE_PIPE)
		return c_pipe_make();
	semaphore = memory_for(resource, 1, sizeof(*semaphore));
	sem_init(&semaphore->value, 1, is_lock ? 1 : (unsigned)resource->size);
	semaphore->bound = is_lock ? 1 : resource->kind == RESOURCE_SEMAPHORE ? INT64_MAX : resource->size;
	return semaphore;
}

static void *make_cells(const struct resource *resource)
{
	size_t count = resource->kind == RESOURCE_ARRAY ? (size_t)resource->size : 1;
	struct cell *cells = memory_for(resource, count, sizeof(*cells));

	for (size_t i = 0; i < count; i++)
		atomic_init(&cells[i].value, resource->initial);
	return cells;
}

static bool is_of_cells(const struct resource *resource)
{
	return resource->kind == RESOURCE_VARIABLE || resource->kind == RESOURCE_ARRAY;
}

const char *c_resource_why_not(const struct resource *resource)
{
	static const char *const of_threads = "the c backend has no such resource among threads";
	static const char *const of_processes =
		"the c backend has only locks, semaphores, pipes, variables and arrays among processes";

	switch (resource->scope) {
	case SCOPE_THREADS:
		return is_of_cells(resource) || owned_by_threads[resource->kind].acquire ||
				       resource->kind == RESOURCE_EVENT || resource->kind == RESOURCE_BARRIER ||
				       resource->kind == RESOURCE_QUEUE || resource->kind == RESOURCE_LIFO_QUEUE ||
				       resource->kind == RESOURCE_PRIORITY_QUEUE ||
				       resource->kind == RESOURCE_SERVICE
			       ? NULL
			       : of_threads;
	case SCOPE_PROCESSES:
		return is_of_cells(resource) || resource->kind == RESOURCE_LOCK ||
				       resource->kind == RESOURCE_PIPE || resource->kind == RESOURCE_SEMAPHORE ||
				       resource->kind == RESOURCE_BOUNDED_SEMAPHORE
			       ? NULL
			       : of_processes;
	default:
		return "the c backend has no resources of coroutines";
	}
}

void c_resources_make(void)
{
	const struct workload *workload = c_run.workload;

	c_run.objects = c_alloc(workload->resource_count, sizeof(c_run.objects[0]));
	for (uint32_t i = 0; i < workload->resource_count; i++) {
		const struct resource *resource = &workload->resources[i];

		if (c_resource_why_not(resource))
			continue;
		c_run.objects[i] = is_of_cells(resource)		? make_cells(resource)
				   : resource->scope == SCOPE_PROCESSES ? make_of_processes(resource)
									: make_of_threads(resource);
	}
}
