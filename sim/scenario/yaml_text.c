/*
 * yaml_text.c - see yaml_text.h: files, and texts before libyaml sees them.
 *
 * Bounded     the file's size. Directives are refused before libyaml sees them: it compares each %TAG with all
 *             others.
 */
#include "sim/scenario/yaml_text.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- Characters and lines ---- */

int yaml_text_count_characters(const char *text, size_t length_bytes)
{
	int count = 0;

	for (size_t i = 0; i < length_bytes && text[i] != '\0'; i++)
		count += ((unsigned char)text[i] & 0xc0) != 0x80;
	return count;
}

size_t yaml_text_break_length(const char *text, size_t left)
{
	if (text[0] == '\n')
		return 1;
	if (text[0] == '\r')
		return left > 1 && text[1] == '\n' ? 2 : 1;
	if (left > 1 && memcmp(text, "\xc2\x85", 2) == 0)
		return 2;
	return left > 2 && (memcmp(text, "\xe2\x80\xa8", 3) == 0 || memcmp(text, "\xe2\x80\xa9", 3) == 0) ? 3 : 0;
}

/* The length of the UTF-8 sequence at `text`, or 0 when it is none (too long, surrogate, beyond U+10FFFF). */
static size_t utf8_length(const unsigned char *text, size_t left)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t length = text[0] < 0x80 ? 1 : text[0] < 0xc0 ? 0 : text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;
	uint32_t point;

	if (length <= 1)
		return length;
	if (length > left || text[0] > 0xf4)
		return 0;
	point = text[0] & (0xffu >> (length + 1));
	for (size_t i = 1; i < length; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (text[i] & 0x3f);
	}
	return point < least[length] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000) ? 0 : length;
}

bool yaml_text_check(const struct yaml_origin *origin, const char *characters, size_t length_bytes,
		     struct diagnostics *diagnostics)
{
	const unsigned char *text = (const unsigned char *)characters;
	size_t line_start = 0;
	int line = 1;

	for (size_t i = 0; i < length_bytes;) {
		size_t end_of_line = yaml_text_break_length(characters + i, length_bytes - i);
		size_t length = utf8_length(text + i, length_bytes - i);
		bool is_control = (text[i] < 0x20 && text[i] != '\t' && text[i] != '\n' && text[i] != '\r') ||
				  text[i] == 0x7f ||
				  (text[i] == 0xc2 && length == 2 && text[i + 1] < 0xa0 && text[i + 1] != 0x85);

		if (length == 0 || is_control || (text[i] == '%' && i == line_start)) {
			const char *why = length == 0  ? "is not UTF-8, expected a text file"
					  : is_control ? "is a control character, expected a text file"
						       : "begins a directive, expected none";

			yaml_tree_error_at(diagnostics, origin, line,
				  yaml_text_count_characters(characters + line_start, i - line_start) + 1, "byte 0x%02x %s",
				  text[i], why);
			return false;
		}
		i += end_of_line > 0 ? end_of_line : length;
		if (end_of_line > 0) {
			line++;
			line_start = i;
		}
	}
	return true;
}

/* ---- Files ---- */

static char *read_descriptor(int descriptor, size_t max_bytes, struct region *region, size_t *length_bytes,
			     const char **why)
{
	size_t capacity = 64 << 10, length = 0;
	char *text = region_alloc(region, capacity);

	for (;;) {
		ssize_t got = read(descriptor, text + length, capacity - length - 1);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			*why = region_format(region, "cannot be read: %s", strerror(errno));
			return NULL;
		}
		if (got == 0)
			break;
		length += (size_t)got;
		if (length > max_bytes) {
			*why = region_format(region, "larger than %zu MiB", max_bytes >> 20);
			return NULL;
		}
		if (length + 1 == capacity) {
			capacity *= 2;
			text = region_resize(region, text, capacity);
		}
	}
	text[length] = '\0';
	*length_bytes = length;
	return text;
}

/* read_descriptor(), with the descriptor closed also when the region jumps. */
static char *read_and_close(int descriptor, size_t max_bytes, struct region *region, size_t *length_bytes,
			    const char **why)
{
	jmp_buf *outer_unwind = region->unwind;
	jmp_buf unwind;
	char *text;

	if (outer_unwind != NULL) {
		if (setjmp(unwind) != 0) {
			close(descriptor);
			region->unwind = outer_unwind;
			longjmp(*outer_unwind, 1);
		}
		region->unwind = &unwind;
	}
	text = read_descriptor(descriptor, max_bytes, region, length_bytes, why);
	region->unwind = outer_unwind;
	close(descriptor);
	return text;
}

char *yaml_text_read(const char *path, size_t max_bytes, bool regular_only, struct region *region, size_t *length_bytes,
		     const char **why)
{
	struct stat status;
	int descriptor;

	if (strcmp(path, "-") == 0 && !regular_only)
		return read_descriptor(STDIN_FILENO, max_bytes, region, length_bytes, why);
	/* Asked before opening: opening a pipe that nobody writes would wait for ever. */
	if (stat(path, &status) != 0) {
		*why = region_format(region, "cannot be read: %s", strerror(errno));
		return NULL;
	}
	if (S_ISDIR(status.st_mode)) {
		*why = "is a directory, expected a file";
		return NULL;
	}
	if (regular_only && !S_ISREG(status.st_mode)) {
		*why = "is not a regular file";
		return NULL;
	}
	if (S_ISREG(status.st_mode) && (uint64_t)status.st_size > max_bytes) {
		*why = region_format(region, "larger than %zu MiB", max_bytes >> 20);
		return NULL;
	}
	descriptor = open(path, O_RDONLY | O_CLOEXEC);
	if (descriptor < 0) {
		*why = region_format(region, "cannot be read: %s", strerror(errno));
		return NULL;
	}
	return read_and_close(descriptor, max_bytes, region, length_bytes, why);
}
