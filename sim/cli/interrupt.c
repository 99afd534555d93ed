/*
 * interrupt.c - notes ^C.
 *
 * Some senders (timeout(1), a shell that signals a process and its group) deliver the same wish twice
 * within an instant; so only a signal that comes a while after the first ends the program.
 */
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "sim/cli/cli.h"
#include "sim/cli/interrupt.h"

#define SAME_WISH_S 0.5

static volatile sig_atomic_t seen;
static struct timespec first_time;

static void note_signal(int number)
{
	struct timespec now;

	(void)number;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!seen) {
		first_time = now;
		seen = 1;
	} else if ((double)(now.tv_sec - first_time.tv_sec) + (double)(now.tv_nsec - first_time.tv_nsec) / 1e9 >
		   SAME_WISH_S) {
		_exit(STATUS_INTERRUPTED);
	}
}

void interrupt_watch(void)
{
	struct sigaction action = { .sa_handler = note_signal, .sa_flags = SA_RESTART };

	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

bool interrupt_seen(void)
{
	return seen != 0;
}

const volatile sig_atomic_t *interrupt_flag(void)
{
	return &seen;
}
