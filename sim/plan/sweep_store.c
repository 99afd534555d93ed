/*
 * sweep_store.c - see sweep_store.h.
 */
#include "sim/plan/sweep_store.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <sqlite3.h>

#include "sim/results/figures.h"

/* Of the tables' layout. */
#define STORE_FORMAT "1"

struct sweep_store {
	sqlite3 *database; /* owned, as are the statements */
	sqlite3_stmt *put_point, *put_row;
	const char *path;
	pthread_mutex_t mutex; /* a transaction at a time */
	struct sweep_store_error put_error; /* of the first that failed; an undone transaction leaves no other trace of it */
};

static bool fail(struct sweep_store_error *error, int status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static bool fail(struct sweep_store_error *error, int status, const char *format, ...)
{
	va_list arguments;

	error->status = status;
	va_start(arguments, format);
	vsnprintf(error->text, sizeof(error->text), format, arguments);
	va_end(arguments);
	return false;
}

void sweep_store_error_of(struct sweep_store *store, struct sweep_store_error *error)
{
	int code = sqlite3_errcode(store->database);

	if (store->put_error.status != 0) {
		*error = store->put_error;
		return;
	}
	fail(error, code == SQLITE_NOTADB ? 2 : 3, "%s: %s", store->path,
	     code == SQLITE_BUSY ? "in use by another sweep" : sqlite3_errmsg(store->database));
}

static bool execute(struct sweep_store *store, const char *sql)
{
	return sqlite3_exec(store->database, sql, NULL, NULL, NULL) == SQLITE_OK;
}

/* ---- Which sweep it is ---- */

static const char *value_of(struct sweep_store *store, const char *key, struct region *region)
{
	sqlite3_stmt *select = NULL;
	const char *value = NULL;

	if (sqlite3_prepare_v2(store->database, "SELECT value FROM sweep WHERE key = ?", -1, &select, NULL) ==
	    SQLITE_OK) {
		sqlite3_bind_text(select, 1, key, -1, SQLITE_STATIC);
		if (sqlite3_step(select) == SQLITE_ROW)
			value = region_strdup(region, (const char *)sqlite3_column_text(select, 0));
	}
	sqlite3_finalize(select);
	return value;
}

static bool read_identity(struct sweep_store *store, struct sweep_identity *identity, struct region *region,
			  struct sweep_store_error *error)
{
	const char *format = value_of(store, "format", region), *points = value_of(store, "points", region);

	*identity = (struct sweep_identity){
		.release = value_of(store, "release", region),
		.scenario = value_of(store, "scenario", region),
		.fingerprint = value_of(store, "fingerprint", region),
		.csv_header = value_of(store, "csv_header", region),
	};
	if (!format || strcmp(format, STORE_FORMAT) != 0 || !points || !identity->release || !identity->scenario ||
	    !identity->fingerprint || !identity->csv_header ||
	    sscanf(points, "%" SCNu64, &identity->point_count) != 1)
		return fail(error, 2, "%s is no database of gilsim sweep", store->path);
	return true;
}

static bool is_same(const char *path, const struct sweep_identity *there, const struct sweep_identity *wanted,
		    struct sweep_store_error *error)
{
	assert(there->release && there->fingerprint); /* read_identity() has found them */
	if (strcmp(there->release, wanted->release) != 0)
		return fail(error, 2, "%s is of gilsim %s, whose results may differ from those of %s", path,
			    there->release, wanted->release);
	if (strcmp(there->fingerprint, wanted->fingerprint) != 0)
		return fail(error, 2,
			    "%s is of another sweep (of '%s'): its scenario, profile, axes or options differ", path,
			    there->scenario);
	return true;
}

static void put_value(struct sweep_store *store, const char *key, const char *value, bool *ok)
{
	sqlite3_stmt *insert = NULL;

	*ok = *ok && sqlite3_prepare_v2(store->database, "INSERT INTO sweep VALUES (?, ?)", -1, &insert, NULL) ==
			     SQLITE_OK;
	if (*ok) {
		sqlite3_bind_text(insert, 1, key, -1, SQLITE_STATIC);
		sqlite3_bind_text(insert, 2, value, -1, SQLITE_STATIC);
		*ok = sqlite3_step(insert) == SQLITE_DONE;
	}
	sqlite3_finalize(insert);
}

static bool create_tables(struct sweep_store *store, const struct sweep_identity *identity, struct region *region)
{
	const char *columns = "";
	bool ok;

	for (size_t i = 0; i < figure_count; i++)
		columns = region_format(region, "%s, %s REAL", columns, figures[i].column);
	ok = execute(store, "BEGIN") && execute(store, "CREATE TABLE sweep (key TEXT PRIMARY KEY, value TEXT NOT NULL)") &&
	     execute(store, "CREATE TABLE points (number INTEGER PRIMARY KEY, settings TEXT NOT NULL,"
			    " json TEXT NOT NULL, csv TEXT NOT NULL)") &&
	     execute(store, region_format(region,
					  "CREATE TABLE results (point INTEGER NOT NULL REFERENCES points(number),"
					  " variant TEXT NOT NULL, model TEXT NOT NULL, workers INTEGER,"
					  " overloaded INTEGER NOT NULL, position INTEGER NOT NULL%s,"
					  " PRIMARY KEY (point, position)) WITHOUT ROWID",
					  columns));
	put_value(store, "format", STORE_FORMAT, &ok);
	put_value(store, "release", identity->release, &ok);
	put_value(store, "scenario", identity->scenario, &ok);
	put_value(store, "fingerprint", identity->fingerprint, &ok);
	put_value(store, "csv_header", identity->csv_header, &ok);
	put_value(store, "points", region_format(region, "%" PRIu64, identity->point_count), &ok);
	return ok && execute(store, "COMMIT");
}

static bool has_tables(struct sweep_store *store, bool *has)
{
	sqlite3_stmt *select = NULL;
	bool ok = sqlite3_prepare_v2(store->database, "SELECT count(*) FROM sqlite_master", -1, &select, NULL) ==
			  SQLITE_OK &&
		  sqlite3_step(select) == SQLITE_ROW;

	*has = ok && sqlite3_column_int(select, 0) > 0;
	sqlite3_finalize(select);
	return ok;
}

/* ---- Opening ---- */

static bool prepare(struct sweep_store *store, struct region *region)
{
	const char *places = "";

	for (size_t i = 0; i < figure_count; i++)
		places = region_format(region, "%s, ?", places);
	return sqlite3_prepare_v2(store->database, "INSERT INTO points VALUES (?, ?, ?, ?)", -1, &store->put_point,
				  NULL) == SQLITE_OK &&
	       sqlite3_prepare_v2(store->database,
				  region_format(region, "INSERT INTO results VALUES (?, ?, ?, ?, ?, ?%s)", places), -1,
				  &store->put_row, NULL) == SQLITE_OK;
}

static bool open_tables(struct sweep_store *store, enum sweep_store_mode mode, struct sweep_identity *identity,
			struct region *region, struct sweep_store_error *error)
{
	struct sweep_identity there;
	bool has;

	/* A log beside the file, and nobody else on it: a process that dies leaves all that it has committed. */
	if (mode != STORE_READ && !(execute(store, "PRAGMA locking_mode = EXCLUSIVE") &&
				    execute(store, "PRAGMA journal_mode = WAL") &&
				    execute(store, "PRAGMA synchronous = NORMAL"))) {
		sweep_store_error_of(store, error);
		return false;
	}
	if (!has_tables(store, &has)) {
		sweep_store_error_of(store, error);
		return false;
	}
	if (mode == STORE_READ)
		return read_identity(store, identity, region, error);
	if (!has && !create_tables(store, identity, region)) {
		sweep_store_error_of(store, error);
		return false;
	}
	if (has && mode == STORE_CREATE)
		return fail(error, 2, "%s is there already; --resume goes on with it", store->path);
	if (has && (!read_identity(store, &there, region, error) || !is_same(store->path, &there, identity, error)))
		return false;
	if (!prepare(store, region)) {
		sweep_store_error_of(store, error);
		return false;
	}
	return true;
}

struct sweep_store *sweep_store_open(const char *path, enum sweep_store_mode mode, struct sweep_identity *identity,
				     struct region *region, struct sweep_store_error *error)
{
	struct sweep_store *store = region_alloc(region, sizeof(*store));
	int flags = mode == STORE_READ ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;

	store->path = path ? path : "the sweep's database";
	pthread_mutex_init(&store->mutex, NULL);
	if (sqlite3_open_v2(path ? path : ":memory:", &store->database, flags | SQLITE_OPEN_FULLMUTEX, NULL) !=
	    SQLITE_OK) {
		sweep_store_error_of(store, error);
		if (mode == STORE_READ)
			error->status = 2;
	} else if (open_tables(store, mode, identity, region, error)) {
		return store;
	}
	sweep_store_close(store);
	return NULL;
}

void sweep_store_close(struct sweep_store *store)
{
	if (!store)
		return;
	sqlite3_finalize(store->put_point);
	sqlite3_finalize(store->put_row);
	sqlite3_close(store->database);
	pthread_mutex_destroy(&store->mutex);
}

/* ---- Points ---- */

uint64_t sweep_store_count(struct sweep_store *store)
{
	sqlite3_stmt *select = NULL;
	uint64_t count = 0;

	if (sqlite3_prepare_v2(store->database, "SELECT count(*) FROM points", -1, &select, NULL) == SQLITE_OK &&
	    sqlite3_step(select) == SQLITE_ROW)
		count = (uint64_t)sqlite3_column_int64(select, 0);
	sqlite3_finalize(select);
	return count;
}

bool sweep_store_has(struct sweep_store *store, uint64_t number)
{
	sqlite3_stmt *select = NULL;
	bool has = false;

	if (sqlite3_prepare_v2(store->database, "SELECT 1 FROM points WHERE number = ?", -1, &select, NULL) ==
	    SQLITE_OK) {
		sqlite3_bind_int64(select, 1, (sqlite3_int64)number);
		has = sqlite3_step(select) == SQLITE_ROW;
	}
	sqlite3_finalize(select);
	return has;
}

static bool step_and_reset(sqlite3_stmt *statement)
{
	bool ok = sqlite3_step(statement) == SQLITE_DONE;

	/* A failed step's reset reports the same error, so the message stays. */
	sqlite3_reset(statement);
	return ok;
}

static bool put_point(struct sweep_store *store, const struct sweep_point *point)
{
	sqlite3_bind_int64(store->put_point, 1, (sqlite3_int64)point->number);
	sqlite3_bind_text(store->put_point, 2, point->settings, -1, SQLITE_STATIC);
	sqlite3_bind_text(store->put_point, 3, point->json, -1, SQLITE_STATIC);
	sqlite3_bind_text(store->put_point, 4, point->csv, -1, SQLITE_STATIC);
	return step_and_reset(store->put_point);
}

static bool put_rows(struct sweep_store *store, uint64_t number, const struct results *results)
{
	for (size_t i = 0; i < results->variant_count; i++) {
		const struct variant_result *variant = &results->variants[i];

		sqlite3_clear_bindings(store->put_row);
		sqlite3_bind_int64(store->put_row, 1, (sqlite3_int64)number);
		sqlite3_bind_text(store->put_row, 2, variant->name, -1, SQLITE_STATIC);
		sqlite3_bind_text(store->put_row, 3, variant->model, -1, SQLITE_STATIC);
		if (variant->workers > 0)
			sqlite3_bind_int(store->put_row, 4, variant->workers);
		sqlite3_bind_int(store->put_row, 5, variant->overloaded);
		sqlite3_bind_int64(store->put_row, 6, (sqlite3_int64)i);
		for (size_t figure = 0; figure < figure_count; figure++) {
			double value = figure_value(variant, &figures[figure]);

			if (isfinite(value))
				sqlite3_bind_double(store->put_row, 7 + (int)figure, value);
		}
		if (!step_and_reset(store->put_row))
			return false;
	}
	return true;
}

bool sweep_store_put(struct sweep_store *store, const struct sweep_point *point, const struct results *results)
{
	bool ok;

	pthread_mutex_lock(&store->mutex);
	ok = execute(store, "BEGIN IMMEDIATE") && put_point(store, point) &&
	     put_rows(store, point->number, results) && execute(store, "COMMIT");
	if (!ok) {
		sweep_store_error_of(store, &store->put_error);
		execute(store, "ROLLBACK");
	}
	pthread_mutex_unlock(&store->mutex);
	return ok;
}

/* ---- Merging ---- */

bool sweep_store_merge(struct sweep_store *store, const char *path, struct sweep_store_error *error)
{
	sqlite3_stmt *statement = NULL;
	bool ok = sqlite3_prepare_v2(store->database, "ATTACH ? AS other", -1, &statement, NULL) == SQLITE_OK;
	int64_t different = 0;

	if (ok) {
		sqlite3_bind_text(statement, 1, path, -1, SQLITE_STATIC);
		ok = sqlite3_step(statement) == SQLITE_DONE;
	}
	sqlite3_finalize(statement);
	statement = NULL;
	ok = ok && sqlite3_prepare_v2(store->database,
				      "SELECT count(*) FROM main.points a JOIN other.points b USING (number)"
				      " WHERE a.json <> b.json OR a.csv <> b.csv OR a.settings <> b.settings",
				      -1, &statement, NULL) == SQLITE_OK &&
	     sqlite3_step(statement) == SQLITE_ROW;
	if (ok)
		different = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	if (ok && different > 0)
		return fail(error, 2, "%s has %" PRId64 " points that differ from those of the others", path, different);
	ok = ok && execute(store, "BEGIN") &&
	     execute(store, "INSERT INTO main.results SELECT * FROM other.results WHERE point NOT IN"
			    " (SELECT number FROM main.points)") &&
	     execute(store, "INSERT OR IGNORE INTO main.points SELECT * FROM other.points") &&
	     execute(store, "COMMIT") && execute(store, "DETACH other");
	if (!ok) {
		sweep_store_error_of(store, error);
		snprintf(error->text, sizeof(error->text), "%s: %s", path, sqlite3_errmsg(store->database));
	}
	return ok;
}

/* ---- Visiting ---- */

bool sweep_store_each(struct sweep_store *store, bool (*visit)(void *context, const struct sweep_point *point),
		      void *context)
{
	sqlite3_stmt *select = NULL;
	int step = SQLITE_ERROR;
	bool ok = true;

	if (sqlite3_prepare_v2(store->database, "SELECT number, settings, json, csv FROM points ORDER BY number", -1,
			       &select, NULL) == SQLITE_OK)
		while (ok && (step = sqlite3_step(select)) == SQLITE_ROW)
			ok = visit(context, &(const struct sweep_point){
						    .number = (uint64_t)sqlite3_column_int64(select, 0),
						    .settings = (const char *)sqlite3_column_text(select, 1),
						    .json = (const char *)sqlite3_column_text(select, 2),
						    .csv = (const char *)sqlite3_column_text(select, 3),
					    });
	sqlite3_finalize(select);
	return ok && step == SQLITE_DONE;
}

static double column_or_nan(sqlite3_stmt *select, int column)
{
	return sqlite3_column_type(select, column) == SQLITE_NULL ? (double)NAN : sqlite3_column_double(select, column);
}

bool sweep_store_each_row(struct sweep_store *store, bool (*visit)(void *context, const struct sweep_row *row),
			  void *context)
{
	sqlite3_stmt *select = NULL;
	int step = SQLITE_ERROR;
	bool ok = true;

	if (sqlite3_prepare_v2(store->database,
			       "SELECT settings, variant, overloaded, makespan_s, speedup, throughput_per_s, sojourn_p50_s,"
			       " sojourn_p99_s, utilisation_cores FROM results JOIN points ON point = number"
			       " ORDER BY point, position",
			       -1, &select, NULL) == SQLITE_OK)
		while (ok && (step = sqlite3_step(select)) == SQLITE_ROW)
			ok = visit(context, &(const struct sweep_row){
						    .settings = (const char *)sqlite3_column_text(select, 0),
						    .variant = (const char *)sqlite3_column_text(select, 1),
						    .is_overloaded = sqlite3_column_int(select, 2) != 0,
						    .makespan_s = column_or_nan(select, 3),
						    .speedup = column_or_nan(select, 4),
						    .throughput_per_s = column_or_nan(select, 5),
						    .p50_s = column_or_nan(select, 6),
						    .p99_s = column_or_nan(select, 7),
						    .utilisation_cores = column_or_nan(select, 8),
					    });
	sqlite3_finalize(select);
	return ok && step == SQLITE_DONE;
}
