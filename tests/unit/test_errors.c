/*
 * test_errors.c - each wrong scenario of tests/errors earns exactly the message beside it.
 *
 * NAME.expected is what `gilsim check NAME.yaml` writes to standard error in that folder.
 */
#include "tests/unit/scenario_helper.h"

#include <dirent.h>

static char *read_file(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = NULL;
	size_t length = 0;
	FILE *copy = open_memstream(&text, &length);

	cr_assert(file != NULL, "%s to be there", path);
	for (int c = fgetc(file); c != EOF; c = fgetc(file))
		fputc(c, copy);
	fclose(copy);
	fclose(file);
	return text;
}

static int is_yaml(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return length > 5 && strcmp(entry->d_name + length - 5, ".yaml") == 0;
}

Test(errors, every_wrong_scenario_earns_its_message)
{
	const struct scenario_options options = { .seed = 1 };
	struct dirent **entries;
	int count;

	cr_assert(chdir("tests/errors") == 0, "the tests to run from the top of the tree");
	count = scandir(".", &entries, is_yaml, alphasort);
	cr_assert(count > 20);
	for (int i = 0; i < count; i++) {
		const char *name = entries[i]->d_name;
		char expected_name[300];
		struct helper helper;
		char *expected;

		snprintf(expected_name, sizeof(expected_name), "%.*s.expected", (int)strlen(name) - 5, name);
		expected = read_file(expected_name);
		helper_open(&helper);
		cr_expect(scenario_load(name, &options, &helper.region, &helper.diagnostics) == NULL,
			  "%s to be refused", name);
		cr_expect(strcmp(helper_messages(&helper), expected) == 0, "%s: expected\n%s\ngot\n%s", name,
			  expected, helper_messages(&helper));
		helper_close(&helper);
		free(expected);
		free(entries[i]);
	}
	free(entries);
}

Test(errors, a_folder_is_no_scenario)
{
	const struct scenario_options options = { .seed = 1 };
	struct helper helper;

	helper_open(&helper);
	cr_expect(scenario_load("tests/errors", &options, &helper.region, &helper.diagnostics) == NULL);
	cr_expect(eq(str, (char *)helper_messages(&helper),
		     "tests/errors: error: is a directory, expected a file\n"));
	helper_close(&helper);
}

Test(errors, any_bytes_at_all_end_with_a_message_or_a_scenario)
{
	const struct scenario_options options = { .seed = 1, .profile = "ideal" };
	static const char pieces[][12] = { "tasks:", "variants:", "run:",     "{",	 "}",	 "[",
					   "]",	     ": ",	  "- ",	      ", ",	 "\n",	 "\n  ",
					   "a",	     "io",	  "python",   "5ms",	 "(",	 ")",
					   "\"",     "'",	  "&a ",      "*a",	 "!",	 "|\n",
					   ">",	     "#",	  "\t",	      "\xff",	 "\x80", "spawn",
					   "loop",   "set",	  "model",    "threads", "item", "exponential",
					   "choice", "%",	  "\xc2\xb1", "program", "main" };
	struct variate variate = variate_open(711, 0, 0, 0, 0);

	for (int round = 0; round < 3000; round++) {
		char text[400], *end = text;
		struct helper helper;

		for (uint64_t count = variate_next(&variate) % 24; count > 0; count--)
			end = stpcpy(end, pieces[variate_next(&variate) % (sizeof(pieces) / sizeof(pieces[0]))]);
		*end = '\0';
		helper_open(&helper);
		if (helper_load(&helper, text, &options) == NULL)
			cr_expect(strstr(helper_messages(&helper), "error: ") != NULL, "'%s'", text);
		helper_close(&helper);
	}
}
