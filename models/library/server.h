/*
 * server.h - what a worker process of a pre-forking server does: accepts connections and serves a request on each.
 *
 * Source      gunicorn 20.1: workers/gthread.py (run, accept, enqueue_req, handle), workers/base.py, arbiter.py
 *             (murder_workers); uvicorn 0.20 on Lib/asyncio/selector_events.py:_accept_connection() @3.11 to 3.13;
 *             Celery 5: worker/consumer, concurrency/prefork, acknowledged early (the default).
 * Modelled    blocking: accept(), serve, and again. Prefetching: a thread accepts ahead of the one that serves, as
 *             many as may wait. Threads: the main thread waits for the listener by epoll and hands each connection
 *             to a ThreadPoolExecutor, however busy that is. asyncio: a task for each connection; all that wait are
 *             accepted in one turn. Limits on requests, after which a worker finishes what it has accepted and
 *             ends; signs of life for whoever watches it.
 * Left out    connections kept alive, TLS, HTTP's own parsing (a scenario's steps say what that takes), the second
 *             epoll round of gunicorn 21 and later, which waits for the request before it hands it to the pool.
 */
#ifndef MODELS_LIBRARY_SERVER_H
#define MODELS_LIBRARY_SERVER_H

#include "models/library/aio_task.h"
#include "models/library/semaphore.h"
#include "models/library/thread_pool.h"
#include "models/machine/listener.h"

/* So many connections an event loop accepts in one turn (asyncio's backlog parameter). */
#define SERVER_ACCEPTS_PER_TURN 100

/* The worker has nothing to do, and need not give signs of life. */
#define SERVER_RESTS (-1)

struct server_worker;

/* A connection with one request. */
struct server_connection {
	program_fn *handler; /* gets a frame whose locals start with `request` */
	void *request;
	/* Told when the answer is on its way to the client. */
	void (*answered)(struct server_connection *connection);
	struct work_item item;	      /* the server's */
	struct server_worker *worker; /* who has accepted it; NULL: nobody yet */
	bool closed;		      /* the server does not look at it any more */
};

enum server_kind { SERVER_BLOCKING, SERVER_PREFETCHING, SERVER_THREADS, SERVER_ASYNCIO };

struct server_worker {
	/* Filled in before it serves. */
	enum server_kind kind;
	struct listener *listener;
	uint32_t threads;	 /* THREADS */
	int64_t prefetch;	 /* PREFETCHING: so many wait beside the one that is served */
	int64_t request_limit;	 /* it ends after so many; 0: never */
	sim_ns sign_interval_ns; /* THREADS, ASYNCIO: so often at least it gives a sign of life; SIM_NS_MAX: never
				  */
	struct aio_statistics *statistics; /* ASYNCIO; NULL: none */

	/* Its last sign of life: when its request was begun, or when its main thread or loop went round; or
	 * SERVER_RESTS. */
	sim_ns alive_ns;

	int64_t accepted_count, open_count;
	struct epoll epoll; /* THREADS */
	struct epoll_item item;
	struct listener_watch watch;
	struct simple_queue ahead; /* PREFETCHING */
	struct py_semaphore permits;
	struct aio_reader reader; /* ASYNCIO */
	struct aio_future *over;  /* its main()'s: the limit has been reached, and all is answered */
	struct aio_timer *sign;	  /* NULL: none yet */
};

/* For AWAIT by the main thread of a process: serves until the limit has been reached. */
enum progress server_serve(struct os_thread *thread, struct server_worker *worker);
/* The worker has been killed: its sockets are closed. */
void server_worker_gone(struct server_worker *worker);

#endif
