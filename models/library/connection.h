/*
 * connection.h - multiprocessing.connection.Connection over a pipe: framed messages.
 *
 * Source      Lib/multiprocessing/connection.py: a 4-byte length and the body; in one write up to 16 KiB, else in
 *             two; read in at least two calls. The GIL is released around each call.
 */
#ifndef MODELS_LIBRARY_CONNECTION_H
#define MODELS_LIBRARY_CONNECTION_H

#include "models/interpreter/py_thread.h"
#include "models/machine/pipe.h"

/* For AWAIT. Pickling is the caller's to charge. */
enum progress connection_send(struct os_thread *thread, struct pipe *pipe, int64_t bytes, void *tag);
enum progress connection_receive(struct os_thread *thread, struct pipe *pipe, void **tag);
/* For AWAIT. poll(timeout): until something can be read or the deadline; py_thread.timed_out tells which. */
enum progress connection_poll(struct os_thread *thread, struct pipe *pipe, sim_ns deadline_ns);
/* What pickling (COST_PICKLE_DUMPS) or unpickling (COST_PICKLE_LOADS) that many bytes takes. */
sim_ns pickle_cost(const struct os_thread *thread, enum cost rate, int64_t bytes);

#endif
