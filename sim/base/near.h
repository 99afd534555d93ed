/*
 * near.h - a function's address in four bytes, for what there are millions of: how far it lies from a function of this
 * program. All of a program's code lies within 2 GiB, wherever it is loaded (the small code model).
 */
#ifndef SIM_BASE_NEAR_H
#define SIM_BASE_NEAR_H

#include <stddef.h>
#include <stdint.h>

/* 0: no function. */
typedef int32_t near_fn;

/* Any function; whoever calls it casts it back to its type. */
typedef void any_fn(void);
/* Where the distances are measured from. */
any_fn near_origin;

/* Of one that there is. That it fits, the linker has seen to: calls reach no farther. */
static inline near_fn near_of(any_fn *function)
{
	return (near_fn)((intptr_t)function - (intptr_t)near_origin);
}

static inline any_fn *near_function(near_fn near)
{
	return near != 0 ? (any_fn *)((intptr_t)near_origin + near) : NULL;
}

#endif
