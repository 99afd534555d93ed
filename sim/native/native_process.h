/*
 * native_process.h - runs another program to its end, or to the end of its time, and leaves nothing of it behind.
 *
 * The program gets a session of its own; whatever it started is killed with it, also when it ended well
 * and when gilsim is interrupted meanwhile.
 */
#ifndef SIM_NATIVE_NATIVE_PROCESS_H
#define SIM_NATIVE_NATIVE_PROCESS_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/region.h"
#include "sim/base/sim_time.h"
#include "sim/native/native.h"

/* Told each whole line of standard output as it comes, without its newline. */
typedef void native_line_fn(void *context, const char *line);

struct native_command {
	const char *const *argv;	/* NULL-terminated; the first is looked up in PATH */
	/* Called in the child in place of executing argv, which then only names it; its return value is the exit status. NULL: argv
	 * is executed. */
	int (*body)(void *context);
	void *body_context;
	const char *const *environment; /* NULL-terminated "NAME=value" added to gilsim's own; NULL: none */
	sim_ns timeout_ns;		/* counted from the start of the program */
	/* A second limit, counted from the moment of CLOCK_MONOTONIC that the program writes here; it may be
	 * shared memory. NULL: none. */
	const volatile int64_t *clock_started_ns;
	sim_ns limit_ns;
	/* The most memory that it and what it has started had while its clock ran (native_memory.h) is written here; that slows
	 * it. NULL: nobody asks. */
	int64_t *peak_memory_bytes;
	native_line_fn *line; /* may be NULL */
	void *line_context;
};

struct native_output {
	char *output;	  /* standard output, terminated; owned by the region */
	char *last_words; /* the last line of standard error that says something, shortened; "" if there is none */
	int status;	  /* as waitpid() gives it; no meaning when it was killed for its time */
	bool timed_out;	  /* killed after timeout_ns */
	bool limit_reached; /* killed after limit_ns */
};

/* False with a reason when the program could not be started, wrote too much, or gilsim was interrupted; in the
 * last case the signal is raised again before the return. */
bool native_process_run(const struct native_command *command, struct region *region, struct native_output *output,
			struct native_error *error);

/* The signals that mean gilsim shall end: SIGINT, SIGTERM, and SIGHUP where nohup(1) has not switched it off. */
void native_interrupts(sigset_t *set);

/* What became of the program, in words: "exit status 3", "killed by signal 11 (Segmentation fault)". */
const char *native_process_fate(int status, struct region *region);

/* A private folder for one run, under $TMPDIR or /tmp; NULL with a reason on failure. */
char *native_folder_new(struct region *region, struct native_error *error);
/* Removes it with all that is in it. */
void native_folder_remove(const char *folder);
/* Writes a file into it; NULL with a reason on failure, else its path. */
char *native_folder_write(const char *folder, const char *name, const char *text, size_t length_bytes,
			  struct region *region, struct native_error *error);

void native_error_set(struct native_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
