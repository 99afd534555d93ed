/*
 * native_fork.h - a child that never outlives the thread that has forked it.
 */
#ifndef SIM_NATIVE_NATIVE_FORK_H
#define SIM_NATIVE_NATIVE_FORK_H

#include <sys/types.h>

/* As fork(). The child is killed when its parent ends, also when that is before the child has run at all. */
pid_t native_fork(void);

#endif
