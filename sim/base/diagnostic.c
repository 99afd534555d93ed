/*
 * diagnostic.c - collects what is wrong with an input and prints it with the lines it is about.
 *
 * The input may be anything at all: a line of 100 MB, no line at all, bytes that are no text. What is
 * shown of it is cut around the column, and every byte that could disturb a terminal or mislead
 * the eye is shown as an escape. All messages of one file are found in one pass over its text, since they are
 * sorted and a cursor only moves forward.
 */
#include "sim/base/diagnostic.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

/* A line of more characters than this is cut, with this many at most before the column. */
#define SHOWN_CHARACTERS 100
#define SHOWN_BEFORE 60
/* Words longer than this are not compared; no key is. */
#define SUGGESTION_BYTES 64

/* One character of a text: its bytes, and what to do with it. */
struct character {
	uint32_t code;
	unsigned int length_bytes; /* 1 for a byte that is no UTF-8 */
	bool valid;
};

/* Where the printing of one source has got to. */
struct cursor {
	const struct diagnostic_source *source;
	int line;
	size_t line_start, line_end; /* without its line break */
	size_t next_line;
	int column; /* of the character at `offset` */
	size_t offset;
};

/* Decodes the character at the start of `text`; overlong forms, surrogates and codes above 0x10ffff
 * are not valid (Unicode 15, table 3-7). */
static struct character character_at(const char *text, size_t length_bytes)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *bytes = (const unsigned char *)text;
	const struct character byte = { .code = bytes[0], .length_bytes = 1, .valid = bytes[0] < 0x80 };
	unsigned int count = bytes[0] < 0xc2   ? 1
			     : bytes[0] < 0xe0 ? 2
			     : bytes[0] < 0xf0 ? 3
			     : bytes[0] < 0xf5 ? 4
					       : 1;
	uint32_t code = count > 1 ? bytes[0] & (0x7fu >> count) : 0;

	if (count == 1 || count > length_bytes)
		return byte;
	for (unsigned int i = 1; i < count; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return byte;
		code = code << 6 | (bytes[i] & 0x3f);
	}
	if (code < least[count] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return byte;
	return (struct character){ .code = code, .length_bytes = count, .valid = true };
}

