/*
 * version.h - gilsim's release number, as it stands in every result.
 *
 * A result is a function of scenario, options and this number alone; so no date, commit or compiler.
 */
#ifndef SIM_RESULTS_VERSION_H
#define SIM_RESULTS_VERSION_H

#define GILSIM_VERSION "0.1.0"

#endif
