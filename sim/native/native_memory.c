/*
 * native_memory.c - see native_memory.h.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "sim/native/native_memory.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Opens a file of a process; NULL when it has gone. */
static FILE *open_of(const char *process, const char *file)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%.16s/%s", process, file);
	return fopen(path, "re");
}

/* The sixth field of /proc/PID/stat; the second is the program's name in brackets, which may hold anything. */
static bool is_in_session(const char *process, pid_t session)
{
	FILE *stream = open_of(process, "stat");
	char text[512];
	size_t length;
	const char *behind_name;
	int its_session = -1;

	if (!stream)
		return false;
	length = fread(text, 1, sizeof(text) - 1, stream);
	fclose(stream);
	text[length] = '\0';
	behind_name = strrchr(text, ')');
	return behind_name && sscanf(behind_name, ") %*c %*d %*d %d", &its_session) == 1 && its_session == session;
}

static int64_t memory_of(const char *process)
{
	FILE *stream = open_of(process, "smaps_rollup");
	char line[256];
	long long kilobytes = 0;

	if (!stream)
		return 0;
	while (fgets(line, sizeof(line), stream))
		if (sscanf(line, "Pss: %lld kB", &kilobytes) == 1)
			break;
	fclose(stream);
	return kilobytes * 1024;
}

int64_t native_memory_of_session(pid_t session)
{
	DIR *processes = opendir("/proc");
	const struct dirent *entry;
	int64_t bytes = 0;

	if (!processes)
		return 0;
	while ((entry = readdir(processes)))
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' && is_in_session(entry->d_name, session))
			bytes += memory_of(entry->d_name);
	closedir(processes);
	return bytes;
}
