/*
 * native_quota.c - see native_quota.h.
 *
 * The new group is a child of this process's own. Version 1: cpu.cfs_period_us and cpu.cfs_quota_us of the hierarchy that
 * has the cpu controller. Version 2: cpu.max, which is there if the parent hands the controller on; a parent that does not,
 * and that may not be told to, allows none. (Documentation/scheduler/sched-bwc.rst, admin-guide/cgroup-v2.rst of Linux.)
 */
#include "sim/native/native_quota.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <mntent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The group's processes have been killed; the kernel may need a moment to take them out. */
#define REMOVE_ATTEMPTS 100

static bool write_text(const char *path, const char *text)
{
	int descriptor = open(path, O_WRONLY | O_CLOEXEC);
	bool written;

	if (descriptor < 0)
		return false;
	written = write(descriptor, text, strlen(text)) == (ssize_t)strlen(text);
	close(descriptor);
	return written;
}

/* Whether `name` is one of a list with commas between them. */
static bool has_item(const char *list, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = list; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
		if (!strncmp(at, name, length) && (at[length] == ',' || at[length] == '\0' || at[length] == '\n'))
			return true;
	return false;
}

/* Where the hierarchy is mounted: of version 1 that with the cpu controller, else of version 2. NULL: nowhere. */
static const char *find_mount(bool *unified, struct region *region)
{
	FILE *stream = setmntent("/proc/self/mounts", "re");
	const char *first = NULL, *second = NULL;
	struct mntent *entry;

	while (stream && (entry = getmntent(stream))) {
		if (!strcmp(entry->mnt_type, "cgroup") && has_item(entry->mnt_opts, "cpu"))
			first = region_strdup(region, entry->mnt_dir);
		else if (!strcmp(entry->mnt_type, "cgroup2"))
			second = region_strdup(region, entry->mnt_dir);
	}
	if (stream)
		endmntent(stream);
	*unified = !first;
	return first ? first : second;
}

/* This process's group in that hierarchy: the path after the second colon of its line. */
static const char *find_own(bool unified, struct region *region)
{
	FILE *stream = fopen("/proc/self/cgroup", "re");
	char line[4096];
	const char *path = "";

	while (stream && fgets(line, sizeof(line), stream)) {
		char *controllers = strchr(line, ':'), *end;

		if (!controllers || !(end = strchr(controllers + 1, ':')))
			continue;
		*end = '\0';
		if (unified ? controllers[1] == '\0' : has_item(controllers + 1, "cpu"))
			path = region_strndup(region, end + 1, strcspn(end + 1, "\n"));
	}
	if (stream)
		fclose(stream);
	return path;
}

/* The folder of the own group; in a container its path may be that outside, then it is the mount's root. */
static const char *find_parent(bool *unified, struct region *region)
{
	const char *mount = find_mount(unified, region), *parent;

	if (!mount)
		return NULL;
	parent = region_format(region, "%s%s", mount, find_own(*unified, region));
	return access(parent, F_OK) == 0 ? parent : mount;
}

static bool set_limit(const char *folder, bool unified, double cores, sim_ns period_ns, struct region *region)
{
	long long period_us = period_ns / SIM_US, quota_us = llround(cores * (double)period_us);

	if (unified)
		return write_text(region_format(region, "%s/cpu.max", folder),
				  region_format(region, "%lld %lld", quota_us, period_us));
	return write_text(region_format(region, "%s/cpu.cfs_period_us", folder),
			  region_format(region, "%lld", period_us)) &&
	       write_text(region_format(region, "%s/cpu.cfs_quota_us", folder),
			  region_format(region, "%lld", quota_us));
}

bool native_quota_begin(struct native_quota *quota, double cores, sim_ns period_ns, struct region *region,
			struct native_error *error)
{
	bool unified;
	const char *parent = find_parent(&unified, region);
	const char *folder;

	*quota = (struct native_quota){ 0 };
	if (!parent) {
		native_error_set(error, "a CPU quota cannot be set: no cgroup hierarchy with the cpu controller is mounted");
		return false;
	}
	folder = region_format(region, "%s/gilsim-%d", parent, (int)getpid());
	if (mkdir(folder, 0755) != 0 && errno != EEXIST) {
		native_error_set(error, "a CPU quota cannot be set: %s: %s", folder, strerror(errno));
		return false;
	}
	if (unified)
		write_text(region_format(region, "%s/cgroup.subtree_control", parent), "+cpu");
	if (!set_limit(folder, unified, cores, period_ns, region)) {
		native_error_set(error, "a CPU quota cannot be set: %s: %s", folder, strerror(errno));
		rmdir(folder);
		return false;
	}
	quota->folder = folder;
	quota->enter = region_format(region, "%s/cgroup.procs", folder);
	quota->leave = region_format(region, "%s/cgroup.procs", parent);
	return true;
}

void native_quota_end(struct native_quota *quota)
{
	for (int attempt = 0; quota->folder && attempt < REMOVE_ATTEMPTS; attempt++) {
		if (rmdir(quota->folder) == 0 || errno != EBUSY)
			break;
		usleep(1000);
	}
	quota->folder = NULL;
}

bool native_quota_is_allowed(void)
{
	struct native_quota quota;
	struct native_error unheard;
	struct region region;
	bool allowed;

	region_init(&region);
	allowed = native_quota_begin(&quota, 1, 100 * SIM_MS, &region, &unheard);
	native_quota_end(&quota);
	region_release(&region);
	return allowed;
}
