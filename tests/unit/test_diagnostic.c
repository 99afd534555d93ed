/*
 * test_diagnostic.c - what diagnostic.h promises: exact texts, order, and calm in the face of any input.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim/base/diagnostic.h"

static struct region region;
static struct diagnostics diagnostics;
static char *output;

static void set_up(void)
{
	region_init(&region);
	diagnostics_init(&diagnostics, &region);
	output = NULL;
}

static void tear_down(void)
{
	free(output);
	region_release(&region);
}

TestSuite(diagnostic, .init = set_up, .fini = tear_down);

static void add_source(const char *file, const char *text)
{
	diagnostics_add_source(&diagnostics, file, text, strlen(text));
}

/* What diagnostics_print() writes. */
static char *printed(void)
{
	size_t length_bytes;
	FILE *stream;

	free(output);
	stream = open_memstream(&output, &length_bytes);
	diagnostics_print(&diagnostics, stream);
	fclose(stream);
	return output;
}

static const char convoy[] = "name: convoy\n"
			     "tasks:\n"
			     "  reader:\n"
			     "    - io: 3mz\n"
			     "run: {task: raeder}\n";

Test(diagnostic, the_line_is_shown_with_a_caret_at_the_column)
{
	add_source("convoy.yaml", convoy);
	diagnostics_error(&diagnostics, "convoy.yaml", 4, 11, "unknown unit '%s' in '%s', expected ns, us, ms or s",
			  "mz", "3mz");
	cr_expect(eq(str, printed(),
		     "convoy.yaml:4:11: error: unknown unit 'mz' in '3mz', expected ns, us, ms or s\n"
		     "    4 |     - io: 3mz\n"
		     "      |           ^\n"));
	cr_expect(eq(sz, diagnostics.error_count, 1));
}

Test(diagnostic, messages_come_by_file_in_order_of_first_mention_then_by_position)
{
	add_source("convoy.yaml", convoy);
	diagnostics_error(&diagnostics, "convoy.yaml", 5, 13, "unknown task 'raeder'");
	diagnostics_warning(&diagnostics, "machine.yaml", 7, 2, "not measured");
	diagnostics_error(&diagnostics, NULL, 0, 0, "--set: no value");
	diagnostics_error(&diagnostics, "convoy.yaml", 4, 11, "first of two");
	diagnostics_error(&diagnostics, "convoy.yaml", 4, 11, "second of two");
	diagnostics_error(&diagnostics, "convoy.yaml", 4, 5, "further left");
	diagnostics_error(&diagnostics, "machine.yaml", 0, 0, "cannot be read");
	cr_expect(eq(str, printed(),
		     "convoy.yaml:4:5: error: further left\n"
		     "    4 |     - io: 3mz\n"
		     "      |     ^\n"
		     "convoy.yaml:4:11: error: first of two\n"
		     "    4 |     - io: 3mz\n"
		     "      |           ^\n"
		     "convoy.yaml:4:11: error: second of two\n"
		     "    4 |     - io: 3mz\n"
		     "      |           ^\n"
		     "convoy.yaml:5:13: error: unknown task 'raeder'\n"
		     "    5 | run: {task: raeder}\n"
		     "      |             ^\n"
		     "machine.yaml: error: cannot be read\n"
		     "machine.yaml:7:2: warning: not measured\n"
		     "error: --set: no value\n"));
	cr_expect(eq(sz, diagnostics.error_count, 6));
}

Test(diagnostic, positions_outside_the_text_are_shown_as_far_as_they_can)
{
	add_source("f", "ab\n\ncd");
	diagnostics_error(&diagnostics, "f", 1, 711, "beyond the line");
	diagnostics_error(&diagnostics, "f", 2, 1, "empty line");
	diagnostics_error(&diagnostics, "f", 3, 0, "no column");
	diagnostics_error(&diagnostics, "f", 4, 1, "no such line");
	diagnostics_error(&diagnostics, "f", 2147483647, 2147483647, "no such line at all");
	cr_expect(eq(str, printed(),
		     "f:1:711: error: beyond the line\n"
		     "    1 | ab\n"
		     "      |   ^\n"
		     "f:2:1: error: empty line\n"
		     "    2 |\n"
		     "      | ^\n"
		     "f:3: error: no column\n"
		     "    3 | cd\n"
		     "f:4:1: error: no such line\n"
		     "f:2147483647:2147483647: error: no such line at all\n"));
}

