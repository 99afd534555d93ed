/*
 * pipe.h - a kernel pipe with messages in it: bounded bytes, blocking reads and writes; or one way of a socket
 * pair.
 *
 * Source      Linux fs/pipe.c: pipe_write() wakes a reader only if the pipe was empty, and pollers always; a full
 *             pipe blocks the writer until the reader has emptied a page: before 6.14 whatever was read from a full
 *             pipe woke the writer, who often found no room. net/unix/af_unix.c: who reads from a socket frees what
 *             the other side sent, and unix_write_space() then wakes whoever waits on the other side's socket, for
 *             whatever: one that waits in recv() for the answer to that very message finds nothing and waits again
 *             (perf record -e sched:sched_wakeup: each call to a manager's server wakes its client twice).
 * Modelled    pages: what a write leaves over goes into the last one if it fits, so 16 messages of 2 to 4 KiB fill
 *             a pipe, and of small ones many have to be read before the writer goes on; cost by bytes, sync
 *             wake-ups. Where its ends are on two cores, a reader fetches what the other core's caches hold, and a
 *             writer gets pages that these do not: those it wrote before have gone to the reader's core, which
 *             keeps what it frees for itself. Readers and writers exclude each other by the pipe's mutex while they
 *             copy, page faults of the reader's memory included, and wake somebody only then; who finds it taken
 *             spins while its holder runs. A message is what the layer above frames; its bytes may pass through in
 *             several rounds.
 * Assumed     a socket holds as much in the same way (its buffer counts packets with their headers).
 */
#ifndef MODELS_MACHINE_PIPE_H
#define MODELS_MACHINE_PIPE_H

#include "models/machine/futex.h"
#include "models/machine/machine.h"
#include "sim/base/ring.h"

struct memory_block;

struct pipe_message {
	int64_t bytes, written_bytes, read_bytes;
	void *tag; /* the layer above's */
	int64_t number; /* machine_send() */
};

struct pipe {
	struct machine_model *machine;
	size_t page_count;
	struct ring pages; /* of struct pipe_page: those with something to read */
	struct ring messages; /* those begun and not yet read to the end */
	int64_t last_read_bytes; /* by the last read(), of a message of so many: */
	int64_t last_message_bytes;
	bool last_read_ended_it;
	const struct core *written_on, *read_on; /* where that was last; NULL: never yet */
	struct futex readers, writers;
	struct os_thread *holder, *spinner; /* of its mutex; who waits for that on a core */
	struct futex mutex; /* who waits for that asleep */
	struct pipe *way_back; /* of a socket; NULL: this is a pipe */
	struct futex *pollers; /* threads in poll() on it, woken by every write; NULL: none */
};

struct pipe *pipe_new(struct machine_model *machine);
/* socketpair(AF_UNIX): what goes from the first side to the second, and what comes back. */
void pipe_new_socket(struct machine_model *machine, struct pipe **there, struct pipe **back);
static inline bool pipe_is_readable(const struct pipe *pipe)
{
	return pipe->pages.count > 0;
}
/* A message of so many bytes begins: pipe_write() writes it, in one part or several. `tag` is the layer above's. */
void pipe_begin_message(struct os_thread *thread, struct pipe *pipe, int64_t bytes, void *tag);
/* For AWAIT. One write() of so many bytes of the last message begun, which ends when all are in the pipe. One writer
 * at a time. */
enum progress pipe_write(struct os_thread *thread, struct pipe *pipe, int64_t bytes);
/* For AWAIT. One read(): takes what there is of the first message, but no more than so much, of which the last_... above
 * tell; the tag is stored when that was the message's end. `into`: fresh memory that is touched by it; NULL: such as is
 * in use. One reader at a time. */
enum progress pipe_read(struct os_thread *thread, struct pipe *pipe, int64_t most_bytes, struct memory_block *into,
			void **tag);

#endif
