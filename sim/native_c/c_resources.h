/*
 * c_resources.h - what a workload's resources are here, and the steps that use them.
 */
#ifndef SIM_NATIVE_C_C_RESOURCES_H
#define SIM_NATIVE_C_C_RESOURCES_H

#include "sim/native_c/c_instance.h"

/* Why there is no such resource in the variant's scope; NULL: there is. */
const char *c_resource_why_not(const struct resource *resource);
/* Makes those that the variant uses, in c_run.objects, before the clock starts. */
void c_resources_make(void);

void c_step_with(struct c_instance *self, const struct step *step);
void c_step_acquire(struct c_instance *self, const struct step *step);
void c_step_release(struct c_instance *self, const struct step *step);
void c_step_wait(struct c_instance *self, const struct step *step);
void c_step_set(struct c_instance *self, const struct step *step); /* and clear */
void c_step_notify(struct c_instance *self, const struct step *step);
void c_step_put(struct c_instance *self, const struct step *step);
void c_step_get(struct c_instance *self, const struct step *step);
void c_step_task_done(struct c_instance *self, const struct step *step);
void c_step_join_queue(struct c_instance *self, const struct step *step);
void c_step_read(struct c_instance *self, const struct step *step);
void c_step_write(struct c_instance *self, const struct step *step);
void c_step_request(struct c_instance *self, const struct step *step);

#endif
