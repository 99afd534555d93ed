/*
 * arrival_log.c - see arrival_log.h.
 */
#include "sim/scenario/arrival_log.h"
#include "sim/scenario/yaml_text.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* From here on a number is one of milliseconds: as seconds it would be in the year 5138. */
#define LEAST_MILLISECONDS 1e11

struct entry {
	double time_s; /* as written, since any moment */
	uint32_t task;
	size_t line; /* from 1; decides among equal times */
};

struct log {
	struct reading *reading;
	const struct yaml_node *node;
	const struct log_keys *keys;
	struct checked *checked;
	const char *path;
	bool is_access_log;
	int time_column, class_column; /* from 0; -1: none */
	struct entry *entries;
	size_t count, capacity;
};

/* Reports at the scenario's `log`; the line number is the log's. */
static bool fail(const struct log *log, size_t line, const char *why, const char *text)
{
	char shown[64];

	snprintf(shown, sizeof(shown), "%.40s%s", text, strlen(text) > 40 ? "..." : "");
	yaml_tree_error(log->reading->diagnostics, log->node, "'%s' line %zu: %s '%s'", log->path, line, why,
			yaml_tree_quote(shown, log->reading->region));
	return false;
}

/* ---- Times ---- */

/* Days from 1970-01-01 of the proleptic Gregorian calendar (H. Hinnant, "chrono-compatible low-level date algorithms"). */
static int64_t days_of(int64_t year, int month, int day)
{
	int64_t era, year_of_era, day_of_year;

	year -= month <= 2;
	era = (year >= 0 ? year : year - 399) / 400;
	year_of_era = year - era * 400;
	day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static double seconds_of(int64_t year, int month, int day, int hour, int minute, double second)
{
	return (double)(days_of(year, month, day) * 86400 + hour * 3600 + minute * 60) + second;
}

/* "+0200", "+02:00", "Z" or nothing; seconds to subtract. */
static double offset_of(const char *text)
{
	int hours, minutes;
	char sign;

	while (*text == ' ')
		text++;
	if (sscanf(text, "%c%2d:%2d", &sign, &hours, &minutes) != 3 &&
	    sscanf(text, "%c%2d%2d", &sign, &hours, &minutes) != 3)
		return 0;
	return sign == '-' ? -60. * (hours * 60 + minutes) : sign == '+' ? 60. * (hours * 60 + minutes) : 0;
}

static bool read_access_time(const char *text, double *time_s)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	int day, year, hour, minute, second, length = 0;
	char month[4];
	const char *found;

	if (sscanf(text, "[%2d/%3[A-Za-z]/%4d:%2d:%2d:%2d%n", &day, month, &year, &hour, &minute, &second, &length) != 6)
		return false;
	found = strstr(months, month);
	if (found == NULL || (found - months) % 3 != 0)
		return false;
	*time_s = seconds_of(year, (int)(found - months) / 3 + 1, day, hour, minute, second) -
		  offset_of(text + length);
	return true;
}

static bool read_time(const char *text, double *time_s)
{
	int year, month, day, hour, minute, length = 0;
	double second;
	char *end;

	if (sscanf(text, "%4d-%2d-%2d%*1[T ]%2d:%2d:%lf%n", &year, &month, &day, &hour, &minute, &second, &length) ==
		    6 &&
	    isfinite(second)) {
		*time_s = seconds_of(year, month, day, hour, minute, second) - offset_of(text + length);
		return true;
	}
	*time_s = strtod(text, &end);
	if (end == text || *end != '\0' || !isfinite(*time_s))
		return false;
	if (fabs(*time_s) >= LEAST_MILLISECONDS)
		*time_s /= 1e3;
	return true;
}

/* ---- Classes ---- */

/* The task of the longest beginning in `tasks` that fits. */
static uint32_t task_by_beginning(const struct log *log, const char *class_name)
{
	const struct yaml_node *tasks = log->keys->tasks;
	const struct yaml_node *best = NULL;
	size_t best_length = 0;

	for (uint32_t i = 0; i < tasks->count; i++) {
		size_t length = strlen(tasks->pairs[i].key->text);

		if (strncmp(class_name, tasks->pairs[i].key->text, length) == 0 && (!best || length > best_length)) {
			best = tasks->pairs[i].value;
			best_length = length;
		}
	}
	return best ? name_table_find(&log->checked->program->task_names, best->text) : NAME_NONE;
}

