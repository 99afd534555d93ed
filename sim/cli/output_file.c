/*
 * output_file.c - a file that is either complete or as it was before.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/cli/output_file.h"
#include "sim/results/stream.h"

static const char *folder_of(const char *path, struct region *region)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return ".";
	return slash == path ? "/" : region_strndup(region, path, (size_t)(slash - path));
}

/*
 * Opens a new file in the folder of `path`, with the rights that creating `path` itself would give. It has no name
 * until it is complete, so that not even SIGKILL leaves a part of it behind; where the file system cannot do that, a
 * temporary one. A file that has no name can get a new one but not replace another, so that for an instant the whole
 * file stands beside the old one.
 */
static FILE *open_beside(struct output_file *file, struct region *region)
{
	int descriptor = open(folder_of(file->path, region), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
	mode_t mask;
	FILE *stream;

	file->temporary = region_format(region, "%s.XXXXXX", file->path);
	file->is_nameless = descriptor >= 0;
	if (!file->is_nameless) {
		descriptor = mkostemp(file->temporary, O_CLOEXEC);
		mask = umask(0);
		umask(mask);
		if (descriptor < 0)
			return NULL;
		fchmod(descriptor, 0666 & ~mask);
	}
	stream = fdopen(descriptor, "w");
	if (!stream) {
		int failure = errno;

		close(descriptor);
		if (!file->is_nameless)
			unlink(file->temporary);
		errno = failure;
	}
	return stream;
}

/* Gives the nameless file the temporary name: one that nothing has. */
static bool give_name(struct output_file *file)
{
	char *open_file;
	bool named = false;

	if (asprintf(&open_file, "/proc/self/fd/%d", fileno(file->stream)) < 0)
		return false;
	for (int tries = 0; tries < 100 && !named; tries++) {
		/* linkat() refuses a name that is taken. */
		snprintf(file->temporary + strlen(file->path) + 1, 7, "%06x", (unsigned)(getpid() + tries) & 0xffffffu);
		named = linkat(AT_FDCWD, open_file, AT_FDCWD, file->temporary, AT_SYMLINK_FOLLOW) == 0;
		if (!named && errno != EEXIST)
			break;
	}
	free(open_file);
	return named;
}

bool output_file_is_possible(const char *path, struct region *region)
{
	struct stat status;

	if (!path || !strcmp(path, "-"))
		return true;
	if (stat(path, &status) != 0 || S_ISREG(status.st_mode))
		return access(folder_of(path, region), W_OK | X_OK) == 0;
	errno = EISDIR;
	return !S_ISDIR(status.st_mode) && access(path, W_OK) == 0;
}

bool output_file_open(struct output_file *file, const char *path, struct region *region)
{
	struct stat status;

	*file = (struct output_file){ .path = path };
	if (!path || !strcmp(path, "-")) {
		file->path = NULL;
		file->stream = stdout;
		return true;
	}
	if (stat(path, &status) == 0 && !S_ISREG(status.st_mode))
		file->stream = fopen(path, "we");
	else
		file->stream = open_beside(file, region);
	return file->stream != NULL;
}

bool output_file_close(struct output_file *file)
{
	bool complete = stream_finish(file->stream);
	int failure = errno;

	if (!file->path)
		return complete;
	if (complete && file->is_nameless) {
		complete = give_name(file);
		file->is_nameless = !complete;
		failure = errno;
	}
	if (fclose(file->stream) != 0 && complete) {
		complete = false;
		failure = errno;
	}
	if (complete && file->temporary && rename(file->temporary, file->path) != 0) {
		complete = false;
		failure = errno;
	}
	if (!complete && file->temporary && !file->is_nameless)
		unlink(file->temporary);
	errno = failure;
	return complete;
}

void output_file_discard(struct output_file *file)
{
	if (!file->path)
		return;
	fclose(file->stream);
	if (file->temporary && !file->is_nameless)
		unlink(file->temporary);
}

bool make_folders(const char *path, struct region *region)
{
	char *folder = region_strdup(region, path);

	for (char *slash = strchr(folder + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(folder, 0777) != 0 && errno != EEXIST)
			return false;
		*slash = '/';
	}
	return mkdir(folder, 0777) == 0 || errno == EEXIST;
}
