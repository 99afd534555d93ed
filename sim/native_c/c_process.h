/*
 * c_process.h - multiprocessing.Process by fork(), and the pipes between processes.
 *
 * All functions are called with the GIL, which what waits gives away.
 */
#ifndef SIM_NATIVE_C_C_PROCESS_H
#define SIM_NATIVE_C_C_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Process(target=body).start(): a child with a GIL of its own, which ends with `body`. */
pid_t c_process_start(void (*body)(void *argument), void *argument);
/* .join(): waits for its end. */
void c_process_join(pid_t process);
/* Kills those that nobody has joined: daemons. */
void c_process_kill_rest(void);
/* Whether it has ended; then there is nothing left to join. */
bool c_process_has_ended(pid_t process);

/* multiprocessing.connection.Connection: messages of a header with the length and so many bytes. `head` is what a
 * message begins with; what the rest of its `length_bytes` holds does not matter. */
void c_connection_send(int fd, const void *head, size_t head_bytes, size_t length_bytes);
void c_connection_receive(int fd, void *head, size_t head_bytes);

#endif
