/*
 * test_native_fork.c - a child ends with its parent, whenever that is.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <poll.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/native/native_fork.h"

#define ROUNDS 50
#define PATIENCE_S 10

/* On one CPU the parent is gone before the child has run. Whoever is left keeps the pipe open. */
Test(native_fork, no_child_outlives_a_parent_that_ends_at_once)
{
	struct pollfd closed = { .events = POLLIN };
	cpu_set_t one;
	int ends[2];

	cr_assert(eq(int, pipe(ends), 0));
	CPU_ZERO(&one);
	CPU_SET((size_t)sched_getcpu(), &one);
	cr_assert(eq(int, sched_setaffinity(0, sizeof(one), &one), 0));
	for (int i = 0; i < ROUNDS; i++) {
		pid_t parent = fork();

		if (parent == 0) {
			if (native_fork() == 0) {
				alarm(2 * PATIENCE_S);
				pause();
			}
			_exit(0);
		}
		cr_assert(eq(int, waitpid(parent, NULL, 0), parent));
	}
	close(ends[1]);
	closed.fd = ends[0];
	cr_expect(eq(int, poll(&closed, 1, 1000 * PATIENCE_S), 1), "children are left");
	cr_expect(ne(int, closed.revents &POLLHUP, 0));
}
