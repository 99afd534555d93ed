/*
 * c_pipe.c - see c_pipe.h.
 */
#include "sim/native_c/c_pipe.h"

#include <poll.h>
#include <unistd.h>

#include "sim/native_c/c_process.h"

enum { READ_END, WRITE_END };

void *c_pipe_make(void)
{
	int *fds = c_alloc(2, sizeof(*fds));

	if (pipe(fds) < 0)
		c_die("cannot make a pipe");
	return fds;
}

static int end_of(const struct step *step, int end)
{
	return ((const int *)c_run.objects[step->resource])[end];
}

void c_step_send(struct c_instance *self, const struct step *step)
{
	int64_t value = c_value(self, step->value);

	if (self->leaving == C_LEAVING_NOT)
		c_connection_send(end_of(step, WRITE_END), &value, sizeof(value), (size_t)step->bytes);
}

/* connection.poll(timeout) */
static bool is_readable_in_time(int fd, sim_ns timeout_ns)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	int ready;

	c_release_gil();
	ready = poll(&poll_fd, 1, (int)((timeout_ns + SIM_MS - 1) / SIM_MS));
	c_take_gil();
	return ready > 0;
}

void c_step_recv(struct c_instance *self, const struct step *step)
{
	int fd = end_of(step, READ_END);
	int64_t value;

	if (step->timeout_ns != TIMEOUT_NONE && !is_readable_in_time(fd, step->timeout_ns)) {
		c_raise(self, EXCEPTION_EMPTY);
		return;
	}
	c_connection_receive(fd, &value, sizeof(value));
	c_store(self, step->variable, value);
}