static bool find_task(const struct log *log, size_t line, const char *class_name, uint32_t *task)
{
	*task = log->keys->tasks ? task_by_beginning(log, class_name)
				 : name_table_find(&log->checked->program->task_names, class_name);
	return *task != NAME_NONE ||
	       fail(log, line, log->keys->tasks ? "nothing in 'tasks' fits the class" : "no task is called as the class",
		    class_name);
}

/* ---- Lines ---- */

/* Ends the field at `*at` with a NUL and steps past it; quotes around it are taken off. NULL: there is none. */
static char *next_field(char **at)
{
	char *field = *at, *end;

	if (field == NULL)
		return NULL;
	if (*field == '"') {
		field++;
		end = strchr(field, '"');
		if (end == NULL)
			return NULL;
		*end++ = '\0';
		end = strchr(end, ',');
	} else {
		end = strchr(field, ',');
	}
	*at = end ? end + 1 : NULL;
	if (end)
		*end = '\0';
	return field;
}

static bool read_header(struct log *log, char *line)
{
	const char *time_name = log->keys->time ? log->keys->time : "timestamp";
	char *at = line, *field;

	log->time_column = log->class_column = -1;
	for (int column = 0; (field = next_field(&at)) != NULL; column++) {
		if (strcmp(field, time_name) == 0)
			log->time_column = column;
		if (log->keys->class_column && strcmp(field, log->keys->class_column) == 0)
			log->class_column = column;
	}
	if (log->time_column < 0)
		return fail(log, 1, "no column is called", time_name);
	if (log->keys->class_column && log->class_column < 0)
		return fail(log, 1, "no column is called", log->keys->class_column);
	return true;
}

static bool read_row(struct log *log, char *line, size_t number, struct entry *entry)
{
	char *at = line, *field;
	bool has_time = false;

	for (int column = 0; (field = next_field(&at)) != NULL; column++) {
		if (column == log->time_column) {
			has_time = read_time(field, &entry->time_s);
			if (!has_time)
				return fail(log, number, "no time:", field);
		} else if (column == log->class_column && !find_task(log, number, field, &entry->task)) {
			return false;
		}
	}
	return has_time || fail(log, number, "no field of time in", line);
}

/* host ident user [time] "GET /path?query HTTP/1.1" status bytes ... */
static bool read_request(struct log *log, char *line, size_t number, struct entry *entry)
{
	char *time = strchr(line, '['), *request = strchr(line, '"'), *path;

	if (time == NULL || !read_access_time(time, &entry->time_s))
		return fail(log, number, "no time of an access log in", line);
	if (log->keys->tasks == NULL)
		return true;
	path = request ? strchr(request, ' ') : NULL;
	if (path == NULL)
		return fail(log, number, "no request in", line);
	path++;
	path[strcspn(path, " ?\"")] = '\0';
	return find_task(log, number, path, &entry->task);
}

static bool read_lines(struct log *log, char *text)
{
	char *line = text;

	for (size_t number = 1; line && *line; number++) {
		char *end = strchr(line, '\n');
		struct entry entry = { .task = log->checked->run_task, .line = number };
		bool is_good = true;

		if (end)
			*end = '\0';
		line[strcspn(line, "\r")] = '\0';
		if (number == 1) {
			double time_s;
			const char *bracket = strchr(line, '[');

			log->is_access_log = bracket && read_access_time(bracket, &time_s);
			if (!log->is_access_log)
				is_good = read_header(log, line);
		}
		if (is_good && *line && (log->is_access_log || number > 1)) {
			is_good = log->is_access_log ? read_request(log, line, number, &entry)
						     : read_row(log, line, number, &entry);
			log->entries = region_grow(log->reading->region, log->entries, log->count, &log->capacity,
						   sizeof(entry));
			log->entries[log->count++] = entry;
		}
		if (!is_good)
			return false;
		line = end ? end + 1 : NULL;
	}
	if (log->count == 0)
		yaml_tree_error(log->reading->diagnostics, log->node, "'%s' has no arrival", log->path);
	return log->count > 0;
}

