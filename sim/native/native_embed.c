/*
 * native_embed.c - the Python files of this folder, byte for byte, as the assembler includes them.
 *
 * Compiled from the top of the tree, where the paths below start; the Makefile knows that this
 * object depends on them. A new file is one line EMBED, one declaration and one row of `files`.
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
EMBED("harness_control", "sim/native/harness_control.py");
EMBED("harness_threading", "sim/native/harness_threading.py");
EMBED("harness_processes", "sim/native/harness_processes.py");
EMBED("harness_server", "sim/native/harness_server.py");
EMBED("harness_pace", "sim/native/harness_pace.py");
EMBED("harness_clients", "sim/native/harness_clients.py");
EMBED("harness_bodies", "sim/native/harness_bodies.py");
EMBED("calibrate", "sim/native/calibrate.py");
EMBED("calibrate_threading", "sim/native/calibrate_threading.py");
EMBED("calibrate_processes", "sim/native/calibrate_processes.py");

EMBED("calibrate_server", "sim/native/calibrate_server.py");

extern const char native_harness_text[], native_harness_end[];
extern const char native_harness_control_text[], native_harness_control_end[];
extern const char native_harness_threading_text[], native_harness_threading_end[];
extern const char native_harness_processes_text[], native_harness_processes_end[];
extern const char native_harness_pace_text[], native_harness_pace_end[];
extern const char native_harness_clients_text[], native_harness_clients_end[];
extern const char native_harness_bodies_text[], native_harness_bodies_end[];
extern const char native_harness_server_text[], native_harness_server_end[];
extern const char native_calibrate_server_text[], native_calibrate_server_end[];
extern const char native_calibrate_text[], native_calibrate_end[];
extern const char native_calibrate_threading_text[], native_calibrate_threading_end[];
extern const char native_calibrate_processes_text[], native_calibrate_processes_end[];
EMBED("harness_asyncio", "sim/native/harness_asyncio.py");
EMBED("calibrate_asyncio", "sim/native/calibrate_asyncio.py");
EMBED("harness_trace", "sim/native/harness_trace.py");
extern const char native_harness_trace_text[], native_harness_trace_end[];
EMBED("harness_import", "sim/native/harness_import.py");
extern const char native_harness_import_text[], native_harness_import_end[];
EMBED("harness_sockets", "sim/native/harness_sockets.py");
EMBED("calibrate_sockets", "sim/native/calibrate_sockets.py");
extern const char native_harness_sockets_text[], native_harness_sockets_end[];
extern const char native_calibrate_sockets_text[], native_calibrate_sockets_end[];
extern const char native_harness_asyncio_text[], native_harness_asyncio_end[];
extern const char native_calibrate_asyncio_text[], native_calibrate_asyncio_end[];

EMBED("probe", "sim/native/probe.py");
extern const char native_probe_text[], native_probe_end[];

static const struct {
	const char *name, *text, *end;
} files[] = {
	{ "harness.py", native_harness_text, native_harness_end },
	{ "harness_control.py", native_harness_control_text, native_harness_control_end },
	{ "harness_threading.py", native_harness_threading_text, native_harness_threading_end },
	{ "harness_processes.py", native_harness_processes_text, native_harness_processes_end },
	{ "harness_pace.py", native_harness_pace_text, native_harness_pace_end },
	{ "harness_clients.py", native_harness_clients_text, native_harness_clients_end },
	{ "harness_bodies.py", native_harness_bodies_text, native_harness_bodies_end },
	{ "harness_server.py", native_harness_server_text, native_harness_server_end },
	{ "calibrate.py", native_calibrate_text, native_calibrate_end },
	{ "calibrate_threading.py", native_calibrate_threading_text, native_calibrate_threading_end },
	{ "calibrate_processes.py", native_calibrate_processes_text, native_calibrate_processes_end },
	{ "calibrate_server.py", native_calibrate_server_text, native_calibrate_server_end },
	{ "harness_asyncio.py", native_harness_asyncio_text, native_harness_asyncio_end },
	{ "calibrate_asyncio.py", native_calibrate_asyncio_text, native_calibrate_asyncio_end },
	{ "harness_trace.py", native_harness_trace_text, native_harness_trace_end },
	{ "harness_import.py", native_harness_import_text, native_harness_import_end },
	{ "harness_sockets.py", native_harness_sockets_text, native_harness_sockets_end },
	{ "calibrate_sockets.py", native_calibrate_sockets_text, native_calibrate_sockets_end },
	{ "probe.py", native_probe_text, native_probe_end },
};

bool native_embed_write(const char *folder, struct region *region, struct native_error *error)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (!native_folder_write(folder, files[i].name, files[i].text,
					 (size_t)(files[i].end - files[i].text), region, error))
			return false;
	return true;
}
