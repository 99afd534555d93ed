/*
 * queue.c - see queue.h.
 */
#include "models/library/queue.h"

static const char queue_word[] = "queue"; /* of the trace */

static void init_condition(struct py_queue *queue, struct region *region, struct py_condition *condition)
{
	py_condition_init(condition, region, &queue->mutex, NULL);
	condition->waiting_activity = ACTIVITY_QUEUE_WAIT;
}

void py_queue_init(struct py_queue *queue, struct region *region, enum queue_order order, int64_t limit)
{
	*queue = (struct py_queue){ .order = order, .limit = limit };
	py_lock_init(&queue->mutex);
	init_condition(queue, region, &queue->not_empty);
	init_condition(queue, region, &queue->not_full);
	init_condition(queue, region, &queue->all_tasks_done);
	ring_init(&queue->items, region, sizeof(struct queue_item));
}

/* ---- The items ---- */

static struct queue_item *item_at(const struct py_queue *queue, size_t position)
{
	return ring_at(&queue->items, position);
}

static bool goes_before(const struct queue_item *a, const struct queue_item *b)
{
	return a->priority != b->priority ? a->priority < b->priority : a->number < b->number;
}

static void swap(struct queue_item *a, struct queue_item *b)
{
	struct queue_item other = *a;

	*a = *b;
	*b = other;
}

static void sift_up(struct py_queue *queue, size_t position)
{
	while (position > 0 && goes_before(item_at(queue, position), item_at(queue, (position - 1) / 2))) {
		swap(item_at(queue, position), item_at(queue, (position - 1) / 2));
		position = (position - 1) / 2;
	}
}

static void sift_down(struct py_queue *queue, size_t position)
{
	size_t count = queue->items.count;

	for (size_t child = 2 * position + 1; child < count; child = 2 * position + 1) {
		if (child + 1 < count && goes_before(item_at(queue, child + 1), item_at(queue, child)))
			child++;
		if (!goes_before(item_at(queue, child), item_at(queue, position)))
			return;
		swap(item_at(queue, child), item_at(queue, position));
		position = child;
	}
}

static void add(const struct os_thread *thread, struct py_queue *queue, void *item, int64_t priority)
{
	*(struct queue_item *)ring_append(&queue->items) =
		(struct queue_item){ .item = item,
				     .priority = priority,
				     .number = machine_send(thread, queue_word, queue->name) };
	if (queue->order == QUEUE_PRIORITY)
		sift_up(queue, queue->items.count - 1);
}

static struct queue_item take_item(struct py_queue *queue)
{
	size_t last = queue->items.count - 1;
	struct queue_item item;

	if (queue->order == QUEUE_FIFO) {
		item = *item_at(queue, 0);
		ring_drop_first(&queue->items);
		return item;
	}
	if (queue->order == QUEUE_PRIORITY)
		swap(item_at(queue, 0), item_at(queue, last));
	item = *item_at(queue, last);
	ring_drop_last(&queue->items);
	if (queue->order == QUEUE_PRIORITY)
		sift_down(queue, 0);
	return item;
}

static void *take(const struct os_thread *thread, struct py_queue *queue)
{
	struct queue_item item = take_item(queue);

	machine_receive(thread, queue_word, queue->name, item.number);
	return item.item;
}

/* How many items wait in it, for the trace. */
static void trace_size(const struct os_thread *thread, const struct py_queue *queue)
{
	machine_trace(thread->machine, NULL, TRACE_COUNTER, queue_word, queue->name, py_queue_size(queue));
}

/* ---- The calls ---- */

struct queue_locals {
	struct py_queue *queue;
	void *item;  /* put */
	void **into; /* get */
	int64_t priority;
	sim_ns deadline_ns;
	bool done;
};

static struct queue_locals *push(struct os_thread *thread, program_fn *program, struct py_queue *queue)
{
	struct queue_locals *my = os_thread_push(thread, program);

	my->queue = queue;
	return my;
}

static bool is_full(const struct py_queue *queue)
{
	return queue->limit > 0 && py_queue_size(queue) >= queue->limit;
}

