/*
 * report_embed.c - report_style.css and report_script.js, byte for byte, as the assembler includes them.
 *
 * Compiled from the top of the tree, where the paths below start; the Makefile must know that this
 * object depends on both files.
 */
#include "sim/report/report_embed.h"

#define EMBED(symbol, path)                                                                                        \
	__asm__(".pushsection .rodata\n"                                                                           \
		".global " symbol "\n"                                                                             \
		".type " symbol ", @object\n" symbol ":\n"                                                         \
		".incbin \"" path "\"\n"                                                                           \
		".byte 0\n"                                                                                        \
		".popsection\n")

EMBED("report_style", "sim/report/report_style.css");
EMBED("report_script", "sim/report/report_script.js");
