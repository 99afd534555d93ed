/*
 * c_queue.c - see c_queue.h.
 */
#include "sim/native_c/c_queue.h"

#include <stdlib.h>
#include <string.h>

#include "sim/base/sim_time.h"
#include "sim/native_c/c_clock.h"
#include "sim/native_c/c_thread.h"
#include "sim/profile/python_version.h"

/* Room for one more behind `*end`: what was taken from the front goes first. */
static void *make_room(void *items, size_t *first, size_t *end, size_t *capacity, size_t item_bytes)
{
	char *bytes = items;

	if (*end < *capacity)
		return items;
	if (*first > *capacity / 2) {
		memmove(bytes, bytes + *first * item_bytes, (*end - *first) * item_bytes);
		*end -= *first;
		*first = 0;
		return items;
	}
	*capacity = 2 * *capacity + 16;
	items = realloc(items, *capacity * item_bytes);
	if (!items)
		c_die("out of memory");
	return items;
}

/* ---- queue.Queue, LifoQueue, PriorityQueue ---- */

void c_queue_init(struct c_queue *queue, enum resource_kind order, int64_t limit)
{
	*queue = (struct c_queue){ .order = order, .limit = limit };
	c_lock_init(&queue->mutex);
	c_condition_init(&queue->not_empty, &queue->mutex, NULL);
	c_condition_init(&queue->not_full, &queue->mutex, NULL);
	c_condition_init(&queue->all_tasks_done, &queue->mutex, NULL);
}

static bool is_full(const struct c_queue *queue)
{
	return queue->limit > 0 && (int64_t)(queue->end - queue->first) >= queue->limit;
}

static bool goes_before(const struct c_queue_item *a, const struct c_queue_item *b)
{
	return a->priority != b->priority ? a->priority < b->priority : a->number < b->number;
}

static struct c_queue_item take(struct c_queue *queue)
{
	size_t chosen = queue->first;
	struct c_queue_item item;

	if (queue->order == RESOURCE_LIFO_QUEUE)
		return queue->items[--queue->end];
	for (size_t i = queue->first; queue->order == RESOURCE_PRIORITY_QUEUE && i < queue->end; i++)
		if (goes_before(&queue->items[i], &queue->items[chosen]))
			chosen = i;
	item = queue->items[chosen];
	queue->items[chosen] = queue->items[queue->first++];
	return item;
}

bool c_queue_put(struct c_queue *queue, int64_t value, int64_t priority, int64_t deadline_ns)
{
	bool done;

	c_lock_acquire(&queue->mutex, SIM_NS_MAX);
	while (is_full(queue) && deadline_ns > c_clock_ns())
		c_condition_wait(&queue->not_full, deadline_ns);
	done = !is_full(queue);
	if (done) {
		queue->items = make_room(queue->items, &queue->first, &queue->end, &queue->capacity,
					 sizeof(queue->items[0]));
		queue->items[queue->end++] = (struct c_queue_item){ value, priority, queue->next_number++ };
		queue->unfinished++;
		c_condition_notify(&queue->not_empty, 1);
	}
	c_lock_release(&queue->mutex);
	return done;
}

bool c_queue_get(struct c_queue *queue, int64_t *value, int64_t deadline_ns)
{
	bool done;

	c_lock_acquire(&queue->mutex, SIM_NS_MAX);
	while (queue->first == queue->end && deadline_ns > c_clock_ns())
		c_condition_wait(&queue->not_empty, deadline_ns);
	done = queue->first < queue->end;
	if (done) {
		*value = take(queue).value;
		c_condition_notify(&queue->not_full, 1);
	}
	c_lock_release(&queue->mutex);
	return done;
}

bool c_queue_task_done(struct c_queue *queue)
{
	bool allowed;

	c_lock_acquire(&queue->mutex, SIM_NS_MAX);
	allowed = queue->unfinished > 0;
	if (allowed && --queue->unfinished == 0)
		c_condition_notify(&queue->all_tasks_done, INT64_MAX);
	c_lock_release(&queue->mutex);
	return allowed;
}

void c_queue_join(struct c_queue *queue)
{
	c_lock_acquire(&queue->mutex, SIM_NS_MAX);
	while (queue->unfinished > 0)
		c_condition_wait(&queue->all_tasks_done, SIM_NS_MAX);
	c_lock_release(&queue->mutex);
}

/* ---- SimpleQueue ---- */

struct c_simple_getter {
	void *item;
	struct c_event has_item;
	struct c_simple_getter *next;
};

void c_simple_queue_init(struct c_simple_queue *queue, const struct workload *workload)
{
	*queue = (struct c_simple_queue){ .hands_over =
						  python_has(workload->python.minor, PYTHON_SIMPLE_QUEUE_PARKS) };
	pthread_mutex_init(&queue->guard, NULL);
	sem_init(&queue->lock, 0, 1);
}

static bool pop(struct c_simple_queue *queue, void **item)
{
	if (queue->first == queue->end)
		return false;
	*item = queue->items[queue->first++];
	return true;
}

static void append(struct c_simple_queue *queue, void *item)
{
	queue->items =
		make_room(queue->items, &queue->first, &queue->end, &queue->capacity, sizeof(queue->items[0]));
	queue->items[queue->end++] = item;
}

static void unlock(struct c_simple_queue *queue)
{
	queue->locked = false;
	sem_post(&queue->lock);
}

void c_simple_queue_put(struct c_simple_queue *queue, void *item)
{
	struct c_simple_getter *getter;

	pthread_mutex_lock(&queue->guard);
	getter = queue->first_getter;
	if (getter) {
		queue->first_getter = getter->next;
		if (!queue->first_getter)
			queue->last_getter = NULL;
		getter->item = item;
	} else {
		append(queue, item);
		if (queue->locked)
			unlock(queue);
	}
	pthread_mutex_unlock(&queue->guard);
	if (getter)
		c_event_set(&getter->has_item);
}

bool c_simple_queue_try_get(struct c_simple_queue *queue, void **item)
{
	bool got;

	pthread_mutex_lock(&queue->guard);
	got = pop(queue, item);
	pthread_mutex_unlock(&queue->guard);
	return got;
}

/* An item, or a place among those who are handed theirs. */
static bool pop_or_enlist(struct c_simple_queue *queue, struct c_simple_getter *self)
{
	bool got;

	pthread_mutex_lock(&queue->guard);
	got = pop(queue, &self->item);
	if (!got) {
		if (queue->last_getter)
			queue->last_getter->next = self;
		else
			queue->first_getter = self;
		queue->last_getter = self;
	}
	pthread_mutex_unlock(&queue->guard);
	return got;
}

static void *get_by_lock(struct c_simple_queue *queue)
{
	void *item;

	while (!c_simple_queue_try_get(queue, &item)) {
		c_semaphore_wait(&queue->lock, SIM_NS_MAX);
		queue->locked = true;
	}
	if (queue->locked)
		unlock(queue);
	return item;
}

void *c_simple_queue_get(struct c_simple_queue *queue)
{
	struct c_simple_getter self = { 0 };

	if (!queue->hands_over)
		return get_by_lock(queue);
	if (!pop_or_enlist(queue, &self))
		c_event_wait(&self.has_item, SIM_NS_MAX);
	return self.item;
}
