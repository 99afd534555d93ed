/*
 * aio_queue.c - see aio_queue.h.
 */
#include "models/library/aio_queue.h"

static const char queue_word[] = "asyncio queue"; /* of the trace */

void aio_queue_init(struct aio_queue *queue, struct region *region, enum aio_queue_order order, size_t max_count)
{
	*queue = (struct aio_queue){ .region = region, .order = order, .max_count = max_count };
}

/* ---- What it holds ---- */

static struct aio_item *item_at(const struct aio_queue *queue, size_t position)
{
	assert(queue->capacity > 0);
	return &queue->items[(queue->first + position) % queue->capacity];
}

static void make_room(struct aio_queue *queue)
{
	size_t capacity = queue->capacity ? 2 * queue->capacity : 8;
	struct aio_item *items;

	if (queue->count < queue->capacity)
		return;
	items = region_alloc_array(queue->region, capacity, sizeof(*items));
	for (size_t i = 0; i < queue->count; i++)
		items[i] = *item_at(queue, i);
	region_free(queue->region, queue->items);
	queue->items = items;
	queue->first = 0;
	queue->capacity = capacity;
}

static bool is_before(const struct aio_item *a, const struct aio_item *b)
{
	return a->priority != b->priority ? a->priority < b->priority : a->number < b->number;
}

/* Items are distinct, so any heap gives them in the same order. */
static void sift_up(struct aio_queue *queue)
{
	size_t at = queue->count - 1;
	struct aio_item item = queue->items[at];

	for (; at > 0 && is_before(&item, &queue->items[(at - 1) / 2]); at = (at - 1) / 2)
		queue->items[at] = queue->items[(at - 1) / 2];
	queue->items[at] = item;
}

/* Fills the root's place with the last item. */
static void sift_down(struct aio_queue *queue)
{
	struct aio_item item = queue->items[queue->count];
	size_t at = 0, child;

	while ((child = 2 * at + 1) < queue->count) {
		if (child + 1 < queue->count && is_before(&queue->items[child + 1], &queue->items[child]))
			child++;
		if (!is_before(&queue->items[child], &item))
			break;
		queue->items[at] = queue->items[child];
		at = child;
	}
	queue->items[at] = item;
}

static void add(const struct os_thread *thread, struct aio_queue *queue, const struct aio_item *item)
{
	make_room(queue);
	queue->count++;
	*item_at(queue, queue->count - 1) = *item;
	item_at(queue, queue->count - 1)->number = machine_send(thread, queue_word, NULL);
	queue->unfinished++;
	if (queue->order == AIO_PRIORITY)
		sift_up(queue);
}

static struct aio_item take(struct aio_queue *queue)
{
	struct aio_item item = *item_at(queue, queue->order == AIO_LIFO ? queue->count - 1 : 0);

	queue->count--;
	if (queue->order == AIO_FIFO)
		queue->first = (queue->first + 1) % queue->capacity;
	else if (queue->order == AIO_PRIORITY && queue->count > 0)
		sift_down(queue);
	return item;
}

bool aio_queue_try_put(struct os_thread *thread, struct aio_queue *queue, const struct aio_item *item)
{
	if (queue->max_count > 0 && queue->count >= queue->max_count)
		return false;
	add(thread, queue, item);
	aio_wake_next(aio_running_loop(thread), &queue->getters);
	return true;
}

bool aio_queue_try_get(struct os_thread *thread, struct aio_queue *queue, struct aio_item *item)
{
	if (queue->count == 0)
		return false;
	*item = take(queue);
	machine_receive(thread, queue_word, NULL, item->number);
	aio_wake_next(aio_running_loop(thread), &queue->putters);
	return true;
}

/* ---- put() and get() ---- */

struct queue_locals {
	struct aio_queue *queue;
	union {
		const struct aio_item *from;
		struct aio_item *to;
	};
	struct aio_waiter waiter;
};

/* Cancelled after it was woken, it wakes the next one in its place. */
static void pass_on(struct aio_loop *loop, struct aio_waiters *waiters, const struct aio_waiter *waiter,
		    bool possible)
{
	if (possible && waiter->future.state == AIO_FINISHED)
		aio_wake_next(loop, waiters);
}

static enum progress put(struct os_thread *thread, struct frame *frame)
{
	struct queue_locals *my = FRAME_LOCALS(frame, struct queue_locals);
	struct aio_queue *queue = my->queue;
	struct aio_loop *loop = aio_running_loop(thread);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, aio_charge(thread, COST_AIO_QUEUE_PUT));
	while (!aio_queue_try_put(thread, queue, my->from)) {
		AWAIT(frame, aio_wait_in(thread, &queue->putters, &my->waiter, ACTIVITY_QUEUE_WAIT));
		aio_leave_waiters(&queue->putters, &my->waiter);
		if (py_exception(thread) != PY_NO_EXCEPTION) {
			pass_on(loop, &queue->putters, &my->waiter, queue->count < queue->max_count);
			break;
		}
	}
	PROGRAM_END;
}

static enum progress get(struct os_thread *thread, struct frame *frame)
{
	struct queue_locals *my = FRAME_LOCALS(frame, struct queue_locals);
	struct aio_queue *queue = my->queue;
	struct aio_loop *loop = aio_running_loop(thread);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, aio_charge(thread, COST_AIO_QUEUE_GET));
	while (!aio_queue_try_get(thread, queue, my->to)) {
		AWAIT(frame, aio_wait_in(thread, &queue->getters, &my->waiter, ACTIVITY_QUEUE_WAIT));
		aio_leave_waiters(&queue->getters, &my->waiter);
		if (py_exception(thread) != PY_NO_EXCEPTION) {
			pass_on(loop, &queue->getters, &my->waiter, queue->count > 0);
			break;
		}
	}
	PROGRAM_END;
}

static struct queue_locals *push_queue(struct os_thread *thread, struct aio_queue *queue, program_fn *program)
{
	struct queue_locals *locals = os_thread_push(thread, program);

	locals->queue = queue;
	return locals;
}

enum progress aio_queue_put(struct os_thread *thread, struct aio_queue *queue, const struct aio_item *item)
{
	push_queue(thread, queue, put)->from = item;
	return os_thread_enter(thread);
}

enum progress aio_queue_get(struct os_thread *thread, struct aio_queue *queue, struct aio_item *item)
{
	push_queue(thread, queue, get)->to = item;
	return os_thread_enter(thread);
}

/* ---- join() ---- */

static enum progress join(struct os_thread *thread, struct frame *frame)
{
	struct queue_locals *my = FRAME_LOCALS(frame, struct queue_locals);

	PROGRAM_BEGIN(frame);
	AWAIT(frame, aio_charge(thread, COST_AIO_AWAIT));
	if (my->queue->unfinished > 0) {
		AWAIT(frame, aio_wait_in(thread, &my->queue->joiners, &my->waiter, ACTIVITY_QUEUE_WAIT));
		aio_leave_waiters(&my->queue->joiners, &my->waiter);
	}
	PROGRAM_END;
}

enum progress aio_queue_join(struct os_thread *thread, struct aio_queue *queue)
{
	push_queue(thread, queue, join);
	return os_thread_enter(thread);
}

bool aio_queue_task_done(struct aio_loop *loop, struct aio_queue *queue)
{
	if (queue->unfinished <= 0)
		return false;
	queue->unfinished--;
	while (queue->unfinished == 0 && aio_wake_next(loop, &queue->joiners))
		;
	return true;
}
