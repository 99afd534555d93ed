/*
 * mp_manager.h - multiprocessing.Manager: objects in a server process, reached through proxies.
 *
 * Source      Lib/multiprocessing/managers.py @3.8 to 3.13: Server.serve_forever(), accepter(), serve_client(),
 *             BaseProxy._callmethod(), _connect(), _after_fork(), _incref(), _decref(); connection.py:
 *             deliver_challenge(), answer_challenge().
 * Modelled    the server's process; a connection and a server thread for each client thread, made at its first
 *             call; each call a message there and one back, served under the server's GIL; nothing is sent ahead.
 *             Each side lets the other prove that it knows the key, three round trips. A forked child counts its
 *             copy of the proxy before all else, and before it ends takes that back, by a connection of its own
 *             each.
 * Left out    errors, the server's own locks.
 */
#ifndef MODELS_LIBRARY_MP_MANAGER_H
#define MODELS_LIBRARY_MP_MANAGER_H

#include "models/library/connection.h"
#include "models/library/mp_process.h"

struct mp_manager {
	struct mp_context *context;
	struct mp_process server;
	struct mp_manager_connection *connections;
	struct mp_manager_connection *knocking; /* wants to be accepted */
	bool has_knocking;
	struct futex accepter;
	struct py_hook after_fork; /* of the proxy */
};

struct mp_manager *mp_manager_new(struct region *region, struct mp_context *context);
/* For AWAIT. Manager(), and the proxy of what it manages: starts the server and waits for its address. */
enum progress mp_manager_start(struct os_thread *thread, struct mp_manager *manager);
/* For AWAIT. A method of a proxy, with these arguments and this result beside what every call has. */
enum progress mp_manager_call(struct os_thread *thread, struct mp_manager *manager, struct payload arguments,
			      struct payload result);

#endif
