/*
 * fuzz_tools.c - see fuzz.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"

#define REGION_LIMIT_BYTES ((size_t)256 << 20)

int fuzz_file(const uint8_t *data, size_t size, char path[64])
{
	int descriptor = memfd_create("fuzz", MFD_CLOEXEC);

	if (descriptor < 0 || write(descriptor, data, size) != (ssize_t)size)
		abort();
	snprintf(path, 64, "/proc/self/fd/%d", descriptor);
	return descriptor;
}

void fuzz_in_region(void (*use)(struct region *region, const uint8_t *data, size_t size), const uint8_t *data, size_t size)
{
	struct region region;
	jmp_buf full;

	region_init(&region);
	region.limit_bytes = REGION_LIMIT_BYTES;
	region.unwind = &full;
	if (setjmp(full) == 0)
		use(&region, data, size);
	region_release(&region);
}
