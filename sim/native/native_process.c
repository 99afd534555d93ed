/*
 * native_process.c - runs another program with a time limit.
 *
 * The program leads a session, so its process group holds all that it forks. Its end is waited for with
 * WNOWAIT: as long as the leader is not reaped, no one else can get the group's number, and the group
 * can be killed without hitting a stranger. Meanwhile gilsim is the reaper of orphans, so that
 * waitpid() tells when the last of them is gone. Should gilsim itself be killed, a guard kills the group.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "sim/native/native_process.h"
#include "sim/native/native_fork.h"
#include "sim/native/native_memory.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* More than any honest answer; a program that prints endlessly is stopped here. */
#define OUTPUT_LIMIT_BYTES ((size_t)64 << 20)
/* Enough of standard error to find its last line in. */
#define ERROR_TAIL_BYTES 4096

void native_error_set(struct native_error *error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(error->text, sizeof(error->text), format, arguments);
	va_end(arguments);
}

static int64_t wall_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * SIM_S + now.tv_nsec;
}

/* So often the memory is looked at, where that is asked for. */
#define MEMORY_INTERVAL_NS SIM_MS

struct running {
	const struct native_command *command;
	struct region *region;
	pid_t pid, guard;
	int pid_fd, out_fd, err_fd, signal_fd, guard_fd; /* -1: closed or none */
	char *output;
	size_t output_bytes, output_capacity;
	size_t line_start; /* of the line that is not complete yet */
	char error_tail[ERROR_TAIL_BYTES + 1];
	size_t error_bytes;
	int64_t started_ns;
	bool ended;
	bool timed_out, limit_reached, too_long;
	int interrupted_by; /* signal; 0: none */
};

/* As an executed program finds them: none is caught by this one's handlers. */
static void reset_signals(void)
{
	static const int caught[] = { SIGINT, SIGTERM, SIGHUP, SIGALRM, SIGPIPE };

	for (size_t i = 0; i < sizeof(caught) / sizeof(caught[0]); i++)
		signal(caught[i], SIG_DFL);
}

/* Between fork and exec: only what is safe there. */
static _Noreturn void become_program(const struct native_command *command, char **environment, int out_fd,
				     int err_fd, int report_fd, const sigset_t *mask)
{
	int null_fd = open("/dev/null", O_RDONLY);
	int failure;

	setsid();
	if (null_fd < 0 || dup2(null_fd, 0) < 0 || dup2(out_fd, 1) < 0 || dup2(err_fd, 2) < 0)
		goto fail;
	signal(SIGINT, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, mask, NULL);
	if (command->body) {
		close(report_fd); /* it runs: as exec() would have told */
		reset_signals();
		_exit(command->body(command->body_context));
	}
	execvpe(command->argv[0], (char *const *)command->argv, environment);
fail:
	failure = errno;
	while (write(report_fd, &failure, sizeof(failure)) < 0 && errno == EINTR)
		continue;
	_exit(127);
}

