/*
 * parallel.c - see parallel.h.
 *
 * A ring of slots, one a job that has begun and is not yet taken: a thread that is far ahead of the slowest job waits
 * instead of piling up results. Each slot has a region of its own and lies on its own cache lines; the lock is taken
 * twice a job.
 */
#include "sim/plan/parallel.h"

#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <unistd.h>

#include "sim/base/wish.h"

#define SLOTS_A_THREAD 8
#define CACHE_LINE_BYTES 64

struct slot {
	_Alignas(CACHE_LINE_BYTES) struct region region;
	void *result;
	bool is_done;
};

struct crew {
	const struct parallel *parallel;
	pthread_mutex_t mutex; /* guards all below */
	pthread_cond_t is_done, is_room;
	struct slot *slots;
	size_t slot_count;
	size_t begun, taken;
	size_t working; /* jobs begun and not done */
	bool is_over;	/* no further job is begun */
	bool is_failed; /* an allocation failed in a job */
};

size_t parallel_cpus(void)
{
	cpu_set_t cpus;

	if (sched_getaffinity(0, sizeof(cpus), &cpus) == 0)
		return (size_t)CPU_COUNT(&cpus);
	return (size_t)sysconf(_SC_NPROCESSORS_ONLN); /* more of them than the set holds */
}

static bool wishes_to_stop(const struct parallel *parallel)
{
	return wish_is_there(parallel->wish_to_stop);
}

/* Waits for a job to do; false: there is none any more. */
static bool next_job(struct crew *crew, size_t *index)
{
	while (!crew->is_over && crew->begun < crew->parallel->count &&
	       crew->begun - crew->taken == crew->slot_count)
		pthread_cond_wait(&crew->is_room, &crew->mutex);
	if (wishes_to_stop(crew->parallel))
		crew->is_over = true;
	if (crew->is_over || crew->begun == crew->parallel->count)
		return false;
	*index = crew->begun++;
	crew->working++;
	return true;
}

/* False: an allocation failed; then nothing of the job is left. */
static bool run_job(const struct parallel *parallel, size_t index, struct region *region, void **result)
{
	jmp_buf failed;

	/* cppcheck-suppress autoVariables ; it is taken back below, or by the release */
	region->unwind = &failed;
	if (setjmp(failed)) {
		region_release(region);
		return false;
	}
	*result = parallel->work(parallel->context, index, region);
	region->unwind = NULL;
	return true;
}

static void *work(void *argument)
{
	struct crew *crew = argument;
	const struct parallel *parallel = crew->parallel;
	size_t index;

	pthread_mutex_lock(&crew->mutex);
	while (next_job(crew, &index)) {
		struct slot *slot = &crew->slots[index % crew->slot_count];
		bool is_done;

		pthread_mutex_unlock(&crew->mutex);
		is_done = run_job(parallel, index, &slot->region, &slot->result);
		pthread_mutex_lock(&crew->mutex);
		slot->is_done = is_done;
		crew->is_failed |= !is_done;
		crew->is_over |= !is_done;
		crew->working--;
		pthread_cond_signal(&crew->is_done);
	}
	/* Who takes may be waiting for a job that nobody begins. */
	pthread_cond_signal(&crew->is_done);
	pthread_mutex_unlock(&crew->mutex);
	return NULL;
}

/* Takes results in order until none comes any more, or a job has failed. */
static void take_all(struct crew *crew)
{
	const struct parallel *parallel = crew->parallel;

	pthread_mutex_lock(&crew->mutex);
	while (crew->taken < parallel->count) {
		struct slot *slot = &crew->slots[crew->taken % crew->slot_count];
		bool goes_on;

		while (!slot->is_done && !crew->is_failed && !(crew->is_over && crew->taken == crew->begun))
			pthread_cond_wait(&crew->is_done, &crew->mutex);
		if (!slot->is_done || crew->is_failed)
			break;
		pthread_mutex_unlock(&crew->mutex);
		goes_on = parallel->take(parallel->context, crew->taken, slot->result);
		region_release(&slot->region);
		pthread_mutex_lock(&crew->mutex);
		slot->is_done = false;
		crew->taken++;
		if (!goes_on)
			break;
		pthread_cond_signal(&crew->is_room);
	}
	pthread_mutex_unlock(&crew->mutex);
}

