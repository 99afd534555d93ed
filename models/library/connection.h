/*
 * connection.h - multiprocessing.connection.Connection over a pipe: framed messages.
 *
 * Source      Lib/multiprocessing/connection.py: a 4-byte length and the body; in one write up to 16 KiB, else in
 *             two; read in at least two calls. The GIL is released around each call. Each read() of a large message
 *             asks for all that is still to come, gets what the pipe holds, and appends it to an io.BytesIO
 *             (bytesio.c), which recv_bytes() cuts to its size. Counted on glibc 2.36, again and again: page faults
 *             for each page of a message of 1 MiB 2.8 (models/machine/allocator.h gives 2.8), of 16 MiB 2.7 (2.6),
 *             of five buffers of 1 MiB 2.8 and 1.8 (2.0); the sender's only with the first two messages. A pool's
 *             workers have hardly any from the third message on: what their calls leave behind keeps the heap from
 *             being trimmed.
 * Modelled    each of these calls, with the GIL released around it; what is done between two reads needs the GIL,
 *             which others of the process may have taken meanwhile.
 * Assumed     small buffers are in the costs of who makes them.
 */
#ifndef MODELS_LIBRARY_CONNECTION_H
#define MODELS_LIBRARY_CONNECTION_H

#include "models/interpreter/py_thread.h"
#include "models/machine/pipe.h"

/* What is pickled: its size, and of how many objects it is; a large buffer is one, however many bytes it has. */
struct payload {
	int64_t bytes, objects;
};

/* Several of the kind at once. */
static inline struct payload payload_times(struct payload payload, int64_t count)
{
	return (struct payload){ payload.bytes * count, payload.objects * count };
}
static inline struct payload payload_sum(struct payload a, struct payload b)
{
	return (struct payload){ a.bytes + b.bytes, a.objects + b.objects };
}
/* What ForkingPickler.dumps() and loads() of it take, page faults of large buffers included. What is pickled is
 * kept until it is sent; what was received, until it is unpickled. */
enum lifetime {
	UNTIL_UNPICKLED,
	KEPT
}; /* a task's arguments: gone before the next message; results: others hold them */
sim_ns pickle_cost(struct os_thread *thread, struct payload payload);
sim_ns unpickle_cost(struct os_thread *thread, struct payload payload, enum lifetime lifetime);
/* A call of the user's, while its arguments live: it leaves small objects behind, from which on the heap cannot be
 * trimmed. */
void leave_objects(struct os_thread *thread);

/* For AWAIT. Pickling is the caller's to charge. */
enum progress connection_send(struct os_thread *thread, struct pipe *pipe, int64_t bytes, void *tag);
enum progress connection_receive(struct os_thread *thread, struct pipe *pipe, void **tag);
/* recv_bytes(), as queues do: the buffer is cut to what is in it. */
enum progress connection_receive_bytes(struct os_thread *thread, struct pipe *pipe, void **tag);
/* For AWAIT. poll(timeout): until something can be read or the deadline; py_thread.timed_out tells which. */
enum progress connection_poll(struct os_thread *thread, struct pipe *pipe, sim_ns deadline_ns);

#endif
