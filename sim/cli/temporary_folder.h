/*
 * temporary_folder.h - a private folder for what is needed only meanwhile.
 */
#ifndef SIM_CLI_TEMPORARY_FOLDER_H
#define SIM_CLI_TEMPORARY_FOLDER_H

#include "sim/base/region.h"

/* A new, empty folder below $TMPDIR or /tmp; NULL with errno set. */
const char *temporary_folder_new(struct region *region);
/* Removes it with all that is in it. */
void temporary_folder_remove(const char *folder);

#endif