/* gilsim's environment with the command's entries instead of those of the same name. */
static char **environment_new(const struct native_command *command, struct region *region)
{
	size_t own = 0, added = 0, count = 0;
	char **environment;

	while (environ[own])
		own++;
	while (command->environment && command->environment[added])
		added++;
	environment = region_alloc_array(region, own + added + 1, sizeof(*environment));
	for (size_t i = 0; i < own; i++) {
		bool replaced = false;

		for (size_t k = 0; k < added && !replaced; k++) {
			size_t name_length = strcspn(command->environment[k], "=") + 1;

			replaced = strncmp(environ[i], command->environment[k], name_length) == 0;
		}
		if (!replaced)
			environment[count++] = environ[i];
	}
	for (size_t k = 0; k < added; k++)
		environment[count++] = region_strdup(region, command->environment[k]);
	return environment;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/*
 * SIGKILL to gilsim ends the program (PR_SET_PDEATHSIG), but not what it has forked: servers' workers would listen for ever.
 * The guard sleeps until gilsim's end of a pipe is closed, which only gilsim's end does, and kills the group. In a session of
 * its own it outlives a signal to gilsim's group. Where no process is to be had, the program runs without.
 */
static void start_guard(struct running *running)
{
	int ends[2];
	char word;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return;
	running->guard = fork();
	if (running->guard == 0) {
		setsid();
		close(ends[1]);
		while (read(ends[0], &word, 1) < 0 && errno == EINTR)
			continue;
		kill(-running->pid, SIGKILL);
		_exit(0);
	}
	close(ends[0]);
	running->guard_fd = ends[1];
}

/* Before the group's number can become a stranger's. */
static void dismiss_guard(struct running *running)
{
	if (running->guard > 0) {
		kill(running->guard, SIGKILL);
		while (waitpid(running->guard, NULL, 0) < 0 && errno == EINTR)
			continue;
	}
	close_fd(&running->guard_fd);
}

static bool start_program(struct running *running, const sigset_t *mask, struct native_error *error)
{
	const char *name = running->command->argv[0];
	char **environment = environment_new(running->command, running->region);
	int out[2] = { -1, -1 }, err[2] = { -1, -1 }, report[2] = { -1, -1 };
	int failure = 0;
	ssize_t got;

	if (pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0 || pipe2(report, O_CLOEXEC) < 0)
		goto fail;
	running->started_ns = wall_now_ns();
	running->pid = native_fork();
	if (running->pid < 0)
		goto fail;
	if (running->pid == 0)
		become_program(running->command, environment, out[1], err[1], report[1], mask);
	close_fd(&out[1]);
	close_fd(&err[1]);
	close_fd(&report[1]);
	while ((got = read(report[0], &failure, sizeof(failure))) < 0 && errno == EINTR)
		continue;
	close_fd(&report[0]);
	running->out_fd = out[0];
	running->err_fd = err[0];
	if (got > 0) {
		while (waitpid(running->pid, NULL, 0) < 0 && errno == EINTR)
			continue;
		running->pid = 0;
		native_error_set(error, "cannot run '%s': %s", name, strerror(failure));
		return false;
	}
	start_guard(running);
	fcntl(out[0], F_SETFL, O_NONBLOCK);
	fcntl(err[0], F_SETFL, O_NONBLOCK);
	running->pid_fd = (int)syscall(SYS_pidfd_open, running->pid, 0);
	return true;
fail:
	native_error_set(error, "cannot run '%s': %s", name, strerror(errno));
	for (int end = 0; end < 2; end++) {
		close_fd(&out[end]);
		close_fd(&err[end]);
		close_fd(&report[end]);
	}
	running->pid = 0;
	return false;
}

/* Hands on the lines that have become complete. */
static void tell_lines(struct running *running)
{
	char *end;

	if (!running->command->line)
		return;
	while ((end = memchr(running->output + running->line_start, '\n',
			     running->output_bytes - running->line_start))) {
		*end = '\0';
		running->command->line(running->command->line_context, running->output + running->line_start);
		*end = '\n';
		running->line_start = (size_t)(end - running->output) + 1;
	}
}

/* Takes what there is to read; closes the pipe at its end. */
static void read_output(struct running *running)
{
	for (;;) {
		ssize_t got;

		if (running->output_capacity - running->output_bytes < 4096) {
			running->output_capacity = 2 * running->output_capacity + 8192;
			running->output = region_resize(running->region, running->output, running->output_capacity);
		}
		got = read(running->out_fd, running->output + running->output_bytes,
			   running->output_capacity - running->output_bytes - 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EAGAIN)
			break;
		if (got <= 0) {
			close_fd(&running->out_fd);
			break;
		}
		running->output_bytes += (size_t)got;
		if (running->output_bytes > OUTPUT_LIMIT_BYTES) {
			running->too_long = true;
			break;
		}
	}
	running->output[running->output_bytes] = '\0';
	tell_lines(running);
}

static void read_errors(struct running *running)
{
	char piece[1024];

	for (;;) {
		ssize_t got = read(running->err_fd, piece, sizeof(piece));
		size_t length, excess;

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EAGAIN)
			return;
		if (got <= 0) {
			close_fd(&running->err_fd);
			return;
		}
		length = (size_t)got;
		excess = running->error_bytes + length > ERROR_TAIL_BYTES
				 ? running->error_bytes + length - ERROR_TAIL_BYTES
				 : 0;
		memmove(running->error_tail, running->error_tail + excess, running->error_bytes - excess);
		running->error_bytes -= excess;
		memcpy(running->error_tail + running->error_bytes, piece, length);
		running->error_bytes += length;
	}
}

