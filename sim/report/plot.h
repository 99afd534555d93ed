/*
 * plot.h - pictures of results: data files by column name, and gnuplot's scripts under plots/ that read them.
 *
 * Each kind is a function that turns inputs into data files in a folder of its own (a line of names, then rows,
 * tabs between fields: gnuplot 5.4 stumbles over quoted commas) and into variables of the script; plots/KIND.gp
 * draws them, plots/common.gp holds what all have in common. So a picture's data can be tested, kept, and drawn
 * anew without gilsim.
 */
#ifndef SIM_REPORT_PLOT_H
#define SIM_REPORT_PLOT_H

#include <stdio.h>

#include "sim/base/sim_time.h"
#include <signal.h>

#include "sim/report/data_table.h"
#include "sim/results/expectation.h"

enum plot_format { PLOT_DUMB, PLOT_SVG, PLOT_PNG, PLOT_PDF };
enum lane_kind { LANE_THREAD, LANE_PROCESS, LANE_TASK, LANE_CORE };

struct plot_options {
	const char *kind;
	const char *const *inputs;
	size_t input_count;
	const char *const *variants; /* only these; count 0: all */
	size_t variant_count;
	const char *x, *y, *metric;    /* columns; NULL: chosen */
	const struct expectation *slo; /* NULL: none */
	sim_ns from_ns, to_ns;	       /* of a trace; to 0: to its end */
	enum lane_kind lanes;
	size_t max_lanes;
	enum plot_format format;
	int columns, rows; /* PLOT_DUMB: of the terminal */
	const volatile sig_atomic_t *wish_to_stop; /* not 0: ends gnuplot, and fails; NULL: nobody has one */
};

struct plot {
	const struct plot_options *options;
	struct region *region;
	struct data_error *error;
	const char *folder;	 /* of its data files */
	struct data_table table; /* of the inputs, unless they are traces */
	const char *note;	 /* what was left out or put together; NULL: nothing */
	const char *foot;	 /* scenario, seed, version */
	FILE *script;		 /* receives the variables */
	int width_px, height_px;
	int text_rows; /* that it needs on a terminal; 0: all there are */
};

/* Draws to `path`, which must not exist or be a file of its own: written whole by gnuplot. With path NULL, to
 * standard output. `folder` receives the data files and the script and must exist. */
bool plot_draw(const struct plot_options *options, const char *folder, const char *path, struct region *region,
	       struct data_error *error);

/* A kind of plot: what it reads, and how its data come about. */
struct plot_kind {
	const char *name, *about;
	unsigned reads; /* a bit for each enum data_kind */
	bool (*prepare)(struct plot *plot);
};
extern const struct plot_kind plot_kinds[];
extern const size_t plot_kind_count;
/* NULL: there is none of that name. */
const struct plot_kind *plot_kind_find(const char *name);

/* ---- For the kinds ---- */

/* A data file; its columns' names are given with commas between them. Never NULL. */
FILE *plot_data(struct plot *plot, const char *name, const char *columns);
/* Ends it; false when it could not be written. */
bool plot_data_end(struct plot *plot, FILE *stream);
/* Variables of the script. */
void plot_text(struct plot *plot, const char *name, const char *format, ...) __attribute__((format(printf, 3, 4)));
void plot_number(struct plot *plot, const char *name, double value);
/* A text in a data file: what would end the field becomes a blank. */
void plot_field(FILE *stream, const char *text);
/* A label beside the axis, cut in its middle where it is longer than `most` characters. */
const char *plot_short_label(struct plot *plot, const char *label, size_t most);
/* Room for labels of that length left of the axis: the script's label_width. */
void plot_label_width(struct plot *plot, size_t longest);
/* Adds a sentence to the note under the picture. */
void plot_note(struct plot *plot, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Whether --variant lets this one through. */
bool plot_wants_variant(const struct plot *plot, const char *variant);

bool plot_prepare_timeline(struct plot *plot);
bool plot_prepare_backlog(struct plot *plot);
bool plot_prepare_speedup(struct plot *plot);
bool plot_prepare_load(struct plot *plot);
bool plot_prepare_heatmap(struct plot *plot);
bool plot_prepare_scalability(struct plot *plot);
bool plot_prepare_breakdown(struct plot *plot);
bool plot_prepare_latency(struct plot *plot);
bool plot_prepare_waterfall(struct plot *plot);
bool plot_prepare_validation(struct plot *plot);
bool plot_prepare_plan(struct plot *plot);
bool plot_prepare_advice(struct plot *plot);

#endif
