/*
 * random.c - values by hashing what they are for.
 *
 * The mixer is "moremur" (Pelle Evensen, mostlymangling.blogspot.com, 2019-12-18): the shape of
 * MurmurHash3's finaliser with constants under which counters come out as unrelated values. It
 * is a bijection, so for equal other parts two different seeds, entities or numbers never share a key.
 *
 * A draw applies the mixer twice and adds the key again in between. With one round (SplitMix64) all
 * variates would walk along one and the same cycle of 2^64 values, from different places.
 */
#include "sim/base/random.h"

#include <stddef.h>

/* 2^64 / golden ratio, odd: neighbouring counters start far apart. */
#define RANDOM_STEP UINT64_C(0x9e3779b97f4a7c15)

/* FNV-1a's offset and prime for 64 bits. */
#define FNV_OFFSET UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

static inline uint64_t mix(uint64_t x)
{
	x ^= x >> 27;
	x *= UINT64_C(0x3c79ac492ba7b653);
	x ^= x >> 33;
	x *= UINT64_C(0x1c69b3f74ac4ae35);
	x ^= x >> 27;
	return x;
}

/* Takes one more part into a key; the order of the parts counts. */
static inline uint64_t absorb(uint64_t key, uint64_t part)
{
	return mix((key ^ part) + RANDOM_STEP);
}

uint64_t random_hash_name(const char *name)
{
	uint64_t hash = FNV_OFFSET;

	for (size_t i = 0; name[i] != '\0'; i++)
		hash = (hash ^ (unsigned char)name[i]) * FNV_PRIME;
	return mix(hash + RANDOM_STEP);
}

uint64_t random_path_open(uint64_t entity)
{
	/* Small numbers serve as first entities, so they are mixed before the ordinal comes in; else
	 * the pairs (2, 3) and (3, 2) would give the same path. */
	return mix(entity + RANDOM_STEP);
}

uint64_t random_path_extend(uint64_t opened, uint64_t ordinal)
{
	return absorb(opened, ordinal);
}

uint64_t random_hash_path(uint64_t entity, uint64_t ordinal)
{
	return random_path_extend(random_path_open(entity), ordinal);
}

uint64_t random_stream_open(uint64_t seed, uint64_t replication, uint64_t stream)
{
	return absorb(absorb(mix(seed + RANDOM_STEP), replication), stream);
}

struct variate random_stream_variate(uint64_t opened, uint64_t entity, uint64_t variate_number)
{
	return (struct variate){ .key = absorb(absorb(opened, entity), variate_number), .draw_count = 0 };
}

struct variate variate_open(uint64_t seed, uint64_t replication, uint64_t stream, uint64_t entity,
			    uint64_t variate_number)
{
	return random_stream_variate(random_stream_open(seed, replication, stream), entity, variate_number);
}

uint64_t variate_next(struct variate *variate)
{
	variate->draw_count++;
	return mix(mix(variate->draw_count * RANDOM_STEP ^ variate->key) + variate->key);
}

double variate_uniform(struct variate *variate)
{
	return (double)(variate_next(variate) >> 11) * 0x1p-53;
}

double variate_uniform_open(struct variate *variate)
{
	/* The middles of 2^52 equal parts: neither 0 nor 1 is among them. */
	return ((double)(variate_next(variate) >> 12) + 0.5) * 0x1p-52;
}
