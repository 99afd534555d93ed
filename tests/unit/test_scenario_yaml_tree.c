/*
 * test_scenario_yaml_tree.c - the tree that sim/scenario/yaml_tree.c makes, and what it refuses.
 */
#include "tests/unit/scenario_helper.h"

#include <time.h>

#include "sim/scenario/yaml_tree.h"

static const struct yaml_origin origin = { .file = "t.yaml" };

static const struct yaml_node *parse(struct helper *helper, const char *text)
{
	return yaml_tree_parse(&origin, text, strlen(text), &helper->region, &helper->diagnostics);
}

/* Whether `text` is refused with exactly this first line. */
static void expect_refusal(const char *text, const char *message)
{
	struct helper helper;

	helper_open(&helper);
	parse(&helper, text);
	cr_expect(helper.diagnostics.error_count > 0, "'%.60s' to be refused", text);
	cr_expect(strncmp(helper_messages(&helper), message, strlen(message)) == 0, "expected\n%s\ngot\n%s",
		  message, helper_messages(&helper));
	helper_close(&helper);
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

Test(yaml_tree, every_node_knows_its_line_and_column)
{
	struct helper helper;
	const struct yaml_node *root, *list;

	helper_open(&helper);
	root = parse(&helper, "# about\nname: \"x\"\ntasks:\n    fetch: [io, {python: 3ms}]\n");
	cr_assert(root != NULL && root->kind == NODE_MAP);
	cr_expect(eq(int, yaml_tree_get(root, "name")->line, 2));
	cr_expect(eq(int, yaml_tree_get(root, "name")->column, 7));
	cr_expect(eq(int, yaml_tree_get(root, "name")->text_column, 8));
	list = yaml_tree_get(yaml_tree_get(root, "tasks"), "fetch");
	cr_assert(list->kind == NODE_LIST);
	cr_expect(eq(u32, list->count, 2));
	cr_expect(eq(int, list->line, 4));
	cr_expect(eq(int, list->column, 12));
	cr_expect(eq(int, yaml_tree_get(list->items[1], "python")->column, 26));
	helper_close(&helper);
}

Test(yaml_tree, columns_count_characters_not_bytes)
{
	struct helper helper;
	const struct yaml_node *root;

	helper_open(&helper);
	root = parse(&helper, "{\"\xc3\xa4\xe2\x82\xac\": 1, b: 2}");
	cr_expect(eq(int, yaml_tree_get(root, "b")->column, 14));
	helper_close(&helper);
}

Test(yaml_tree, scalars_stay_text)
{
	static const char *const words[] = { "on", "off", "3.10", "0x1f", "~", "null", "1_000" };
	struct helper helper;

	helper_open(&helper);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		cr_expect(eq(str, (char *)parse(&helper, words[i])->text, (char *)words[i]));
	helper_close(&helper);
}

Test(yaml_tree, an_alias_is_the_node_it_stands_for)
{
	struct helper helper;
	const struct yaml_node *root;

	helper_open(&helper);
	root = parse(&helper, "a: &x [1, 2, 3]\nb: *x\nc: [*x, *x]\n");
	cr_assert(root != NULL);
	cr_expect(yaml_tree_get(root, "a") == yaml_tree_get(root, "b"));
	cr_expect(eq(u32, yaml_tree_get(root, "c")->weight, 1 + 4 + 4));
	cr_expect(eq(u8, yaml_tree_get(root, "c")->height, 1));
	helper_close(&helper);
}

Test(yaml_tree, a_key_given_twice_is_refused_at_the_second)
{
	expect_refusal("a: 1\nb: 2\na: 3\n", "t.yaml:3:1: error: key 'a' is given twice, first in line 1\n");
}

Test(yaml_tree, what_is_not_one_plain_document_is_refused)
{
	expect_refusal("", "t.yaml: error: empty, expected YAML\n");
	expect_refusal("# nothing\n---\n", "t.yaml: error: empty, expected YAML\n");
	expect_refusal("a: 1\n---\nb: 2\n", "t.yaml:2:1: error: a second document, expected one a file\n");
	expect_refusal("a: !!str 1\n",
		       "t.yaml:1:4: error: tag 'tag:yaml.org,2002:str', expected a value without a tag\n");
	expect_refusal("%YAML 1.1\n--- a\n", "t.yaml:1:1: error: byte 0x25 begins a directive, expected none\n");
	expect_refusal("a: *x\n", "t.yaml:1:4: error: alias '*x', but nothing before it has the anchor '&x'\n");
	expect_refusal("a: &x [*x]\n", "t.yaml:1:8: error: alias '*x' inside what it stands for\n");
	expect_refusal("{[1]: 2}\n", "t.yaml:1:2: error: a list as a key, expected a plain word\n");
	expect_refusal(
		"a: b: c\n",
		"t.yaml:1:5: error: a second ': ' in one line, expected braces around a map in one line, such as "
		"{repeat: 10, do: [...]}, or quotes around a text that has one\n");
	expect_refusal("a:\n\tb: 1\n", "t.yaml:2:1: error: a tab, expected spaces for the indentation\n");
	expect_refusal("a: \"\\0\"\n", "t.yaml:1:4: error: a NUL character, expected text\n");
}

Test(yaml_tree, bytes_that_are_no_text_are_named_with_their_place)
{
	expect_refusal("a: 1\nb\xc3\xa9: \xff\n",
		       "t.yaml:2:5: error: byte 0xff is not UTF-8, expected a text file\n");
	/* Too long a form of '/', half of a surrogate pair, beyond the last character, cut short. */
	expect_refusal("\xc0\xaf", "t.yaml:1:1: error: byte 0xc0 is not UTF-8");
	expect_refusal("\xed\xa0\x80", "t.yaml:1:1: error: byte 0xed is not UTF-8");
	expect_refusal("\xf4\x90\x80\x80", "t.yaml:1:1: error: byte 0xf4 is not UTF-8");
	expect_refusal("ab\xe2\x82", "t.yaml:1:3: error: byte 0xe2 is not UTF-8");
	expect_refusal("a: \x1b[31m\n",
		       "t.yaml:1:4: error: byte 0x1b is a control character, expected a text file\n");
}

Test(yaml_tree, sixty_four_levels_are_read_and_sixty_five_are_not)
{
	char text[2 * 65 + 1];
	struct helper helper;

	for (size_t levels = 64; levels <= 65; levels++) {
		memset(text, '[', levels);
		memset(text + levels, ']', levels);
		text[2 * levels] = '\0';
		helper_open(&helper);
		cr_expect(eq(int, parse(&helper, text) != NULL, levels == 64));
		helper_close(&helper);
	}
	expect_refusal("a: &a [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\n"
		       "b: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[*a]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\n",
		       "t.yaml:2:36: error: nested more than 64 levels deep\n");
}

Test(yaml_tree, a_hundred_thousand_brackets_end_early_whatever_they_are)
{
	static const char *const units[] = { "[", "{", "- ", "? ", "[a, ", "{a: ", "\"\": [" };
	size_t count = 100000;

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		size_t length = strlen(units[i]);
		char *text = malloc(count * length + 1);
		struct helper helper;
		double start;

		for (size_t j = 0; j < count; j++)
			memcpy(text + j * length, units[i], length + 1);
		helper_open(&helper);
		helper.region.limit_bytes = 20 << 20;
		start = seconds();
		cr_expect(parse(&helper, text) == NULL, "'%s' to be refused", units[i]);
		cr_expect(seconds() - start < 1, "'%s' took %g s", units[i], seconds() - start);
		helper_close(&helper);
		free(text);
	}
}

