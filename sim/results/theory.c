/*
 * theory.c - formulas' figures beside simulated ones, as text and as JSON.
 */
#include "sim/results/theory.h"

#include <math.h>

#include "sim/base/units.h"
#include "sim/results/json_writer.h"
#include "sim/results/results.h"
#include "sim/results/text_table.h"

static void add_rows(struct text_table *table, const char *variant, const struct theory *theory)
{
	for (size_t i = 0; i < theory->row_count; i++) {
		const struct theory_row *row = &theory->rows[i];

		text_table_cell(table, "%s", variant);
		text_table_cell(table, "%s", theory->law);
		text_table_cell(table, "%s", row->figure);
		text_table_value(table, row->unit, row->exact);
		text_table_value(table, row->unit, row->simulated);
		text_table_change(table, row->simulated / row->exact - 1);
	}
}

static void print_scalability(const struct scalability *scalability, FILE *stream)
{
	const struct usl *usl = &scalability->usl;

	fprintf(stream, "%s: Universal Scalability Law through %zu points: contention %.3g", scalability->model,
		scalability->points, usl->sigma);
	if (isfinite(usl->sigma_half))
		fprintf(stream, " +- %.2g", usl->sigma_half);
	fprintf(stream, ", coherency %.3g", usl->kappa);
	if (isfinite(usl->kappa_half))
		fprintf(stream, " +- %.2g", usl->kappa_half);
	fprintf(stream, ", R2 %.4f; ", usl->r_squared);
	if (isfinite(usl->peak_n))
		fprintf(stream, "peak at %.3g workers\n", usl->peak_n);
	else
		fprintf(stream, "no peak\n");
}

void theory_print(const struct results *results, bool all, FILE *stream)
{
	static const char *const heads[] = { "variant", "law", "figure", "exact", "simulated", "differs" };
	struct region region;
	struct text_table table;
	size_t rows = 0;

	region_init(&region);
	text_table_init(&table, &region, "lllrrr");
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		text_table_cell(&table, "%s", heads[i]);
	for (size_t i = 0; i < results->variant_count; i++) {
		const struct theory *theory = results->variants[i].theory;

		if (!theory)
			continue;
		add_rows(&table, results->variants[i].name, theory);
		rows += theory->row_count;
	}
	if (rows > 0 || results->scalability || all)
		fputs("\ntheory:\n", stream);
	if (rows > 0)
		text_table_print(&table, false, stream);
	if (results->scalability)
		print_scalability(results->scalability, stream);
	for (size_t i = 0; all && i < results->variant_count; i++) {
		const struct theory *theory = results->variants[i].theory;

		if (theory && theory->why)
			fprintf(stream, "%s: %s: %s\n", results->variants[i].name,
				theory->law ? theory->law : "no law", theory->why);
	}
	region_release(&region);
}

void theory_print_json(const struct theory *theory, struct json_writer *writer)
{
	json_writer_open(writer, '{');
	json_writer_key_string(writer, "law", theory->law);
	json_writer_key_string(writer, "why", theory->why);
	json_writer_key(writer, "rows");
	json_writer_open(writer, '[');
	for (size_t i = 0; i < theory->row_count; i++) {
		const struct theory_row *row = &theory->rows[i];
		void (*write)(struct json_writer *, double) =
			row->unit == 's' ? json_writer_seconds : json_writer_number;

		json_writer_open_compact(writer, '{');
		json_writer_key_string(writer, "figure", row->figure);
		json_writer_key(writer, row->unit == 's' ? "exact_s" : "exact");
		write(writer, row->exact);
		json_writer_key(writer, row->unit == 's' ? "simulated_s" : "simulated");
		write(writer, row->simulated);
		json_writer_close(writer, '}');
	}
	json_writer_close(writer, ']');
	json_writer_close(writer, '}');
}

void scalability_print_json(const struct scalability *scalability, struct json_writer *writer)
{
	const struct usl *usl = &scalability->usl;

	json_writer_open_compact(writer, '{');
	json_writer_key_string(writer, "model", scalability->model);
	json_writer_key(writer, "points");
	json_writer_unsigned(writer, scalability->points);
	json_writer_key_number(writer, "lambda_per_s", usl->lambda);
	json_writer_key_number(writer, "sigma", usl->sigma);
	json_writer_key_number(writer, "sigma_half_width95", usl->sigma_half);
	json_writer_key_number(writer, "kappa", usl->kappa);
	json_writer_key_number(writer, "kappa_half_width95", usl->kappa_half);
	json_writer_key_number(writer, "peak_workers", usl->peak_n);
	json_writer_key_number(writer, "r_squared", usl->r_squared);
	json_writer_close(writer, '}');
}
