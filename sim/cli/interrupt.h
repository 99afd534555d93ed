/*
 * interrupt.h - ^C: the command stops at the next place where it can, and prints what it has.
 *
 * A second ^C ends the program at once.
 */
#ifndef SIM_CLI_INTERRUPT_H
#define SIM_CLI_INTERRUPT_H

#include <signal.h>
#include <stdbool.h>

/* From here on SIGINT, SIGTERM and SIGHUP are noted instead of ending the program. */
void interrupt_watch(void);
bool interrupt_seen(void);
/* Not 0 once it was seen: for loops that know nothing of commands. */
const volatile sig_atomic_t *interrupt_flag(void);

/*
 * Ends the command when so many seconds of real time have passed: where it can, as after ^C, once interrupt_watch() was
 * called; before that (nothing has been written yet) at once. 0: never.
 */
void interrupt_after(double seconds);
/* The status of a command that was interrupted: STATUS_INTERRUPTED, or at the end of its time STATUS_FAILED_EXPECTATION,
 * which it says on standard error. */
int interrupt_status(void);

#endif
