/*
 * list_keys.h - the reference of the scenario language for people: a step's or a section's keys, what each takes and means.
 */
#ifndef SIM_CLI_LIST_KEYS_H
#define SIM_CLI_LIST_KEYS_H

#include <stdbool.h>

#include "sim/base/region.h"

/* Prints the keys of the step ("write") or section ("machine") of this name; false when there is none. */
bool list_keys(const char *name, struct region *region);
bool list_keys_is_section(const char *name);
/* The names of all sections, for people: "scenario, machine, ... and each". */
const char *list_keys_sections(struct region *region);

#endif
