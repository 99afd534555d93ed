/*
 * output_file.c - a file that is either complete or as it was before.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/cli/output_file.h"
#include "sim/results/stream.h"

/* Opens a new file beside `path`, with the rights that creating `path` itself would give. */
static FILE *open_beside(struct output_file *file, struct region *region)
{
	char *temporary = region_format(region, "%s.XXXXXX", file->path);
	int descriptor = mkstemp(temporary);
	mode_t mask = umask(0);
	FILE *stream;

	umask(mask);
	if (descriptor < 0)
		return NULL;
	file->temporary = temporary;
	stream = fchmod(descriptor, 0666 & ~mask) == 0 ? fdopen(descriptor, "w") : NULL;
	if (!stream) {
		int failure = errno;

		close(descriptor);
		unlink(temporary);
		errno = failure;
	}
	return stream;
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
	if (fclose(file->stream) != 0 && complete) {
		complete = false;
		failure = errno;
	}
	if (complete && file->temporary && rename(file->temporary, file->path) != 0) {
		complete = false;
		failure = errno;
	}
	if (!complete && file->temporary)
		unlink(file->temporary);
	errno = failure;
	return complete;
}

void output_file_discard(struct output_file *file)
{
	if (!file->path)
		return;
	fclose(file->stream);
	if (file->temporary)
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
