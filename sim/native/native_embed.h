/* native_embed.h - the Python files that gilsim carries in its binary. */
#ifndef SIM_NATIVE_NATIVE_EMBED_H
#define SIM_NATIVE_NATIVE_EMBED_H

#include "sim/native/native_process.h"

/* Writes all of them into a folder, where they find each other; false with a reason on failure. */
bool native_embed_write(const char *folder, struct region *region, struct native_error *error);

#endif
