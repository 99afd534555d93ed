/*
 * gc.h - cyclic garbage collection, as far as it takes time.
 *
 * Source      CPython 3.8 to 3.13, Modules/gcmodule.c and Python/gc.c: three generations; a collection of the
 *             youngest when more container objects than a threshold were made than went; the next generation after
 *             more than ten of those; all objects only when those that have become old since are more than a
 *             quarter of the old. Each collection looks at every object of its generations, and at what that refers
 *             to: of more than the caches hold most are fetched from memory.
 * Left out    objects that were there at the start (the harness freezes them), what is found to be garbage;
 *             free-threaded builds, which collect by another rule.
 * Assumed     what goes first is what came first.
 */
#ifndef MODELS_INTERPRETER_GC_H
#define MODELS_INTERPRETER_GC_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/base/sim_time.h"

#define GC_GENERATIONS 3

struct garbage_collector {
	bool has_generations;			 /* a build with a GIL */
	int64_t threshold;			 /* of the youngest */
	int64_t near_objects;			 /* that the caches hold */
	sim_ns per_object_ns, per_far_object_ns; /* of those, and of each further one */
	sim_ns heap_ns;				 /* the way past what was there at the start */
	int64_t objects[GC_GENERATIONS];
	int64_t count[GC_GENERATIONS]; /* objects made less those gone; collections of the generation below */
	int64_t uncounted;	       /* of the batch that is not full */
	int64_t long_lived_total, long_lived_pending;
};

/* So many container objects have been made; what the collections take that this sets off. */
sim_ns gc_objects_made(struct garbage_collector *gc, int64_t count);
/* So many have been used for the last time: what fetching them takes when there are more than the caches hold. They
 * are used in the order in which they came, so the caches hold none of them then. */
sim_ns gc_objects_gone(struct garbage_collector *gc, int64_t count);

#endif
