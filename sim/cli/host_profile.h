/*
 * host_profile.h - this host's own calibrations: measured when they are missing, then kept.
 */
#ifndef SIM_CLI_HOST_PROFILE_H
#define SIM_CLI_HOST_PROFILE_H

#include "sim/base/region.h"
#include "sim/native/native.h"
#include "sim/profile/profile.h"

/* Where the calibration for this interpreter is kept: HOST-VERSION.yaml in the user's cache; NULL (and a message)
 * when there is no home. */
const char *host_profile_path(const struct native_python *python, struct region *region);

/* Measures the machine and the interpreters, with progress on standard error, and in the end, if `is_verbose`, what each
 * measurement took. NULL after a message, also on ^C. */
struct profile *host_profile_measure(const char *name, const struct native_python *pythons, size_t count,
				     bool is_verbose, struct region *region);

/* Writes a profile to `path`, making its folder; false after a message. */
bool host_profile_save(const struct profile *profile, const char *path, struct region *region);

/* Whether the file holds a complete calibration of this interpreter under the kernel that runs now. */
bool host_profile_is_current(const char *path, const struct native_python *python, struct region *region);

/* The path of a calibration of this interpreter on this host and kernel: the kept one, else a new one. NULL after a
 * message. */
const char *host_profile_obtain(const struct native_python *python, struct region *region);

#endif
