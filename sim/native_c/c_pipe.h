/*
 * c_pipe.h - multiprocessing.Pipe(duplex=False) as a resource: messages of an integer, and of so many bytes.
 */
#ifndef SIM_NATIVE_C_C_PIPE_H
#define SIM_NATIVE_C_C_PIPE_H

#include "sim/native_c/c_instance.h"

/* An object of c_run.objects. */
void *c_pipe_make(void);
void c_step_send(struct c_instance *self, const struct step *step);
void c_step_recv(struct c_instance *self, const struct step *step);

#endif