Test(yaml_tree, an_alias_bomb_is_refused_by_adding_up)
{
	char text[2000], *end = text;
	struct helper helper;
	double start = seconds();

	end += sprintf(end, "a: &a [x, x, x, x, x, x, x, x, x]\n");
	for (char name = 'b'; name <= 'z'; name++) {
		end += sprintf(end, "%c: &%c [", name, name);
		for (int i = 0; i < 9; i++)
			end += sprintf(end, "%s*%c", i == 0 ? "" : ", ", name - 1);
		end += sprintf(end, "]\n");
	}
	helper_open(&helper);
	helper.region.limit_bytes = 1 << 20;
	cr_expect(parse(&helper, text) == NULL);
	cr_expect(helper_says(&helper, "t.yaml:7:8: error: more than 1000000 values with aliases expanded"));
	cr_expect(seconds() - start < 1);
	helper_close(&helper);
}

Test(yaml_tree, too_many_values_anchors_and_too_long_a_text_are_refused)
{
	size_t size = 8 << 20;
	char *text = malloc(size + 3), *end = text;
	struct helper helper;

	text[0] = '[';
	for (size_t i = 1; i < size; i += 2)
		memcpy(text + i, "1,", 3);
	helper_open(&helper);
	cr_expect(parse(&helper, text) == NULL);
	cr_expect(helper_says(&helper, "t.yaml:1:2000000: error: more than 1000000 values"));
	helper_close(&helper);
	for (int i = 0; i <= YAML_TREE_MAX_ANCHORS; i++)
		end += sprintf(end, "- &a%d x\n", i);
	expect_refusal(text, "t.yaml:10001:3: error: more than 10000 anchors, expected fewer\n");
	memset(text, 'x', size);
	text[size] = '\0';
	expect_refusal(text, "t.yaml:1:1: error: a text of more than 64 KiB, expected a shorter one\n");
	free(text);
}

