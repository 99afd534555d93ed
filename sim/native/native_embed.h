/* native_embed.h - the Python files that gilsim carries in its binary. */
#ifndef SIM_NATIVE_NATIVE_EMBED_H
#define SIM_NATIVE_NATIVE_EMBED_H

#include <stddef.h>

extern const char native_harness_text[], native_harness_end[];
extern const char native_calibrate_text[], native_calibrate_end[];

static inline size_t native_harness_bytes(void)
{
	return (size_t)(native_harness_end - native_harness_text);
}

static inline size_t native_calibrate_bytes(void)
{
	return (size_t)(native_calibrate_end - native_calibrate_text);
}

#endif