static enum progress put(struct os_thread *thread, struct frame *frame)
{
	struct queue_locals *my = FRAME_LOCALS(frame, struct queue_locals);
	struct py_queue *queue = my->queue;

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_lock_acquire(thread, &queue->mutex));
	AWAIT(frame, py_overhead(thread, py_cost(thread, COST_QUEUE_PUT)));
	while (is_full(queue) && my->deadline_ns > machine_now(thread->machine))
		AWAIT(frame, py_condition_wait(thread, &queue->not_full, my->deadline_ns));
	my->done = !is_full(queue);
	if (my->done) {
		add(thread, queue, my->item, my->priority);
		queue->unfinished++;
		trace_size(thread, queue);
		AWAIT(frame, py_condition_notify(thread, &queue->not_empty, 1));
	}
	AWAIT(frame, py_lock_release(thread, &queue->mutex));
	py_current(thread)->timed_out = !my->done;
	PROGRAM_END;
}

enum progress py_queue_put(struct os_thread *thread, struct py_queue *queue, void *item, int64_t priority,
			   sim_ns deadline_ns)
{
	struct queue_locals *my = push(thread, put, queue);

	my->item = item;
	my->priority = priority;
	my->deadline_ns = deadline_ns;
	return os_thread_enter(thread);
}

static enum progress get(struct os_thread *thread, struct frame *frame)
{
	struct queue_locals *my = FRAME_LOCALS(frame, struct queue_locals);
	struct py_queue *queue = my->queue;

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_lock_acquire(thread, &queue->mutex));
	AWAIT(frame, py_overhead(thread, py_cost(thread, COST_QUEUE_GET)));
	while (py_queue_size(queue) == 0 && my->deadline_ns > machine_now(thread->machine))
		AWAIT(frame, py_condition_wait(thread, &queue->not_empty, my->deadline_ns));
	my->done = py_queue_size(queue) > 0;
	if (my->done) {
		*my->into = take(thread, queue);
		trace_size(thread, queue);
		AWAIT(frame, py_condition_notify(thread, &queue->not_full, 1));
	}
	AWAIT(frame, py_lock_release(thread, &queue->mutex));
	py_current(thread)->timed_out = !my->done;
	PROGRAM_END;
}

enum progress py_queue_get(struct os_thread *thread, struct py_queue *queue, void **item, sim_ns deadline_ns)
{
	struct queue_locals *my = push(thread, get, queue);

	my->into = item;
	my->deadline_ns = deadline_ns;
	return os_thread_enter(thread);
}

static enum progress task_done(struct os_thread *thread, struct frame *frame)
{
	struct queue_locals *my = FRAME_LOCALS(frame, struct queue_locals);
	struct py_queue *queue = my->queue;

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_lock_acquire(thread, &queue->mutex));
	AWAIT(frame, py_overhead(thread, py_cost(thread, COST_QUEUE_TASK_DONE)));
	assert(queue->unfinished > 0);
	if (--queue->unfinished == 0)
		AWAIT(frame, py_condition_notify(thread, &queue->all_tasks_done, INT64_MAX));
	AWAIT(frame, py_lock_release(thread, &queue->mutex));
	PROGRAM_END;
}

enum progress py_queue_task_done(struct os_thread *thread, struct py_queue *queue)
{
	push(thread, task_done, queue);
	return os_thread_enter(thread);
}

static enum progress join(struct os_thread *thread, struct frame *frame)
{
	struct queue_locals *my = FRAME_LOCALS(frame, struct queue_locals);
	struct py_queue *queue = my->queue;

	PROGRAM_BEGIN(frame);
	AWAIT(frame, py_lock_acquire(thread, &queue->mutex));
	AWAIT(frame, py_overhead(thread, py_cost(thread, COST_QUEUE_TASK_DONE)));
	while (queue->unfinished > 0)
		AWAIT(frame, py_condition_wait(thread, &queue->all_tasks_done, SIM_NS_MAX));
	AWAIT(frame, py_lock_release(thread, &queue->mutex));
	PROGRAM_END;
}

enum progress py_queue_join(struct os_thread *thread, struct py_queue *queue)
{
	push(thread, join, queue);
	return os_thread_enter(thread);
}
