/*
 * stream.h - connections to a server outside that answers each request after the time asked for: what the step `io`
 * waits through with io_via: socket.
 *
 * Source      Modules/socketmodule.c: sock_sendall(), sock_recv() with the GIL released around the system call;
 *             Lib/asyncio/selector_events.py (_SelectorSocketTransport), streams.py (open_connection, StreamReader,
 *             StreamWriter) @3.8 to 3.13; the native side is sim/native/harness_sockets.py.
 * Modelled    a connection for each request that is under way, used again by later ones, as HTTP sessions do. In a
 *             thread send() and a recv() that blocks; in a coroutine write() and a read that awaits: the answer
 *             makes the descriptor readable, select returns, the callback reads, the coroutine goes on a turn
 *             later. Left out sizes, packets, flow control. The server takes no core of this machine and is never
 *             late.
 */
#ifndef MODELS_LIBRARY_STREAM_H
#define MODELS_LIBRARY_STREAM_H

#include "models/library/aio_task.h"

/* The connections of one process, or of one event loop, that nobody uses at the moment. */
struct stream_pool {
	struct machine_model *machine;
	struct stream *unused; /* the one last used first */
	uint64_t opened;
};

/* For AWAIT in a thread: asks, and waits for the answer. */
enum progress stream_ask(struct os_thread *thread, struct stream_pool *pool, sim_ns duration_ns);
/* The same for AWAIT in a coroutine. One that is cancelled closes its connection. */
enum progress aio_stream_ask(struct os_thread *thread, struct stream_pool *pool, sim_ns duration_ns);

#endif