/* Controls, and the invisible characters that change the order or place of what is around them. */
static bool needs_escape(const struct character *character)
{
	uint32_t code = character->code;

	return !character->valid || code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0xad ||
	       (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
	       (code >= 0x2060 && code <= 0x206f) || code == 0xfeff || (code >= 0xe0000 && code <= 0xe007f);
}

/* Prints one character, or only measures it when `stream` is NULL; returns how many columns it takes.
 * A tab becomes one blank, so that the caret below stands where it should. */
static int character_print(const char *text, const struct character *character, FILE *stream)
{
	char escape[16];
	int length;

	if (character->code == '\t' && character->valid) {
		if (stream)
			fputc(' ', stream);
		return 1;
	}
	if (!needs_escape(character)) {
		if (stream)
			fwrite(text, 1, character->length_bytes, stream);
		return 1;
	}
	if (!character->valid || character->code < 0x80)
		length = snprintf(escape, sizeof(escape), "\\x%02x", (unsigned int)character->code);
	else
		length = snprintf(escape, sizeof(escape), "\\u%04x", (unsigned int)character->code);
	if (stream)
		fputs(escape, stream);
	return length;
}

static void text_print(const char *text, FILE *stream)
{
	size_t length_bytes = strlen(text);

	for (size_t i = 0; i < length_bytes;) {
		struct character character = character_at(text + i, length_bytes - i);

		character_print(text + i, &character, stream);
		i += character.length_bytes;
	}
}

void diagnostics_init(struct diagnostics *diagnostics, struct region *region)
{
	*diagnostics = (struct diagnostics){ .region = region };
}

void diagnostics_add_source(struct diagnostics *diagnostics, const char *file, const char *text,
			    size_t length_bytes)
{
	struct diagnostic_source *source = region_alloc(diagnostics->region, sizeof(*source));

	*source = (struct diagnostic_source){
		.file = file, .text = text, .length_bytes = length_bytes, .next = diagnostics->sources
	};
	diagnostics->sources = source;
}

/* The place for one more, or NULL when the list is full. */
static struct diagnostic *diagnostics_claim(struct diagnostics *diagnostics, enum diagnostic_severity severity)
{
	if (diagnostics->count < DIAGNOSTIC_LIMIT) {
		diagnostics->items = region_grow(diagnostics->region, diagnostics->items, diagnostics->count,
						 &diagnostics->capacity, sizeof(*diagnostics->items));
		return &diagnostics->items[diagnostics->count];
	}
	diagnostics->suppressed_count++;
	if (severity == DIAGNOSTIC_WARNING)
		return NULL;
	for (size_t i = diagnostics->count; i-- > 0;) {
		struct diagnostic *last = &diagnostics->items[diagnostics->count - 1];

		if (diagnostics->items[i].severity != DIAGNOSTIC_WARNING)
			continue;
		region_free(diagnostics->region, diagnostics->items[i].text);
		memmove(&diagnostics->items[i], &diagnostics->items[i + 1],
			(diagnostics->count - 1 - i) * sizeof(*diagnostics->items));
		diagnostics->count--;
		return last;
	}
	return NULL;
}

static void diagnostics_add(struct diagnostics *diagnostics, const char *file, int line, int column,
			    enum diagnostic_severity severity, const char *format, va_list arguments)
{
	char text[DIAGNOSTIC_TEXT_BYTES + sizeof("...")];
	struct diagnostic *place;
	char *copy;
	int length = vsnprintf(text, DIAGNOSTIC_TEXT_BYTES + 1, format, arguments);

	if (length < 0)
		text[0] = '\0';
	if (length > DIAGNOSTIC_TEXT_BYTES) {
		size_t end = DIAGNOSTIC_TEXT_BYTES - 1;

		/* Not in the middle of a character. */
		while (end > DIAGNOSTIC_TEXT_BYTES - 4 && ((unsigned char)text[end] & 0xc0) == 0x80)
			end--;
		memcpy(text + end, "...", sizeof("..."));
	}
	diagnostics->error_count += severity == DIAGNOSTIC_ERROR;
	/* The copy comes first: should it fail, the list is as it was. */
	copy = region_strdup(diagnostics->region, text);
	place = diagnostics_claim(diagnostics, severity);
	if (!place) {
		region_free(diagnostics->region, copy);
		return;
	}
	*place = (struct diagnostic){
		.file = file, .line = line, .column = column, .severity = severity, .text = copy
	};
	diagnostics->count++;
}

void diagnostics_error(struct diagnostics *diagnostics, const char *file, int line, int column, const char *format,
		       ...)
{
	va_list arguments;

	va_start(arguments, format);
	diagnostics_add(diagnostics, file, line, column, DIAGNOSTIC_ERROR, format, arguments);
	va_end(arguments);
}

void diagnostics_warning(struct diagnostics *diagnostics, const char *file, int line, int column,
			 const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	diagnostics_add(diagnostics, file, line, column, DIAGNOSTIC_WARNING, format, arguments);
	va_end(arguments);
}

static bool same_file(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* Line breaks as YAML 1.1 and so libyaml counts them: LF, CR LF, CR, NEL, LS and PS. Returns the
 * length of the break at `offset`, 0 when there is none. */
static size_t line_break_length(const struct diagnostic_source *source, size_t offset)
{
	const unsigned char *at = (const unsigned char *)source->text + offset;
	size_t left = source->length_bytes - offset;

	switch (at[0]) {
	case '\n':
		return 1;
	case '\r':
		return left > 1 && at[1] == '\n' ? 2 : 1;
	case 0xc2:
		return left > 1 && at[1] == 0x85 ? 2 : 0;
	case 0xe2:
		return left > 2 && at[1] == 0x80 && (at[2] == 0xa8 || at[2] == 0xa9) ? 3 : 0;
	default:
		return 0;
	}
}

/* Finds the end of the line that starts at cursor->line_start. */
static void cursor_measure_line(struct cursor *cursor)
{
	const struct diagnostic_source *source = cursor->source;
	size_t offset = cursor->line_start;

	cursor->line_end = cursor->next_line = source->length_bytes;
	for (; offset < source->length_bytes; offset++) {
		unsigned char byte = (unsigned char)source->text[offset];
		size_t break_bytes;

		/* One comparison rules out all but a few bytes of an ordinary text. */
		if (byte > '\r' && byte < 0xc2)
			continue;
		break_bytes = line_break_length(source, offset);
		if (break_bytes > 0) {
			cursor->line_end = offset;
			cursor->next_line = offset + break_bytes;
			break;
		}
	}
	cursor->offset = cursor->line_start;
	cursor->column = 1;
}

static void cursor_open(struct cursor *cursor, const struct diagnostic_source *source)
{
	*cursor = (struct cursor){ .source = source, .line = 1 };
	/* A byte order mark is not part of the first line. */
	if (source->length_bytes >= 3 && memcmp(source->text, "\xef\xbb\xbf", 3) == 0)
		cursor->line_start = 3;
	cursor_measure_line(cursor);
}

/* Goes on to `line`; false when the text ends before. */
static bool cursor_seek_line(struct cursor *cursor, int line)
{
	while (cursor->line < line) {
		if (cursor->next_line == cursor->line_end)
			return false;
		cursor->line++;
		cursor->line_start = cursor->next_line;
		cursor_measure_line(cursor);
	}
	return cursor->line == line;
}

/* Goes on to `column` of the line, or to its end. */
static void cursor_seek_column(struct cursor *cursor, int column)
{
	const char *text = cursor->source->text;

	while (cursor->column < column && cursor->offset < cursor->line_end) {
		/* Eight ASCII characters at a time; a line may be 100 MB. */
		if (column - cursor->column >= 8 && cursor->line_end - cursor->offset >= 8) {
			uint64_t eight;

			memcpy(&eight, text + cursor->offset, 8);
			if ((eight & UINT64_C(0x8080808080808080)) == 0) {
				cursor->offset += 8;
				cursor->column += 8;
				continue;
			}
		}
		cursor->offset +=
			character_at(text + cursor->offset, cursor->line_end - cursor->offset).length_bytes;
		cursor->column++;
	}
}

/* The start of the character that ends at `offset`; the longest form first, since the last byte of one
 * would pass for a stray byte. */
static size_t character_before(const struct cursor *cursor, size_t offset)
{
	const char *text = cursor->source->text;

	for (size_t length = 4; length > 1; length--) {
		if (length <= offset - cursor->line_start &&
		    character_at(text + offset - length, length).length_bytes == length)
			return offset - length;
	}
	return offset - 1;
}

/* The line, cut around the cursor if it is long, and a caret below the column. */
static void excerpt_print(const struct cursor *cursor, bool with_caret, FILE *stream)
{
	const char *text = cursor->source->text;
	size_t from = cursor->offset, to;
	int shown = 0, caret_column = 0;
	bool cut_before;

	for (; shown < SHOWN_BEFORE && from > cursor->line_start; shown++)
		from = character_before(cursor, from);
	/* What the "..." would replace may as well be shown. */
	cut_before = from > cursor->line_start + 3;
	if (!cut_before)
		from = cursor->line_start;
	fprintf(stream, "%5d |", cursor->line);
	if (cursor->line_end > cursor->line_start)
		fputc(' ', stream);
	if (cut_before) {
		fputs("...", stream);
		caret_column += 3;
	}
	shown = 0;
	for (to = from; to < cursor->line_end && shown < SHOWN_CHARACTERS; shown++) {
		struct character character = character_at(text + to, cursor->line_end - to);
		int width = character_print(text + to, &character, stream);

		if (to < cursor->offset)
			caret_column += width;
		to += character.length_bytes;
	}
	if (to < cursor->line_end)
		fputs("...", stream);
	fputc('\n', stream);
	if (with_caret)
		fprintf(stream, "      | %*s^\n", caret_column, "");
}

static const struct diagnostic_source *source_find(const struct diagnostics *diagnostics, const char *file)
{
	const struct diagnostic_source *source = diagnostics->sources;

	while (source && !same_file(source->file, file))
		source = source->next;
	return source && source->text ? source : NULL;
}

static void diagnostic_print(const struct diagnostic *diagnostic, FILE *stream)
{
	if (diagnostic->file) {
		text_print(diagnostic->file, stream);
		fputc(':', stream);
		if (diagnostic->line > 0)
			fprintf(stream, "%d:", diagnostic->line);
		if (diagnostic->line > 0 && diagnostic->column > 0)
			fprintf(stream, "%d:", diagnostic->column);
		fputc(' ', stream);
	}
	fputs(diagnostic->severity == DIAGNOSTIC_ERROR ? "error: " : "warning: ", stream);
	text_print(diagnostic->text, stream);
	if (diagnostic->variants) {
		fputs(strchr(diagnostic->variants, ',') ? " (variants " : " (variant ", stream);
		text_print(diagnostic->variants, stream);
		fputc(')', stream);
	}
	fputc('\n', stream);
}

static bool comes_after(const struct diagnostic *a, const struct diagnostic *b)
{
	return a->line != b->line ? a->line > b->line : a->column > b->column;
}

/* Prints the messages of one file, given in order of position. */
static void file_print(const struct diagnostics *diagnostics, const struct diagnostic *const *items, size_t count,
		       FILE *stream)
{
	const struct diagnostic_source *source = source_find(diagnostics, items[0]->file);
	struct cursor cursor;

	if (source)
		cursor_open(&cursor, source);
	for (size_t i = 0; i < count; i++) {
		diagnostic_print(items[i], stream);
		if (!source || items[i]->line < 1 || !cursor_seek_line(&cursor, items[i]->line))
			continue;
		cursor_seek_column(&cursor, items[i]->column);
		excerpt_print(&cursor, items[i]->column > 0, stream);
	}
}

void diagnostics_print(const struct diagnostics *diagnostics, FILE *stream)
{
	const struct diagnostic *of_file[DIAGNOSTIC_LIMIT];
	bool printed[DIAGNOSTIC_LIMIT] = { false };

	for (size_t first = 0; first < diagnostics->count; first++) {
		size_t count = 0;

		if (printed[first])
			continue;
		/* All of this file's, put in order as they come: there are few, and equal ones keep theirs. */
		for (size_t i = first; i < diagnostics->count; i++) {
			const struct diagnostic *item = &diagnostics->items[i];
			size_t place = count;

			if (printed[i] || !same_file(item->file, diagnostics->items[first].file))
				continue;
			printed[i] = true;
			for (; place > 0 && comes_after(of_file[place - 1], item); place--)
				of_file[place] = of_file[place - 1];
			of_file[place] = item;
			count++;
		}
		file_print(diagnostics, of_file, count, stream);
	}
	if (diagnostics->suppressed_count > 0)
		fprintf(stream, "and %zu more, not shown\n", diagnostics->suppressed_count);
}

/* Letters compare without case and '-' as '_', so that such a slip is the nearest of all. */
static char folded(char letter)
{
	return letter == '-' ? '_' : (char)tolower((unsigned char)letter);
}

static unsigned int least_of(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

/* How many letters must be changed, added, removed or swapped with their neighbour (the "optimal string
 * alignment" distance); both words have at most SUGGESTION_BYTES. */
static unsigned int edit_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	unsigned int rows[3][SUGGESTION_BYTES + 1];

	for (size_t j = 0; j <= b_length; j++)
		rows[0][j] = (unsigned int)j;
	for (size_t i = 1; i <= a_length; i++) {
		unsigned int *row = rows[i % 3];
		const unsigned int *above = rows[(i - 1) % 3], *two_above = rows[(i + 1) % 3];

		row[0] = (unsigned int)i;
		for (size_t j = 1; j <= b_length; j++) {
			bool same = folded(a[i - 1]) == folded(b[j - 1]);

			row[j] = least_of(above[j - 1] + !same, least_of(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && folded(a[i - 1]) == folded(b[j - 2]) &&
			    folded(a[i - 2]) == folded(b[j - 1]))
				row[j] = least_of(row[j], two_above[j - 2] + 1);
		}
	}
	return rows[a_length % 3][b_length];
}

const char *diagnostics_suggest(const char *word, const char *const *candidates, size_t count)
{
	const size_t word_length = strnlen(word, SUGGESTION_BYTES + 1);
	const char *best = NULL;
	/* A third of the word may be wrong, at most three letters, and of a single letter nothing. */
	unsigned int allowed = word_length <= 1 ? 0 : word_length <= 4 ? 1 : word_length <= 7 ? 2 : 3;

	if (word_length == 0 || word_length > SUGGESTION_BYTES)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		size_t length = candidates[i] ? strnlen(candidates[i], SUGGESTION_BYTES + 1) : 0;
		unsigned int distance;

		if (length == 0 || length > SUGGESTION_BYTES)
			continue;
		distance = edit_distance(word, word_length, candidates[i], length);
		if (distance < length && distance <= allowed) {
			best = candidates[i];
			/* Only a nearer one may take its place. */
			if (distance == 0)
				break;
			allowed = distance - 1;
		}
	}
	return best;
}
