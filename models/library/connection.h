/*
 * connection.h - multiprocessing.connection.Connection over a pipe: framed messages.
 *
 * Source      Lib/multiprocessing/connection.py: a 4-byte length and the body; in one write up to 16 KiB, else in
 *             two; read in at least two calls. The GIL is released around each call. Counted on glibc 2.36: who receives
 *             a message of 100 KiB again and again has no page faults, of 256 KiB to 16 MiB one to three for each of its
 *             pages, each time; the sender a fifth of one; hardly any once there was a larger message.
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
/* What pickle.dumps() and pickle.loads() of it take. */
sim_ns pickle_cost(const struct os_thread *thread, struct payload payload);
sim_ns unpickle_cost(const struct os_thread *thread, struct payload payload);

/* For AWAIT. Pickling is the caller's to charge. */
enum progress connection_send(struct os_thread *thread, struct pipe *pipe, int64_t bytes, void *tag);
enum progress connection_receive(struct os_thread *thread, struct pipe *pipe, void **tag);
/* For AWAIT. poll(timeout): until something can be read or the deadline; py_thread.timed_out tells which. */
enum progress connection_poll(struct os_thread *thread, struct pipe *pipe, sim_ns deadline_ns);

#endif
