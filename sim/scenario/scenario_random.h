/*
 * scenario_random.h - random scenarios that are valid, end, and cannot deadlock.
 *
 * For property tests: whatever the simulator makes of such a scenario, certain things must hold (tests/model/test_property.c).
 */
#ifndef SIM_SCENARIO_SCENARIO_RANDOM_H
#define SIM_SCENARIO_SCENARIO_RANDOM_H

#include <stdint.h>
#include <stdio.h>

/*
 * Prints one scenario; the same text for the same seed. No matter how its threads interleave, every task ends, no update
 * of a shared variable is lost, and nothing waits for ever: locks are nested in one order, queues get as many items as are
 * taken from them (unless a queue breaks its order, or a lock lets in too many: a task that sees it waits for ever), events are set, exceptions are caught where somebody counts on what comes after.
 */
void scenario_random_print(uint64_t seed, FILE *stream);

#endif
