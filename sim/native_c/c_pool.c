/*
 * c_pool.c - see c_pool.h. Source: Lib/multiprocessing/pool.py; models/library/mp_pool.c mirrors the same program.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "sim/native_c/c_pool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sim/native_c/c_instance.h"
#include "sim/native_c/c_process.h"

/* Pickled size of what goes with each chunk: job number, chunk number, function's name; and of a result. */
#define CHUNK_BASE_BYTES 60
#define RESULT_BASE_BYTES 30
#define SETTLE_NS (50 * SIM_MS)

struct c_pool_job {
	int64_t first, count, chunk_items;
	int64_t chunks_left;
	struct c_event done;
};

/* What goes through the pipes; a job's address means something to the parent only. */
struct chunk {
	struct c_pool_job *job; /* NULL: the end */
	int64_t first, end;
};

/* In memory that the workers share. */
struct locks {
	sem_t task_read, result_write;
};

enum { READ_END, WRITE_END };

struct c_pool {
	c_pool_item_fn *run_item;
	int64_t argument_bytes, result_bytes;
	struct locks *locks;
	int tasks[2], results[2], notifier[2];
	pid_t *workers;
	int worker_count;
	struct c_simple_queue jobs; /* of struct c_pool_job; NULL: the end */
	struct c_thread worker_handler, task_handler, result_handler;
	int64_t unfinished_jobs;
	atomic_bool terminating;
};

/* ---- A worker process ---- */

static size_t size_of(int64_t base_bytes, int64_t items, int64_t bytes)
{
	return (size_t)(base_bytes + items * bytes);
}

static void work(void *argument)
{
	struct c_pool *pool = argument;

	for (;;) {
		struct chunk chunk;

		c_semaphore_wait(&pool->locks->task_read, SIM_NS_MAX);
		c_connection_receive(pool->tasks[READ_END], &chunk, sizeof(chunk));
		sem_post(&pool->locks->task_read);
		if (!chunk.job)
			return;
		for (int64_t item = chunk.first; item < chunk.end; item++)
			pool->run_item(item);
		c_semaphore_wait(&pool->locks->result_write, SIM_NS_MAX);
		c_connection_send(pool->results[WRITE_END], &chunk, sizeof(chunk),
				  size_of(RESULT_BASE_BYTES, chunk.end - chunk.first, pool->result_bytes));
		sem_post(&pool->locks->result_write);
	}
}

/* ---- The parent's threads ---- */

static void send_chunk(struct c_pool *pool, struct chunk chunk)
{
	c_connection_send(pool->tasks[WRITE_END], &chunk, sizeof(chunk),
			  chunk.job ? size_of(CHUNK_BASE_BYTES, chunk.end - chunk.first, pool->argument_bytes) : 0);
}

/* So that the result handler ends. */
static void send_last_result(struct c_pool *pool)
{
	const struct chunk end = { 0 };

	c_semaphore_wait(&pool->locks->result_write, SIM_NS_MAX);
	c_connection_send(pool->results[WRITE_END], &end, sizeof(end), 0);
	sem_post(&pool->locks->result_write);
}

static void handle_tasks(void *argument)
{
	struct c_pool *pool = argument;
	const struct c_pool_job *job;

	while ((job = c_simple_queue_get(&pool->jobs))) {
		int64_t end = job->first + job->count;

		for (int64_t first = job->first; first < end && !atomic_load(&pool->terminating);
		     first += job->chunk_items)
			send_chunk(pool, (struct chunk){ (struct c_pool_job *)job, first,
							 first + job->chunk_items < end ? first + job->chunk_items
											: end });
	}
	send_last_result(pool);
	for (int i = 0; i < pool->worker_count; i++)
		send_chunk(pool, (struct chunk){ 0 });
}

static void notify(struct c_pool *pool)
{
	if (write(pool->notifier[WRITE_END], ".", 1) != 1)
		c_die("cannot write to a pipe");
}

static void handle_results(void *argument)
{
	struct c_pool *pool = argument;

	for (;;) {
		struct chunk chunk;

		c_connection_receive(pool->results[READ_END], &chunk, sizeof(chunk));
		if (!chunk.job || atomic_load(&pool->terminating))
			return;
		if (--chunk.job->chunks_left > 0)
			continue;
		c_event_set(&chunk.job->done);
		/* That the cache of jobs is empty is told the worker handler (_PoolCache). */
		if (--pool->unfinished_jobs == 0)
			notify(pool);
	}
}