/* How long to wait for the next thing to happen, in ms; notes which limit has passed. */
static int next_wait_ms(struct running *running)
{
	const struct native_command *command = running->command;
	int64_t now_ns = wall_now_ns();
	int64_t left_ns = SIM_NS_MAX;

	if (command->timeout_ns < SIM_NS_MAX) {
		left_ns = command->timeout_ns - (now_ns - running->started_ns);
		running->timed_out = left_ns <= 0;
	}
	if (command->clock_started_ns && command->limit_ns < SIM_NS_MAX) {
		/* Before its clock has started a program has at least the whole limit left; it is looked at no
		 * more often than needed, because looking takes a core from what is measured. */
		int64_t clock_ns = __atomic_load_n(command->clock_started_ns, __ATOMIC_RELAXED);
		int64_t limit_left_ns = clock_ns ? command->limit_ns - (now_ns - clock_ns) : command->limit_ns;

		running->limit_reached = limit_left_ns <= 0;
		if (limit_left_ns < left_ns)
			left_ns = limit_left_ns;
	}
	if (left_ns <= 0)
		return 0;
	if (command->peak_memory_bytes && left_ns > MEMORY_INTERVAL_NS)
		left_ns = MEMORY_INTERVAL_NS;
	return left_ns > 3600 * SIM_S ? 3600 * 1000 : (int)(left_ns / SIM_MS) + 1;
}

static void watch_memory(const struct running *running)
{
	const struct native_command *command = running->command;
	int64_t bytes;

	if (!command->peak_memory_bytes || !__atomic_load_n(command->clock_started_ns, __ATOMIC_RELAXED))
		return;
	bytes = native_memory_of_session(running->pid);
	if (bytes > *command->peak_memory_bytes)
		*command->peak_memory_bytes = bytes;
}

/* Until the program has ended, its time is up, or gilsim is interrupted. What it started may hold the
 * pipes open for longer; that is not waited for. */
static void watch_program(struct running *running)
{
	while (!running->ended) {
		int wait_ms = next_wait_ms(running);
		struct pollfd fds[4] = {
			{ .fd = running->out_fd, .events = POLLIN },
			{ .fd = running->err_fd, .events = POLLIN },
			{ .fd = running->signal_fd, .events = POLLIN },
			{ .fd = running->pid_fd, .events = POLLIN },
		};

		if (running->timed_out || running->limit_reached || running->too_long)
			return;
		/* Without pidfd (before Linux 5.3) the end of both pipes must do. */
		if (running->pid_fd < 0 && running->out_fd < 0 && running->err_fd < 0)
			return;
		if (poll(fds, 4, wait_ms) < 0 && errno != EINTR)
			return;
		watch_memory(running);
		if (fds[0].revents)
			read_output(running);
		if (fds[1].revents)
			read_errors(running);
		if (fds[2].revents) {
			struct signalfd_siginfo information;

			if (read(running->signal_fd, &information, sizeof(information)) ==
			    (ssize_t)sizeof(information)) {
				running->interrupted_by = (int)information.ssi_signo;
				return;
			}
		}
		if (fds[3].revents)
			running->ended = true;
	}
}

