/*
 * aio_timers.c - see aio_timers.h.
 */
#include "models/library/aio_timers.h"

/* Lib/asyncio/base_events.py: _MIN_SCHEDULED_TIMER_HANDLES; the fraction of cancelled ones is a half. */
#define MIN_SCHEDULED_TIMERS 100
/* With room for no more than so many the heap does not shrink. */
#define KEPT_TIMERS 65536

void aio_timers_init(struct aio_timers *timers, struct region *region)
{
	*timers = (struct aio_timers){ .region = region };
	pool_init(&timers->timers, region, sizeof(struct aio_timer));
	queue_init(&timers->dues, region, sizeof(struct aio_due));
}

static struct aio_timer *timer_of(const struct aio_timer_entry *entry)
{
	return near_at(entry->timer);
}

static bool is_cancelled(const struct aio_timer_entry *entry)
{
	return timer_of(entry)->subject == 0;
}

static bool is_before(struct aio_timers *timers, const struct aio_timer_entry *a, const struct aio_timer_entry *b)
{
	timers->comparisons++;
	return a->when_ns < b->when_ns;
}

/* heapq's _siftdown(): towards the root. */
static void sift_down(struct aio_timers *timers, size_t start, size_t at)
{
	const struct aio_timer_entry entry = timers->heap[at];

	while (at > start) {
		size_t parent = (at - 1) / 2;

		if (!is_before(timers, &entry, &timers->heap[parent]))
			break;
		timers->heap[at] = timers->heap[parent];
		at = parent;
	}
	timers->heap[at] = entry;
}

/* The descendants of `at` four levels below, one of which sift_up() comes to: sixteen that follow each other. In a
 * heap of a million each level is another way to memory, and so they overlap. */
static inline __attribute__((always_inline)) void prefetch_descendants(const struct aio_timers *timers, size_t at)
{
	const char *first = (const char *)&timers->heap[16 * at + 15];

	__builtin_prefetch(first);
	__builtin_prefetch(first + 64);
	__builtin_prefetch(first + 128);
	__builtin_prefetch(first + 16 * sizeof(struct aio_timer_entry) - 1);
}

/* heapq's _siftup(): the smaller child moves up until a leaf is reached; then back from there. */
static void sift_up(struct aio_timers *timers, size_t start)
{
	const struct aio_timer_entry entry = timers->heap[start];
	size_t at = start;

	while (at < timers->count / 2) {
		size_t child = 2 * at + 1;

		if (16 * at < timers->count)
			prefetch_descendants(timers, at);
		if (child + 1 < timers->count && !is_before(timers, &timers->heap[child], &timers->heap[child + 1]))
			child++;
		timers->heap[at] = timers->heap[child];
		at = child;
	}
	timers->heap[at] = entry;
	sift_down(timers, start, at);
}

/* The heap has become smaller: what it had is wanted elsewhere, for the samples of those that have come to
 * their end, say. */
static void shrink(struct aio_timers *timers)
{
	timers->capacity = timers->count + timers->count / 8;
	timers->heap =
		region_resize(timers->region, timers->heap, timers->capacity * sizeof(struct aio_timer_entry));
}

static void pop(struct aio_timers *timers)
{
	if (timers->count < timers->capacity / 4 * 3 && timers->capacity > KEPT_TIMERS)
		shrink(timers);
	timers->heap[0] = timers->heap[--timers->count];
	if (timers->count > 0)
		sift_up(timers, 0);
}

struct aio_timer *aio_timers_add(struct aio_timers *timers, sim_ns when_ns, aio_callback_fn *callback,
				 void *subject)
{
	struct aio_timer *timer = pool_take(&timers->timers);

	*timer = (struct aio_timer){ .subject = near_ref_to(subject), .callback = near_of((any_fn *)callback) };
	timers->heap = region_grow(timers->region, timers->heap, timers->count, &timers->capacity,
				   sizeof(struct aio_timer_entry));
	timers->heap[timers->count++] = (struct aio_timer_entry){ when_ns, near_ref_to(timer) };
	sift_down(timers, 0, timers->count - 1);
	return timer;
}

void aio_timers_cancel(struct aio_timers *timers, struct aio_timer *timer)
{
	if (!timer->callback && !timer->subject) {
		pool_give_back(&timers->timers, timer);
		return;
	}
	/* It stays in the heap for a while, or among those that are due. */
	assert(timer->subject);
	timer->subject = 0;
	timers->cancelled_count += timer->callback != 0;
}

/* All cancelled ones go, and heapify() orders the rest. */
static void rebuild(struct aio_timers *timers)
{
	size_t kept = 0;

	for (size_t i = 0; i < timers->count; i++) {
		const struct aio_timer_entry entry = timers->heap[i];

		if (is_cancelled(&entry))
			pool_give_back(&timers->timers, timer_of(&entry));
		else
			timers->heap[kept++] = entry;
	}
	timers->count = kept;
	timers->cancelled_count = 0;
	for (size_t i = kept / 2; i-- > 0;)
		sift_up(timers, i);
}

void aio_timers_tidy(struct aio_timers *timers)
{
	if (timers->count > MIN_SCHEDULED_TIMERS && 2 * timers->cancelled_count > timers->count) {
		rebuild(timers);
		return;
	}
	while (timers->count > 0 && is_cancelled(&timers->heap[0])) {
		timers->cancelled_count--;
		pool_give_back(&timers->timers, timer_of(&timers->heap[0]));
		pop(timers);
	}
}

/* Of many timers each one that comes to the top, and what it wakes, lies somewhere else in memory: they are fetched
 * while those before them are called. (gcc leaves calls out of what only prefetches.) */
static inline __attribute__((always_inline)) void prefetch_first(const struct aio_timers *timers)
{
	for (size_t i = 0; i < 3 && i < timers->count; i++)
		__builtin_prefetch(timer_of(&timers->heap[i]));
}

void aio_timers_take_due(struct aio_timers *timers, sim_ns now_ns)
{
	/* Less than now plus the clock's resolution, which is 1 ns on Linux. */
	while (timers->count > 0 && timers->heap[0].when_ns <= now_ns) {
		const struct aio_timer_entry *first = &timers->heap[0];
		struct aio_timer *timer = timer_of(first);

		*(struct aio_due *)queue_append(&timers->dues) =
			(struct aio_due){ first->when_ns, first->timer, timer->callback };
		near_fetch(timer->subject, AIO_FETCHED_BYTES);
		timer->callback = 0; /* of a cancelled one, cancelled_count stays as it is, as in _run_once() */
		pop(timers);
		prefetch_first(timers);
	}
}

void *aio_timers_begin_call(struct aio_timers *timers, struct aio_due *due)
{
	struct aio_timer *timer;
	void *subject;

	*due = *(const struct aio_due *)queue_take(&timers->dues);
	timer = near_at(due->timer);
	subject = near_at_or_null(timer->subject);
	timer->subject = 0;
	if (!subject)
		pool_give_back(&timers->timers, timer);
	return subject;
}
