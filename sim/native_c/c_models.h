/*
 * c_models.h - the models: the program that runs all of a variant's tasks.
 */
#ifndef SIM_NATIVE_C_C_MODELS_H
#define SIM_NATIVE_C_C_MODELS_H

#include "sim/scenario/workload.h"

/* Why there is no such model, or not so; NULL: there is. */
const char *c_model_why_not(const struct workload *workload, const struct model *model);
/* What is made before the clock starts: the instances, and what shall be warm. */
void c_models_prepare(void);
/* From the program's first statement to the end of the last join. */
void c_models_run(void);

#endif