static void end_crew(struct crew *crew)
{
	pthread_mutex_lock(&crew->mutex);
	crew->is_over = true;
	pthread_cond_broadcast(&crew->is_room);
	pthread_mutex_unlock(&crew->mutex);
}

/* take_all(); an allocation of the caller's that fails in it is noted, for other threads are still at work. */
static void take_or_fail(struct crew *crew)
{
	struct region *region = crew->parallel->region;
	jmp_buf *outer = region->unwind;
	jmp_buf failed;

	region->unwind = &failed;
	if (setjmp(failed) == 0)
		take_all(crew);
	else
		crew->is_failed = true;
	region->unwind = outer;
	end_crew(crew);
}

/* As many threads as can be had. Returns how many jobs were taken; SIZE_MAX: no thread can be had. */
static size_t run_crew(const struct parallel *parallel, size_t thread_count)
{
	struct crew crew = { .parallel = parallel, .slot_count = thread_count * SLOTS_A_THREAD };
	pthread_t *threads = region_alloc_array(parallel->region, thread_count, sizeof(*threads));
	/* The region's blocks are aligned for any type, which is less than a cache line. */
	void *block = region_alloc_array(parallel->region, crew.slot_count + 1, sizeof(*crew.slots));
	size_t started = 0;

	crew.slots = (struct slot *)(((uintptr_t)block + CACHE_LINE_BYTES - 1) & ~(uintptr_t)(CACHE_LINE_BYTES - 1));
	for (size_t i = 0; i < crew.slot_count; i++)
		region_init(&crew.slots[i].region);
	pthread_mutex_init(&crew.mutex, NULL);
	pthread_cond_init(&crew.is_done, NULL);
	pthread_cond_init(&crew.is_room, NULL);
	while (started < thread_count && pthread_create(&threads[started], NULL, work, &crew) == 0)
		started++;
	if (started > 0)
		take_or_fail(&crew);
	for (size_t i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	for (size_t i = 0; i < crew.slot_count; i++)
		region_release(&crew.slots[i].region);
	assert(crew.working == 0);
	pthread_cond_destroy(&crew.is_room);
	pthread_cond_destroy(&crew.is_done);
	pthread_mutex_destroy(&crew.mutex);
	region_free(parallel->region, block);
	region_free(parallel->region, threads);
	if (crew.is_failed)
		region_fail(parallel->region);
	return started > 0 ? crew.taken : SIZE_MAX;
}

/* The next job, done and taken; false: no further one is wanted. */
static bool do_one(const struct parallel *parallel, size_t index)
{
	jmp_buf *outer = parallel->region->unwind;
	struct region region;
	jmp_buf failed;
	bool goes_on;

	region_init(&region);
	region.unwind = parallel->region->unwind = &failed;
	if (setjmp(failed)) {
		region_release(&region);
		parallel->region->unwind = outer;
		region_fail(parallel->region);
	}
	goes_on = parallel->take(parallel->context, index, parallel->work(parallel->context, index, &region));
	region_release(&region);
	parallel->region->unwind = outer;
	return goes_on;
}

static size_t run_alone(const struct parallel *parallel)
{
	size_t taken = 0;

	while (taken < parallel->count && !wishes_to_stop(parallel))
		if (!do_one(parallel, taken++))
			break;
	return taken;
}

size_t parallel_run(const struct parallel *parallel)
{
	size_t threads = parallel->threads > 0 ? parallel->threads : parallel_cpus();
	size_t taken;

	if (threads > parallel->count)
		threads = parallel->count;
	if (threads <= 1)
		return run_alone(parallel);
	taken = run_crew(parallel, threads);
	return taken != SIZE_MAX ? taken : run_alone(parallel);
}
