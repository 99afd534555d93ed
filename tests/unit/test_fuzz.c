/*
 * test_fuzz.c - the fuzz targets over their corpora, every file cut short in some places, too.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

#include <gsl/gsl_errno.h>

#include "sim/base/region.h"
#include "tests/fuzz/fuzz.h"

#define MAX_BYTES 65536

static void feed(const char *pattern, fuzz_fn *target)
{
	uint8_t *bytes = malloc(MAX_BYTES);
	glob_t files;

	gsl_set_error_handler_off();
	cr_assert(eq(int, glob(pattern, 0, NULL, &files), 0), "%s: no corpus", pattern);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		FILE *stream = fopen(files.gl_pathv[i], "rb");
		size_t size;

		cr_assert(stream != NULL);
		size = fread(bytes, 1, MAX_BYTES, stream);
		fclose(stream);
		target(bytes, size);
		for (size_t cut = size / 2; cut > 0; cut /= 2)
			target(bytes, size - cut);
	}
	globfree(&files);
	free(bytes);
}

Test(fuzz, scenarios_are_read)
{
	feed("tests/fuzz/corpus/scenario/*", fuzz_scenario);
}

Test(fuzz, scenarios_are_run)
{
	feed("tests/fuzz/corpus/scenario/*", fuzz_run);
}

Test(fuzz, texts_are_read)
{
	feed("tests/fuzz/corpus/text/*", fuzz_text);
}

Test(fuzz, logs_are_read)
{
	feed("tests/fuzz/corpus/log/*", fuzz_log);
}

Test(fuzz, profiles_are_read)
{
	feed("tests/fuzz/corpus/profile/*", fuzz_profile);
}

Test(fuzz, results_are_read)
{
	feed("tests/fuzz/corpus/result/*", fuzz_result);
}
