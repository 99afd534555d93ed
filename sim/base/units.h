/*
 * units.h - quantities with their unit as people write them: "5ms", "64KiB", "120/s", "20%".
 *
 * Each parser takes a whole NUL-terminated string (surrounding blanks are not allowed) and
 * writes `*value` only on success. `error` receives a static or formatted text that names the
 * faulty part and what was expected, e.g. "unknown unit 'mz' in '3mz', expected ns, us, ms or s";
 * it ends without a full stop and stays valid until the next call that is given the same buffer.
 */
#ifndef SIM_BASE_UNITS_H
#define SIM_BASE_UNITS_H

#include "sim/base/sim_time.h"

struct unit_error {
	char text[160];
};

/* ns, us, ms, s, min, h; not negative. A bare "0" is allowed, any other bare number is an error. */
bool units_parse_duration(const char *text, sim_ns *value, struct unit_error *error);
/* B, KiB, MiB, GiB, kB, MB, GB; not negative, whole bytes (1.5KiB is, 0.3B is not). A bare "0" is allowed. */
bool units_parse_bytes(const char *text, int64_t *value, struct unit_error *error);
/* "/s", "/min", "/h"; events per second, greater than 0. */
bool units_parse_rate(const char *text, double *per_s, struct unit_error *error);
/* "20%" -> 0.2; a bare number is taken as it is; either way between 0 and 1. */
bool units_parse_ratio(const char *text, double *value, struct unit_error *error);
/* A finite decimal number without a unit. */
bool units_parse_number(const char *text, double *value, struct unit_error *error);
/* A whole number without a unit, within [min, max]. */
bool units_parse_integer(const char *text, int64_t min, int64_t max, int64_t *value, struct unit_error *error);

/* The shortest text without an exponent that parses back to the same value, e.g. "5ms", "1.25s", "750ns". */
void units_format_duration(sim_ns value, char text[32]);
/* For people: three significant digits, e.g. "1.05 s", "512 us". */
void units_format_duration_short(double seconds, char text[32]);

#endif
