/*
 * native_fork.c - fork() with the parent's death signal.
 */
#include "sim/native/native_fork.h"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

pid_t native_fork(void)
{
	pid_t parent = getpid();
	pid_t child = fork();

	if (child != 0)
		return child;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* Of a parent that is gone already no signal comes. */
	if (getppid() != parent)
		_exit(127);
	return 0;
}
