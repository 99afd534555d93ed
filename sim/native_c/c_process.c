/*
 * c_process.c - see c_process.h.
 */
#include "sim/native_c/c_process.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/native/native_fork.h"
#include "sim/native_c/c_instance.h"
#include "sim/native_c/c_thread.h"

/* Above this the header is written apart, to spare a copy (connection.py:_send_bytes). */
#define ONE_WRITE_BYTES 16384

/* Those of this process that nobody has joined. */
static struct {
	pid_t *items;
	size_t count, capacity;
} children;

static void note_started(pid_t process)
{
	if (children.count == children.capacity) {
		children.capacity = 2 * children.capacity + 8;
		children.items = realloc(children.items, children.capacity * sizeof(children.items[0]));
		if (!children.items)
			c_die("out of memory");
	}
	children.items[children.count++] = process;
}

static void note_ended(pid_t process)
{
	for (size_t i = 0; i < children.count; i++)
		if (children.items[i] == process)
			children.items[i] = children.items[--children.count];
}

void c_process_kill_rest(void)
{
	for (size_t i = 0; i < children.count; i++)
		kill(children.items[i], SIGKILL);
	for (size_t i = 0; i < children.count; i++)
		waitpid(children.items[i], NULL, 0);
	children.count = 0;
}

pid_t c_process_start(void (*body)(void *argument), void *argument)
{
	pid_t child = native_fork();

	if (child < 0)
		c_die("cannot start a process: %s", strerror(errno));
	if (child > 0) {
		note_started(child);
		return child;
	}
	children.count = 0;
	c_threads_begin(c_run.workload);
	body(argument);
	_exit(0);
}

void c_process_join(pid_t process)
{
	int status;
	pid_t ended;

	c_release_gil();
	do
		ended = waitpid(process, &status, 0);
	while (ended < 0 && errno == EINTR);
	c_take_gil();
	note_ended(process);
	/* Its last words are on standard error. */
	if (ended == process && WIFEXITED(status) && WEXITSTATUS(status) != 0)
		_exit(1);
}

bool c_process_has_ended(pid_t process)
{
	pid_t ended;

	c_release_gil();
	ended = waitpid(process, NULL, WNOHANG);
	c_take_gil();
	return ended == process;
}

static void write_all(int fd, const char *bytes, size_t count)
{
	while (count > 0) {
		ssize_t written;

		c_release_gil();
		written = write(fd, bytes, count);
		c_take_gil();
		if (written < 0 && errno != EINTR)
			c_die("cannot write to a pipe: %s", strerror(errno));
		bytes += written > 0 ? written : 0;
		count -= written > 0 ? (size_t)written : 0;
	}
}

static void read_all(int fd, char *bytes, size_t count)
{
	while (count > 0) {
		ssize_t got;

		c_release_gil();
		got = read(fd, bytes, count);
		c_take_gil();
		if (got == 0 || (got < 0 && errno != EINTR))
			c_die("cannot read from a pipe: %s", got == 0 ? "its end" : strerror(errno));
		bytes += got > 0 ? got : 0;
		count -= got > 0 ? (size_t)got : 0;
	}
}

/* Of this thread: fresh memory for each message would be paid for page by page. */
static char *message_buffer(size_t count)
{
	static _Thread_local char *buffer;
	static _Thread_local size_t capacity;

	if (count > capacity) {
		free(buffer);
		buffer = c_alloc(1, count);
		capacity = count;
	}
	return buffer;
}

void c_connection_send(int fd, const void *head, size_t head_bytes, size_t length_bytes)
{
	uint32_t length = (uint32_t)(length_bytes > head_bytes ? length_bytes : head_bytes);
	char *message = message_buffer(sizeof(length) + length);

	memcpy(message, &length, sizeof(length));
	memcpy(message + sizeof(length), head, head_bytes);
	if (length > ONE_WRITE_BYTES) {
		write_all(fd, message, sizeof(length));
		write_all(fd, message + sizeof(length), length);
	} else {
		write_all(fd, message, sizeof(length) + length);
	}
}

void c_connection_receive(int fd, void *head, size_t head_bytes)
{
	uint32_t length;
	char *message;

	read_all(fd, (char *)&length, sizeof(length));
	message = message_buffer(length);
	read_all(fd, message, length);
	memcpy(head, message, head_bytes);
}
