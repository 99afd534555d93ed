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

struct memory {
	int64_t own_bytes;  /* in proportion to how many processes share a page */
	int64_t code_bytes; /* of the interpreter's files, however many share them */
};

enum mapping { OF_PROGRAM, OF_INTERPRETER, OF_HARNESS };

/* By the first line of its lines in smaps, which ends with the name of its file. */
static enum mapping mapping_of(const char *line)
{
	if (strstr(line, "gilsim-records"))
		return OF_HARNESS; /* where it notes times: not the program's */
	return strstr(line, "python") ? OF_INTERPRETER : OF_PROGRAM;
}

static void add_mapping(struct memory *memory, enum mapping mapping, long long rss_kib, long long pss_kib,
			long long anonymous_kib)
{
	switch (mapping) {
	case OF_PROGRAM:
		memory->own_bytes += pss_kib * 1024;
		break;
	case OF_INTERPRETER:
		memory->own_bytes += (pss_kib < anonymous_kib ? pss_kib : anonymous_kib) * 1024;
		memory->code_bytes += (rss_kib - anonymous_kib) * 1024;
		break;
	case OF_HARNESS:
		break;
	}
}

static struct memory memory_of(const char *process)
{
	FILE *stream = open_of(process, "smaps");
	struct memory memory = { 0 };
	enum mapping mapping = OF_PROGRAM;
	long long rss_kib = 0, pss_kib = 0, anonymous_kib;
	char line[512];

	if (!stream)
		return memory;
	while (fgets(line, sizeof(line), stream)) {
		if (strchr("0123456789abcdef", line[0]))
			mapping = mapping_of(line);
		else if (sscanf(line, "Rss: %lld kB", &rss_kib) == 1 || sscanf(line, "Pss: %lld kB", &pss_kib) == 1)
			continue;
		else if (sscanf(line, "Anonymous: %lld kB", &anonymous_kib) == 1)
			add_mapping(&memory, mapping, rss_kib, pss_kib, anonymous_kib);
	}
	fclose(stream);
	return memory;
}

int64_t native_memory_of_session(pid_t session)
{
	DIR *processes = opendir("/proc");
	const struct dirent *entry;
	int64_t own_bytes = 0, code_bytes = 0;

	if (!processes)
		return 0;
	while ((entry = readdir(processes))) {
		struct memory memory;

		if (entry->d_name[0] < '1' || entry->d_name[0] > '9' || !is_in_session(entry->d_name, session))
			continue;
		memory = memory_of(entry->d_name);
		own_bytes += memory.own_bytes;
		if (memory.code_bytes > code_bytes)
			code_bytes = memory.code_bytes;
	}
	closedir(processes);
	return own_bytes + code_bytes;
}