/* Without the GIL, until there are results or the notifier has been written to. */
static void wait_for_change(struct c_pool *pool)
{
	struct pollfd fds[2] = { { .fd = pool->results[READ_END], .events = POLLIN },
				 { .fd = pool->notifier[READ_END], .events = POLLIN } };
	char drained[64];
	ssize_t got;

	c_release_gil();
	while (poll(fds, 2, -1) < 0 && errno == EINTR)
		continue;
	c_take_gil();
	c_release_gil();
	got = read(pool->notifier[READ_END], drained, sizeof(drained));
	(void)got; /* nothing is there when results were what came */
	c_take_gil();
}

/* While results lie unread it goes round and round, as CPython's does. */
static void handle_workers(void *argument)
{
	struct c_pool *pool = argument;

	while (!atomic_load(&pool->terminating)) {
		for (int i = 0; i < pool->worker_count; i++)
			if (c_process_has_ended(pool->workers[i]))
				c_die("a worker of the pool has ended");
		wait_for_change(pool);
	}
	c_simple_queue_put(&pool->jobs, NULL);
}

/* ---- The caller ---- */

struct c_pool *c_pool_open(int workers, c_pool_item_fn *run_item, int64_t argument_bytes, int64_t result_bytes)
{
	struct c_pool *pool = c_alloc(1, sizeof(*pool));

	pool->run_item = run_item;
	pool->argument_bytes = argument_bytes;
	pool->result_bytes = result_bytes;
	pool->worker_count = workers;
	pool->workers = c_alloc((size_t)workers, sizeof(pool->workers[0]));
	pool->locks = mmap(NULL, sizeof(*pool->locks), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (pool->locks == MAP_FAILED || pipe(pool->tasks) < 0 || pipe(pool->results) < 0 ||
	    pipe(pool->notifier) < 0)
		c_die("cannot make a pool's pipes");
	fcntl(pool->notifier[READ_END], F_SETFL, O_NONBLOCK);
	sem_init(&pool->locks->task_read, 1, 1);
	sem_init(&pool->locks->result_write, 1, 1);
	c_simple_queue_init(&pool->jobs, c_run.workload);
	for (int i = 0; i < workers; i++)
		pool->workers[i] = c_process_start(work, pool);
	c_thread_start(&pool->worker_handler, handle_workers, pool);
	c_thread_start(&pool->task_handler, handle_tasks, pool);
	c_thread_start(&pool->result_handler, handle_results, pool);
	return pool;
}

void c_pool_warm_up(struct c_pool *pool)
{
	(void)pool;
	c_sleep(SETTLE_NS);
}

struct c_pool_job *c_pool_submit(struct c_pool *pool, int64_t first, int64_t count, int64_t chunk_items)
{
	struct c_pool_job *job = c_alloc(1, sizeof(*job));

	*job = (struct c_pool_job){ .first = first,
				    .count = count,
				    .chunk_items = chunk_items,
				    .chunks_left = (count + chunk_items - 1) / chunk_items };
	if (count == 0) {
		c_event_set(&job->done);
		return job;
	}
	pool->unfinished_jobs++;
	c_simple_queue_put(&pool->jobs, job);
	return job;
}

void c_pool_wait(struct c_pool_job *job)
{
	c_event_wait(&job->done, SIM_NS_MAX);
}

static bool is_readable(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	return poll(&poll_fd, 1, 0) > 0;
}

void c_pool_terminate(struct c_pool *pool)
{
	struct chunk drained;

	atomic_store(&pool->terminating, true);
	notify(pool);
	/* Whoever reads tasks keeps the lock until the sentinels come; then it is the caller's, who drains. */
	c_semaphore_wait(&pool->locks->task_read, SIM_NS_MAX);
	while (!c_event_is_set(&pool->task_handler.finished) && is_readable(pool->tasks[READ_END])) {
		c_connection_receive(pool->tasks[READ_END], &drained, sizeof(drained));
		c_sleep(0);
	}
	notify(pool);
	send_last_result(pool);
	c_thread_join(&pool->worker_handler);
	for (int i = 0; i < pool->worker_count; i++)
		kill(pool->workers[i], SIGTERM);
	c_thread_join(&pool->task_handler);
	c_thread_join(&pool->result_handler);
	for (int i = 0; i < pool->worker_count; i++)
		c_process_join(pool->workers[i]);
}
