/*
 * native_memory.h - how much memory the processes of a session have, what they share counted once.
 */
#ifndef SIM_NATIVE_NATIVE_MEMORY_H
#define SIM_NATIVE_NATIVE_MEMORY_H

#include <stdint.h>
#include <sys/types.h>

/* The sum of the proportional set sizes (/proc/PID/smaps) of all processes of the session, in bytes; 0 when nobody tells. The
 * interpreter's own files count once and in full, as memory.code of a calibration does: else whoever else runs the same
 * interpreter meanwhile would take 6 MiB off. What the harness notes times in does not count. Looking at a process stops it for
 * a moment: not beside a measurement of time. */
int64_t native_memory_of_session(pid_t session);

#endif