Test(yaml_tree, files_that_cannot_be_read_are_said_to_be_so)
{
	struct helper helper;

	helper_open(&helper);
	cr_expect(yaml_tree_read("/nonexistent/x.yaml", 1 << 20, &helper.region, &helper.diagnostics) == NULL);
	cr_expect(yaml_tree_read("/", 1 << 20, &helper.region, &helper.diagnostics) == NULL);
	cr_expect(yaml_tree_read("/dev/zero", 1 << 20, &helper.region, &helper.diagnostics) == NULL);
	cr_expect(eq(str, (char *)helper_messages(&helper),
		     "/nonexistent/x.yaml: error: cannot be read: No such file or directory\n"
		     "/: error: is a directory, expected a file\n"
		     "/dev/zero: error: larger than 1 MiB\n"));
	helper_close(&helper);
}

Test(yaml_tree, a_hundred_megabytes_are_refused_by_size)
{
	char name[] = "/tmp/gilsim-test-XXXXXX";
	int descriptor = mkstemp(name);
	struct helper helper;
	double start = seconds();

	cr_assert(descriptor >= 0 && ftruncate(descriptor, 100000000) == 0);
	helper_open(&helper);
	helper.region.limit_bytes = 1 << 20;
	cr_expect(yaml_tree_read(name, SCENARIO_MAX_BYTES, &helper.region, &helper.diagnostics) == NULL);
	cr_expect(helper_says(&helper, ": error: larger than 32 MiB\n"));
	cr_expect(seconds() - start < 1);
	helper_close(&helper);
	close(descriptor);
	unlink(name);
}

Test(yaml_tree, standard_input_is_read_no_further_than_the_limit)
{
	struct helper helper;
	FILE *zero = freopen("/dev/zero", "r", stdin);

	cr_assert(zero != NULL);
	helper_open(&helper);
	cr_expect(yaml_tree_read("-", SCENARIO_MAX_BYTES, &helper.region, &helper.diagnostics) == NULL);
	cr_expect(eq(str, (char *)helper_messages(&helper), "<stdin>: error: larger than 32 MiB\n"));
	helper_close(&helper);
}

Test(yaml_tree, the_same_message_at_the_same_place_is_kept_once)
{
	struct helper helper;
	const struct yaml_node *root;

	helper_open(&helper);
	root = parse(&helper, "a: 1");
	for (int i = 0; i < 3; i++)
		yaml_tree_error(&helper.diagnostics, root, "twice %d", 711);
	yaml_tree_error(&helper.diagnostics, root, "once");
	cr_expect(eq(sz, helper.diagnostics.error_count, 2));
	helper_close(&helper);
}

Test(yaml_tree, every_failed_allocation_is_survived_without_a_leak)
{
	const char *text = "a: &x [1, 2, {b: c}]\nd: *x\nd: \"e\"\n";
	volatile uint64_t failing = 0;
	volatile bool done = false;

	while (!done) {
		struct helper helper;
		jmp_buf unwind;

		helper_open(&helper);
		helper.region.unwind = &unwind;
		region_fail_after(failing);
		if (setjmp(unwind) == 0) {
			parse(&helper, text);
			done = true;
		}
		region_fail_after(UINT64_MAX);
		cr_expect(helper.region.unwind == &unwind);
		helper_close(&helper);
		failing++;
		cr_assert(failing < 10000);
	}
	cr_expect(failing > 20);
}
