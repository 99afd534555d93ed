/*
 * wish.h - a wish to stop: a flag that a signal's handler sets and that any thread may read.
 */
#ifndef SIM_BASE_WISH_H
#define SIM_BASE_WISH_H

#include <signal.h>
#include <stdbool.h>

/* Whether somebody wishes to stop. */
static inline bool wish_is_uttered(const volatile sig_atomic_t *wish)
{
	return __atomic_load_n(wish, __ATOMIC_RELAXED) != 0;
}

/* The same where NULL stands for nobody. */
static inline bool wish_is_there(const volatile sig_atomic_t *wish)
{
	return wish && wish_is_uttered(wish);
}

/* Safe in a signal's handler. */
static inline void wish_utter(volatile sig_atomic_t *wish)
{
	__atomic_store_n(wish, 1, __ATOMIC_RELAXED);
}

#endif