/* ---- All of it ---- */

static int compare_entries(const void *a, const void *b)
{
	const struct entry *left = a, *right = b;

	if (left->time_s != right->time_s)
		return left->time_s < right->time_s ? -1 : 1;
	return (left->line > right->line) - (left->line < right->line);
}

/* Requests of one second: which of them lay where in it, the log does not say. */
static void spread_seconds(struct log *log)
{
	for (size_t first = 0, end; first < log->count; first = end) {
		double second = log->entries[first].time_s;

		for (end = first; end < log->count && log->entries[end].time_s == second; end++)
			;
		for (size_t i = first; i < end; i++)
			log->entries[i].time_s += (double)(i - first) / (double)(end - first);
	}
}

/* What results tell apart: the tasks that the log has, in order of their first request. */
static void fill_mix(struct log *log)
{
	struct region *region = log->reading->region;
	uint32_t task_count = log->checked->program->task_count, count = 0;
	size_t *requests = region_alloc_array(region, task_count, sizeof(*requests));
	struct task_share *mix = region_alloc_array(region, task_count, sizeof(*mix));
	double sum = 0;

	for (size_t i = 0; i < log->count; i++)
		if (requests[log->entries[i].task]++ == 0)
			mix[count++].task = log->entries[i].task;
	for (uint32_t i = 0; i < count; i++)
		mix[i].cumulative = sum += (double)requests[mix[i].task] / (double)log->count;
	region_free(region, requests);
	log->checked->load.mix = mix;
	log->checked->load.mix_count = count;
	log->checked->run_task = mix[0].task;
}

static bool check_tasks(struct log *log)
{
	const struct yaml_node *tasks = log->keys->tasks;
	bool is_good = true;

	for (uint32_t i = 0; tasks != NULL && i < tasks->count; i++)
		is_good &= keys_resolve(log->reading, &log->checked->program->task_names, tasks->pairs[i].value, "task",
					log->checked->keys.tasks) != NAME_NONE;
	return is_good;
}

const struct logged_arrival *arrival_log_read(struct reading *reading, const struct yaml_node *node,
					      const struct log_keys *keys, const char *folder, double scale,
					      struct checked *checked, size_t *count)
{
	struct log log = { .reading = reading, .node = node, .keys = keys, .checked = checked, .path = keys->file };
	double speed = keys->speed > 0 ? keys->speed : 1;
	struct logged_arrival *arrivals;
	const char *why = NULL;
	size_t length;
	char *text;

	*count = 0;
	if (checked->program->task_count == 0 || !check_tasks(&log))
		return NULL;
	if (keys->file[0] != '/' && folder[0] != '\0')
		log.path = region_format(reading->region, "%s/%s", folder, keys->file);
	text = yaml_text_read(log.path, ARRIVAL_LOG_MAX_BYTES, true, reading->region, &length, &why);
	if (text == NULL) {
		yaml_tree_error(reading->diagnostics, node, "'%s' %s", log.path, why);
		return NULL;
	}
	if (!read_lines(&log, text))
		return NULL;
	region_free(reading->region, text);
	qsort(log.entries, log.count, sizeof(log.entries[0]), compare_entries);
	if (log.is_access_log)
		spread_seconds(&log);
	if (keys->tasks || keys->class_column)
		fill_mix(&log);
	arrivals = region_alloc_array(reading->region, log.count, sizeof(*arrivals));
	for (size_t i = 0; i < log.count; i++)
		arrivals[i] = (struct logged_arrival){
			.at_ns = sim_time_round((log.entries[i].time_s - log.entries[0].time_s) * 1e9 * scale / speed),
			.task = log.entries[i].task,
		};
	*count = log.count;
	region_free(reading->region, log.entries);
	return arrivals;
}
