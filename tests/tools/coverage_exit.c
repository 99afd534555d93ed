/*
 * coverage_exit.c - linked into `make coverage` alone: _exit() writes the counts of lines first, as exit() does.
 *
 * What the native runner forks ends with _exit(); without this none of sim/native_c would seem to be run.
 */
#include <gcov.h>
#include <stdnoreturn.h>

noreturn void __real__exit(int status);
noreturn void __wrap__exit(int status);

noreturn void __wrap__exit(int status)
{
	__gcov_dump();
	__real__exit(status);
}
