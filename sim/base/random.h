/*
 * random.h - counter-based random streams: one draw, one value.
 *
 * value = f(seed, replication, stream, entity, variate number, draw within the variate).
 * Nothing is stored between draws, so every variant, sweep point and rank meets the same service
 * times (common random numbers), and a new draw in one place leaves the others' numbers alone.
 * `stream` names what is drawn (a step, the arrivals); `entity` is a path in the workload (task
 * index, child ordinal), never a simulator's id. A rejection inside one variate's method uses up
 * that variate's own draws only.
 */
#ifndef SIM_BASE_RANDOM_H
#define SIM_BASE_RANDOM_H

#include <stdint.h>

/* One variate: the source of the uniform draws that a distribution's method may need. */
struct variate {
	uint64_t key;
	uint64_t draw_count;
};

/* 64 well-mixed bits of a name; the same on every machine. */
uint64_t random_hash_name(const char *name);
/* Extends a path by one ordinal: the entity of a child from its parent's entity. */
uint64_t random_hash_path(uint64_t entity, uint64_t ordinal);
/* The same in two steps, for many ordinals of one entity. */
uint64_t random_path_open(uint64_t entity);
uint64_t random_path_extend(uint64_t opened, uint64_t ordinal);

struct variate variate_open(uint64_t seed, uint64_t replication, uint64_t stream, uint64_t entity,
			    uint64_t variate_number);
/* The same in two steps, for many variates of one stream. */
uint64_t random_stream_open(uint64_t seed, uint64_t replication, uint64_t stream);
struct variate random_stream_variate(uint64_t opened, uint64_t entity, uint64_t variate_number);
/* Uniform over all 64-bit values. */
uint64_t variate_next(struct variate *variate);
/* Uniform in [0, 1) with 53 bits; the _open form excludes 0. */
double variate_uniform(struct variate *variate);
double variate_uniform_open(struct variate *variate);

#endif
