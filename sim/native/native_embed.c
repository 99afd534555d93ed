/*
 * native_embed.c - harness.py and calibrate.py, byte for byte, as the assembler includes them.
 *
 * Compiled from the top of the tree, where the paths below start; the Makefile must know that this
 * object depends on both files.
 */
#include "sim/native/native_embed.h"

#define EMBED(symbol, path) \
	__asm__(".pushsection .rodata\n" \
		".global native_" symbol "_text\n" \
		".global native_" symbol "_end\n" \
		".type native_" symbol "_text, @object\n" \
		".type native_" symbol "_end, @object\n" \
		"native_" symbol "_text:\n" \
		".incbin \"" path "\"\n" \
		"native_" symbol "_end:\n" \
		".byte 0\n" \
		".popsection\n")

EMBED("harness", "sim/native/harness.py");
EMBED("calibrate", "sim/native/calibrate.py");