/* Kills what is left of the program and everything that it started; returns the leader's status. */
static int end_program(struct running *running)
{
	siginfo_t information;
	int status = 0;
	bool must_kill =
		running->timed_out || running->limit_reached || running->too_long || running->interrupted_by != 0;

	if (must_kill)
		kill(-running->pid, SIGKILL);
	while (waitid(P_PID, (id_t)running->pid, &information, WEXITED | WNOWAIT) < 0 && errno == EINTR)
		continue;
	kill(-running->pid, SIGKILL);
	dismiss_guard(running);
	if (running->out_fd >= 0)
		read_output(running);
	if (running->err_fd >= 0)
		read_errors(running);
	while (waitpid(running->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	for (;;) {
		pid_t orphan = waitpid(-running->pid, NULL, 0);

		if (orphan < 0 && errno != EINTR)
			break;
	}
	return status;
}

/* The last line that has a visible character, without what a terminal would obey. */
static char *last_line(struct running *running)
{
	char *tail = running->error_tail;
	size_t end = running->error_bytes, start;

	while (end > 0 && (unsigned char)tail[end - 1] <= ' ')
		end--;
	start = end;
	while (start > 0 && tail[start - 1] != '\n' && end - start < 200)
		start--;
	for (size_t i = start; i < end; i++) {
		if ((unsigned char)tail[i] < ' ' || (unsigned char)tail[i] == 127)
			tail[i] = '?';
	}
	return region_strndup(running->region, tail + start, end - start);
}

void native_interrupts(sigset_t *set)
{
	struct sigaction action;

	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	if (sigaction(SIGHUP, NULL, &action) == 0 && action.sa_handler != SIG_IGN)
		sigaddset(set, SIGHUP);
}

bool native_process_run(const struct native_command *command, struct region *region, struct native_output *output,
			struct native_error *error)
{
	struct running running = {
		.command = command, .region = region, .pid_fd = -1, .out_fd = -1, .err_fd = -1, .signal_fd = -1, .guard_fd = -1
	};
	sigset_t interrupts, mask;
	int was_reaper = 0;
	bool ok;

	memset(output, 0, sizeof(*output));
	running.output_capacity = 8192;
	running.output = region_alloc(region, running.output_capacity);

	native_interrupts(&interrupts);
	pthread_sigmask(SIG_BLOCK, &interrupts, &mask);
	running.signal_fd = signalfd(-1, &interrupts, SFD_CLOEXEC | SFD_NONBLOCK);
	prctl(PR_GET_CHILD_SUBREAPER, &was_reaper);
	prctl(PR_SET_CHILD_SUBREAPER, 1);

	ok = start_program(&running, &mask, error);
	if (ok) {
		watch_program(&running);
		output->status = end_program(&running);
		output->output = running.output;
		output->last_words = last_line(&running);
		output->timed_out = running.timed_out;
		output->limit_reached = running.limit_reached;
	}

	close_fd(&running.out_fd);
	close_fd(&running.err_fd);
	close_fd(&running.pid_fd);
	close_fd(&running.signal_fd);
	prctl(PR_SET_CHILD_SUBREAPER, was_reaper);
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
	if (running.interrupted_by) {
		native_error_set(error, "interrupted while '%s' ran", command->argv[0]);
		raise(running.interrupted_by);
		return false;
	}
	if (running.too_long) {
		native_error_set(error, "'%s' printed more than %zu MiB", command->argv[0],
				 OUTPUT_LIMIT_BYTES >> 20);
		return false;
	}
	return ok;
}

const char *native_process_fate(int status, struct region *region)
{
	if (WIFEXITED(status))
		return region_format(region, "exit status %d", WEXITSTATUS(status));
	if (WIFSIGNALED(status))
		return region_format(region, "killed by signal %d (%s)", WTERMSIG(status),
				     strsignal(WTERMSIG(status)));
	return region_format(region, "status 0x%x", (unsigned)status);
}

char *native_folder_new(struct region *region, struct native_error *error)
{
	const char *parent = getenv("TMPDIR");
	char *folder = region_format(region, "%s/gilsim-XXXXXX", parent && parent[0] == '/' ? parent : "/tmp");

	if (mkdtemp(folder))
		return folder;
	native_error_set(error, "cannot make a temporary folder '%s': %s", folder, strerror(errno));
	return NULL;
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *position)
{
	(void)status;
	(void)kind;
	(void)position;
	remove(path);
	return 0;
}

void native_folder_remove(const char *folder)
{
	nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

char *native_folder_write(const char *folder, const char *name, const char *text, size_t length_bytes,
			  struct region *region, struct native_error *error)
{
	char *path = region_format(region, "%s/%s", folder, name);
	FILE *stream = fopen(path, "we");
	bool ok = stream != NULL;

	if (ok) {
		ok = fwrite(text, 1, length_bytes, stream) == length_bytes;
		ok = fclose(stream) == 0 && ok;
	}
	if (ok)
		return path;
	native_error_set(error, "cannot write '%s': %s", path, strerror(errno));
	return NULL;
}
