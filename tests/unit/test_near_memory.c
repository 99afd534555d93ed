/*
 * test_near_memory.c - near memory: references lead back, regions give back what they took, and a limit holds
 * there, too.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <string.h>

#include "sim/base/near_memory.h"
#include "sim/base/region.h"

#define CHUNKS 3000 /* beyond the first step of memory */

Test(near_memory, references_lead_back_to_what_they_were_made_of)
{
	struct region region;

	region_init(&region);
	for (size_t bytes = 1; bytes < 2000; bytes += 7) {
		unsigned char *content = region_alloc_near(&region, bytes);
		near_ref ref = near_ref_to(content);

		for (size_t i = 0; i < bytes; i++)
			cr_assert(eq(int, content[i], 0));
		memset(content, 0xff, bytes);
		cr_assert(ne(u32, ref, 0));
		cr_assert(eq(ptr, near_at(ref), content));
		cr_assert(eq(ptr, near_at_or_null(near_ref_or_none(content)), content));
	}
	cr_expect_null(near_at_or_null(near_ref_or_none(NULL)));
	region_release(&region);
}

Test(near_memory, chunks_are_apart_and_serve_again)
{
	static struct near_chunk *chunks[CHUNKS];
	struct region first, second;
	struct near_chunk *kept;

	region_init(&first);
	region_init(&second);
	kept = region_take_chunk(&second);
	memset(kept->content, 1, NEAR_CONTENT_BYTES);
	for (int i = 0; i < CHUNKS; i++) {
		chunks[i] = region_take_chunk(&first);
		memset(chunks[i]->content, i % 251, NEAR_CONTENT_BYTES);
	}
	for (int i = 0; i < CHUNKS; i++) {
		cr_assert(eq(int, chunks[i]->content[0], i % 251));
		cr_assert(eq(int, chunks[i]->content[NEAR_CONTENT_BYTES - 1], i % 251));
	}
	region_release(&first);
	cr_expect(eq(int, kept->content[NEAR_CONTENT_BYTES - 1], 1));
	cr_expect(eq(ptr, region_take_chunk(&second), chunks[0]), "of those given back, the last one of the list");
	region_release(&second);
	/* Now nothing is in use, and all begins anew, beyond what is kept with zeroed pages. */
	cr_expect(eq(ptr, region_take_chunk(&first), kept));
	for (int i = 0; i < CHUNKS; i++)
		chunks[i] = region_take_chunk(&first);
	cr_expect(eq(int, chunks[CHUNKS - 1]->content[0], 0));
	region_release(&first);
}

Test(near_memory, a_limit_counts_it)
{
	struct region region;
	jmp_buf failed;

	region_init(&region);
	region.limit_bytes = 3 * NEAR_CHUNK_BYTES;
	region.unwind = &failed;
	if (setjmp(failed) == 0) {
		for (int i = 0; i < 4; i++)
			region_take_chunk(&region);
		cr_fail("the fourth exceeds the limit");
	}
	cr_expect(region.is_over_limit);
	cr_expect(eq(sz, region.size_bytes, region.limit_bytes));
	region_release(&region);
	cr_expect(eq(sz, region.size_bytes, 0));
}
