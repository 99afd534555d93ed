/*
 * profile_files.h - where profiles lie.
 *
 * Shipped ones in machines/ of the data folder, the host's own calibrations in the user's cache,
 * $XDG_CACHE_HOME/gilsim/profiles or ~/.cache/gilsim/profiles.
 */
#ifndef SIM_PROFILE_PROFILE_FILES_H
#define SIM_PROFILE_PROFILE_FILES_H

#include "sim/base/region.h"

/* The user's folder of calibrations; NULL when there is no home. It need not exist yet. */
const char *profile_cache_directory(struct region *region);

/* The names of all profiles that profile_load() would find without a path: "ideal", the shipped
 * ones, the user's own; in that order, each part sorted. `*count` receives how many. */
const char *const *profile_list(struct region *region, size_t *count);

#endif