Test(diagnostic, columns_count_characters_and_tabs_take_one_column)
{
	add_source("f", "\xef\xbb\xbf"
			"gr\u00fc\u00dfe:\t\u20ac \U0001f40d x\n");
	diagnostics_error(&diagnostics, "f", 1, 12, "here");
	cr_expect(eq(str, printed(),
		     "f:1:12: error: here\n"
		     "    1 | gr\u00fc\u00dfe: \u20ac \U0001f40d x\n"
		     "      |            ^\n"));
}

Test(diagnostic, lines_end_where_yaml_ends_them)
{
	add_source("f", "one\r\ntwo\rthree\xc2\x85"
			"four\u2028five\nsix");
	diagnostics_error(&diagnostics, "f", 2, 1, "a");
	diagnostics_error(&diagnostics, "f", 4, 2, "b");
	diagnostics_error(&diagnostics, "f", 6, 3, "c");
	cr_expect(eq(str, printed(),
		     "f:2:1: error: a\n    2 | two\n      | ^\n"
		     "f:4:2: error: b\n    4 | four\n      |  ^\n"
		     "f:6:3: error: c\n    6 | six\n      |   ^\n"));
}

Test(diagnostic, bytes_that_are_no_text_are_escaped_and_the_caret_still_fits)
{
	/* An escape sequence, NUL, a stray continuation, an overlong form, a surrogate, a mark that turns the
	 * direction of writing, a character that is cut off. */
	static const char noise[] = "a\x1b[31m\0\x80\xc0\xaf\xed\xa0\x80\xe2\x80\xae"
				    "b\xf0\x9f";

	diagnostics_add_source(&diagnostics, "noise", noise, sizeof(noise) - 1);
	diagnostics_error(&diagnostics, "noise", 1, 15, "near '%s'", "\x1b[0m\xff\n");
	cr_expect(eq(str, printed(),
		     "noise:1:15: error: near '\\x1b[0m\\xff\\x0a'\n"
		     "    1 | a\\x1b[31m\\x00\\x80\\xc0\\xaf\\xed\\xa0\\x80\\u202eb\\xf0\\x9f\n"
		     "      |                                            ^\n"));
}

Test(diagnostic, random_bytes_neither_crash_nor_reach_the_terminal)
{
	enum { NOISE_BYTES = 60000 };
	unsigned char *noise = region_alloc(&region, NOISE_BYTES);
	uint32_t state = 711;

	for (size_t i = 0; i < NOISE_BYTES; i++) {
		state = state * 1664525 + 1013904223;
		noise[i] = (unsigned char)(state >> 24);
	}
	diagnostics_add_source(&diagnostics, "noise", (char *)noise, NOISE_BYTES);
	for (int i = 0; i < 90; i++)
		diagnostics_error(&diagnostics, "noise", i * 5 % 441, i * 37 % 211, "%s", "noise");
	printed();
	for (size_t i = 0; output[i] != '\0'; i++) {
		unsigned char byte = (unsigned char)output[i];

		cr_assert(byte == '\n' || (byte >= 0x20 && byte != 0x7f), "byte %zu is 0x%02x", i, byte);
	}
}

Test(diagnostic, long_lines_are_cut_around_the_column)
{
	char text[1001], expected[400];

	for (size_t i = 0; i < 1000; i++)
		text[i] = (char)('a' + i % 26);
	text[1000] = '\0';
	add_source("f", text);
	diagnostics_error(&diagnostics, "f", 1, 501, "middle");
	diagnostics_error(&diagnostics, "f", 1, 3, "left");
	diagnostics_error(&diagnostics, "f", 1, 1001, "right");
	snprintf(expected, sizeof(expected),
		 "f:1:3: error: left\n"
		 "    1 | %.100s...\n"
		 "      |   ^\n",
		 text);
	cr_expect(eq(int, strncmp(printed(), expected, strlen(expected)), 0), "%s", output);
	snprintf(expected, sizeof(expected),
		 "f:1:501: error: middle\n"
		 "    1 | ...%.100s...\n"
		 "      | %63s^\n",
		 text + 440, "");
	cr_expect(ne(ptr, strstr(output, expected), NULL), "%s", output);
	snprintf(expected, sizeof(expected),
		 "f:1:1001: error: right\n"
		 "    1 | ...%s\n"
		 "      | %63s^\n",
		 text + 940, "");
	cr_expect(ne(ptr, strstr(output, expected), NULL), "%s", output);
}

