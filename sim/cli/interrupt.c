/*
 * interrupt.c - notes ^C.
 *
 * Some senders (timeout(1), a shell that signals a process and its group) deliver the same wish twice
 * within an instant; so only a signal that comes a while after the first ends the program.
 */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "sim/base/wish.h"
#include "sim/cli/cli.h"
#include "sim/cli/interrupt.h"

#define SAME_WISH_S 0.5

static const char time_is_up[] = "gilsim: stopped: the time is up (--max-time)\n";

static volatile sig_atomic_t seen, is_watched, has_timed_out;
static struct timespec first_time;

static void note_signal(int number)
{
	struct timespec now;

	(void)number;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!interrupt_seen()) {
		first_time = now;
		wish_utter(&seen);
	} else if ((double)(now.tv_sec - first_time.tv_sec) + (double)(now.tv_nsec - first_time.tv_nsec) / 1e9 >
		   SAME_WISH_S) {
		_exit(STATUS_INTERRUPTED);
	}
}

void interrupt_watch(void)
{
	struct sigaction action = { .sa_handler = note_signal, .sa_flags = SA_RESTART }, before;

	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	/* A terminal that is closed; nohup(1) has it ignored. */
	if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
		sigaction(SIGHUP, &action, NULL);
	is_watched = 1;
}

static void note_time(int number)
{
	(void)number;
	if (!is_watched) {
		if (write(STDERR_FILENO, time_is_up, sizeof(time_is_up) - 1) < 0)
			_exit(STATUS_ENVIRONMENT);
		_exit(STATUS_FAILED_EXPECTATION);
	}
	has_timed_out = 1;
	wish_utter(&seen);
}

void interrupt_after(double seconds)
{
	struct sigaction action = { .sa_handler = note_time, .sa_flags = SA_RESTART };
	struct itimerval timer = { .it_value = { .tv_sec = (time_t)seconds } };

	timer.it_value.tv_usec = (suseconds_t)((seconds - floor(seconds)) * 1e6);
	sigemptyset(&action.sa_mask);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
}

int interrupt_status(void)
{
	if (!has_timed_out)
		return STATUS_INTERRUPTED;
	fputs(time_is_up, stderr);
	return STATUS_FAILED_EXPECTATION;
}

bool interrupt_seen(void)
{
	return wish_is_uttered(&seen);
}

const volatile sig_atomic_t *interrupt_flag(void)
{
	return &seen;
}
