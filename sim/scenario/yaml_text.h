/*
 * yaml_text.h - a text before it is a tree: read from a file, and checked, so that libyaml sees nothing that harms it.
 */
#ifndef SIM_SCENARIO_YAML_TEXT_H
#define SIM_SCENARIO_YAML_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/base/diagnostic.h"
#include "sim/base/region.h"
#include "sim/scenario/yaml_tree.h"

/* Whether the text is UTF-8 without control characters and directives; the first byte that is not is reported. */
bool yaml_text_check(const struct yaml_origin *origin, const char *text, size_t length_bytes, struct diagnostics *diagnostics);

/* Reads a whole file of at most `max_bytes`; NULL when it cannot (`*why` says so in the user's words).
 * The text is followed by a NUL that does not count. With `regular_only`, pipes and devices are refused. */
char *yaml_text_read(const char *path, size_t max_bytes, bool regular_only, struct region *region, size_t *length_bytes,
		     const char **why);

/* Characters in the first `length_bytes` of UTF-8 text. */
int yaml_text_count_characters(const char *text, size_t length_bytes);
/* The length of a line break as YAML 1.1 has them (LF, CR LF, CR, NEL, LS, PS); 0 when there is none. */
size_t yaml_text_break_length(const char *text, size_t left);

#endif
