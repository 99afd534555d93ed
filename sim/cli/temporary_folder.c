/*
 * temporary_folder.c - see temporary_folder.h.
 */
#include "sim/cli/temporary_folder.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

const char *temporary_folder_new(struct region *region)
{
	const char *parent = getenv("TMPDIR");
	char *folder = region_format(region, "%s/gilsim-XXXXXX", parent && *parent ? parent : "/tmp");

	return mkdtemp(folder);
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *position)
{
	(void)status;
	(void)kind;
	(void)position;
	return remove(path);
}

void temporary_folder_remove(const char *folder)
{
	nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}
