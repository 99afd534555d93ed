/*
 * cost_text.h - a cost's value as text, in natural units: "1.3us", "44.1ns", "0.15ns/B", "64KiB", "250/s".
 *
 * Costs are doubles (44.1 ns is a fair cost), unlike simulated time. What cost_format() writes,
 * cost_parse() reads back to the very same double.
 */
#ifndef SIM_PROFILE_COST_TEXT_H
#define SIM_PROFILE_COST_TEXT_H

#include "sim/base/units.h"
#include "sim/profile/profile.h"

/* Reads a finite value that is not negative; a duration needs its unit (or is a bare 0), bytes and
 * rates may go without. On failure `error` says what is wrong and `*value` is untouched. */
bool cost_parse(enum cost_unit unit, const char *text, double *value, struct unit_error *error);
/* The shortest text that parses back to the same value. */
void cost_format(enum cost_unit unit, double value, char text[40]);
/* For people: four significant digits. */
void cost_format_short(enum cost_unit unit, double value, char text[40]);
/* A ratio as a percentage, which cost_parse() reads back as UNIT_ratio. */
void cost_format_percent(double ratio, char text[40]);

#endif