Test(diagnostic, a_line_of_100_mb_is_quick)
{
	const size_t length_bytes = 100000000;
	char *text = region_alloc(&region, length_bytes);
	clock_t start = clock();

	memset(text, 'x', length_bytes);
	diagnostics_add_source(&diagnostics, "f", text, length_bytes);
	for (int i = 0; i < 100; i++)
		diagnostics_error(&diagnostics, "f", 1, 1 + 1000003 * ((i * 37) % 100), "no %d", i);
	printed();
	cr_expect(lt(sz, strlen(output), 100 * 400));
	/* All hundred in one pass: about 0.1 s, and some more under the sanitizers. */
	cr_expect(lt(dbl, (double)(clock() - start) / CLOCKS_PER_SEC, 4));
}

Test(diagnostic, a_message_is_cut_when_it_quotes_too_much)
{
	char *word = region_alloc(&region, 5000001);

	memset(word, 'w', 5000000);
	memcpy(word + 994, "\u20ac", 3);
	diagnostics_error(&diagnostics, NULL, 0, 0, "key %s", word);
	printed();
	/* "key ", 994 letters, and the character that does not fit any more is left out whole. */
	cr_expect(eq(sz, strlen(output), strlen("error: key ") + 994 + strlen("...\n")));
}

Test(diagnostic, at_most_the_limit_is_kept_and_the_rest_counted)
{
	for (int i = 0; i < 137; i++)
		diagnostics_error(&diagnostics, "f", i + 1, 1, "no %d", i);
	cr_expect(eq(sz, diagnostics.count, DIAGNOSTIC_LIMIT));
	cr_expect(eq(sz, diagnostics.error_count, 137));
	printed();
	cr_expect(ne(ptr, strstr(output, "f:100:1: error: no 99\nand 37 more, not shown\n"), NULL), "%s", output);
}

Test(diagnostic, an_error_takes_the_place_of_a_warning)
{
	for (int i = 0; i < 113; i++)
		diagnostics_warning(&diagnostics, "f", i + 1, 1, "warning");
	diagnostics_error(&diagnostics, "f", 7, 3, "the error");
	cr_expect(eq(sz, diagnostics.count, DIAGNOSTIC_LIMIT));
	cr_expect(eq(sz, diagnostics.error_count, 1));
	printed();
	cr_expect(ne(ptr, strstr(output, "f:7:3: error: the error\n"), NULL));
	cr_expect(ne(ptr, strstr(output, "and 14 more, not shown\n"), NULL));
}

Test(diagnostic, the_nearest_word_is_suggested_if_it_may_be_meant)
{
	static const char *const keys[] = { "reader", "io",   "python", "thread_pool", "native", "count",
					    "users",  "with", "wait",	NULL,	       "put",	 "asyncio" };
	static const struct {
		const char *word, *suggestion;
	} cases[] = {
		{ "raeder", "reader" },
		{ "reder", "reader" },
		{ "ios", "io" },
		{ "Python", "python" },
		{ "thread-pool", "thread_pool" },
		{ "threadpool", "thread_pool" },
		{ "natvie", "native" },
		{ "cuont", "count" },
		{ "user", "users" },
		{ "wiat", "wait" },
		{ "asynco", "asyncio" },
		{ "get", NULL },
		{ "x", NULL },
		{ "", NULL },
		{ "lognormal", NULL },
	};
	char longer[1000];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *suggestion = diagnostics_suggest(cases[i].word, keys, sizeof(keys) / sizeof(keys[0]));

		if (cases[i].suggestion)
			cr_expect(suggestion && strcmp(suggestion, cases[i].suggestion) == 0, "'%s' -> '%s'",
				  cases[i].word, suggestion);
		else
			cr_expect(eq(ptr, (void *)suggestion, NULL), "'%s' -> '%s'", cases[i].word, suggestion);
	}
	memset(longer, 'i', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	cr_expect(eq(ptr, (void *)diagnostics_suggest(longer, keys, sizeof(keys) / sizeof(keys[0])), NULL));
	cr_expect(eq(ptr, (void *)diagnostics_suggest("io", NULL, 0), NULL));
}
