/*
 * plan.c - a search over a grid of points, by conclusions that are checked.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/plan/plan.h"
#include "sim/plan/plan_cost.h"

/* Points that were only concluded to fail, and are asked at the end all the same. */
#define SPOT_CHECKS 4
/* Points above the answer that are asked for a runner-up. */
#define RUNNER_UP_ASKED 3

enum status { UNKNOWN, ASKED, CONCLUDED_FAILS, CONCLUDED_HOLDS, LEFT_OUT };

/* The points of one variant. */
struct grid {
	const struct scenario_source *source;
	const struct plan_options *options;
	const char *variant;
	struct batch *batch;
	struct region *region;
	struct plan *plan;
	size_t counts[PLAN_AXES_MAX]; /* values of each axis; 1 where it is about another variant */
	size_t total;
	unsigned char *status;
	double *estimates;
	int direction[PLAN_AXES_MAX]; /* 1: more is better; -1: less is; 0: nothing is concluded along it */
	size_t first_point;	      /* of this variant in plan->points */
};

static void position_of(const struct grid *grid, size_t index, size_t *at)
{
	for (size_t a = 0; a < grid->options->axis_count; a++) {
		at[a] = index % grid->counts[a];
		index /= grid->counts[a];
	}
}

static size_t index_of(const struct grid *grid, const size_t *at)
{
	size_t index = 0;

	for (size_t a = grid->options->axis_count; a-- > 0;)
		index = index * grid->counts[a] + at[a];
	return index;
}

const char **plan_overrides(const struct plan_options *options, const struct plan_point *point, size_t *count,
			    struct region *region)
{
	const char **overrides = region_alloc_array(region, options->axis_count + 1, sizeof(overrides[0]));

	*count = 0;
	for (size_t a = 0; a < options->axis_count; a++)
		if (axis_is_about(&options->axes[a], point->variant))
			overrides[(*count)++] = region_format(region, "%s=%s", options->axes[a].path,
							      options->axes[a].values[point->at[a]]);
	return overrides;
}

size_t plan_points_of(const struct plan_options *options, const char *variant, size_t *counts)
{
	size_t total = 1;

	for (size_t a = 0; a < options->axis_count; a++) {
		counts[a] = axis_is_about(&options->axes[a], variant) ? options->axes[a].count : 1;
		total = counts[a] > PLAN_POINTS_MAX / total ? PLAN_POINTS_MAX + 1 : total * counts[a];
	}
	return total;
}

/* ---- Asking and concluding ---- */

/* Whether `low` has no more than `high` of what makes it better, along every axis. */
static bool is_below(const struct grid *grid, const size_t *low, const size_t *high)
{
	for (size_t a = 0; a < grid->options->axis_count; a++) {
		int direction = grid->direction[a];

		if (direction == 0 ? low[a] != high[a] : direction > 0 ? low[a] > high[a] : low[a] < high[a])
			return false;
	}
	return true;
}

static void conclude(struct grid *grid, const struct plan_point *point)
{
	size_t at[PLAN_AXES_MAX];

	if (point->answer.decision == DECISION_OPEN)
		return;
	for (size_t i = 0; i < grid->total; i++) {
		if (grid->status[i] != UNKNOWN)
			continue;
		position_of(grid, i, at);
		if (point->answer.decision == DECISION_FAILS && is_below(grid, at, point->at))
			grid->status[i] = CONCLUDED_FAILS;
		else if (point->answer.decision == DECISION_HOLDS && is_below(grid, point->at, at))
			grid->status[i] = CONCLUDED_HOLDS;
	}
}

static bool is_better(const struct plan *plan, size_t a, size_t b)
{
	return b == SIZE_MAX || plan->points[a].cost < plan->points[b].cost;
}

static double worst_margin(const struct plan_point *point)
{
	double margin = point->answer.why_not ? NAN : point->answer.states[point->answer.binding].margin;

	return isfinite(margin) ? margin : -INFINITY;
}

static const struct plan_point *find_asked(const struct grid *grid, size_t index)
{
	size_t at[PLAN_AXES_MAX] = { 0 };

	position_of(grid, index, at);
	for (size_t i = grid->first_point; i < grid->plan->count; i++)
		if (memcmp(grid->plan->points[i].at, at, sizeof(at)) == 0)
			return &grid->plan->points[i];
	return NULL;
}

/* Asks a point, once. Borrowed until the next is asked. */
static const struct plan_point *ask_point(struct grid *grid, size_t index)
{
	struct plan *plan = grid->plan;
	struct plan_point *point;
	const char **overrides;
	size_t override_count;

	if (grid->status[index] == ASKED)
		return find_asked(grid, index);
	plan->points = region_grow(grid->region, plan->points, plan->count, &plan->capacity, sizeof(plan->points[0]));
	point = &plan->points[plan->count++];
	*point = (struct plan_point){ .variant = grid->variant };
	position_of(grid, index, point->at);
	overrides = plan_overrides(grid->options, point, &override_count, grid->region);
	point->answer = ask(grid->source, &grid->options->objectives, grid->variant, overrides, override_count, grid->batch,
			    grid->region);
	point->cost = plan_cost(grid->options, point, &point->machine);
	if (isnan(point->cost)) {
		point->answer.decision = DECISION_FAILS;
		if (!point->answer.why_not)
			point->answer.why_not = "no machine of the price file is large enough";
	}
	grid->status[index] = ASKED;
	if (point->answer.decision == DECISION_HOLDS && is_better(plan, plan->count - 1, plan->best))
		plan->best = plan->count - 1;
	conclude(grid, point);
	return point;
}

static double best_cost(const struct grid *grid)
{
	return grid->plan->best == SIZE_MAX ? INFINITY : grid->plan->points[grid->plan->best].cost;
}

/* ---- Which way is better ---- */

/* Better in what it decides, then in its margin. */
static int compare_points(const struct plan_point *a, const struct plan_point *b)
{
	if (a->answer.decision != b->answer.decision)
		return a->answer.decision > b->answer.decision ? 1 : -1;
	return worst_margin(a) > worst_margin(b) ? 1 : worst_margin(a) < worst_margin(b) ? -1 : 0;
}

/* Asks both ends of every axis, the others in their middle. Nothing is concluded before all are known. */
static void find_directions(struct grid *grid)
{
	const struct plan_options *options = grid->options;
	const size_t axis_count = options->axis_count;
	size_t at[PLAN_AXES_MAX];
	int directions[PLAN_AXES_MAX] = { 0 };

	for (size_t a = 0; a < axis_count; a++)
		at[a] = grid->counts[a] / 2;
	for (size_t a = 0; a < axis_count && !batch_stopped(grid->batch); a++) {
		struct plan_point low;
		size_t middle = at[a];

		if (!options->axes[a].is_numeric || grid->counts[a] < 2)
			continue;
		at[a] = 0;
		low = *ask_point(grid, index_of(grid, at));
		at[a] = grid->counts[a] - 1;
		directions[a] = compare_points(ask_point(grid, index_of(grid, at)), &low);
		at[a] = middle;
	}
	memcpy(grid->direction, directions, sizeof(directions));
	for (size_t i = grid->first_point; i < grid->plan->count; i++)
		conclude(grid, &grid->plan->points[i]);
}

/* ---- The middle of what is left ---- */

struct ordered {
	double cost;
	size_t index;
};

static int compare_costs(const void *a, const void *b)
{
	const struct ordered *left = a, *right = b;

	if (left->cost != right->cost)
		return left->cost < right->cost ? -1 : 1;
	return left->index < right->index ? -1 : left->index > right->index;
}

/* Points of that status that would be cheaper than the best, the cheapest first. */
static size_t collect(const struct grid *grid, enum status status, struct ordered *points)
{
	double bound = best_cost(grid);
	size_t count = 0;

	for (size_t i = 0; i < grid->total; i++)
		if (grid->status[i] == status && grid->estimates[i] < bound)
			points[count++] = (struct ordered){ grid->estimates[i], i };
	qsort(points, count, sizeof(points[0]), compare_costs);
	return count;
}

static void bisect(struct grid *grid, struct ordered *room)
{
	size_t count;

	while (!batch_stopped(grid->batch) && (count = collect(grid, UNKNOWN, room)) > 0)
		ask_point(grid, room[count / 2].index);
}

static void forget_conclusions(struct grid *grid)
{
	for (size_t i = 0; i < grid->total; i++)
		if (grid->status[i] == CONCLUDED_FAILS || grid->status[i] == CONCLUDED_HOLDS)
			grid->status[i] = UNKNOWN;
}

/* ---- When nothing holds at the ends: it may in between ---- */

static size_t best_margin(const struct grid *grid)
{
	size_t best = grid->first_point;

	for (size_t i = grid->first_point + 1; i < grid->plan->count; i++)
		if (compare_points(&grid->plan->points[i], &grid->plan->points[best]) > 0)
			best = i;
	return best;
}

/* Asks the point that differs from the one with the largest margin in the place on one axis; true when it holds. */
static bool holds_at(struct grid *grid, size_t axis, size_t place)
{
	size_t at[PLAN_AXES_MAX];

	if (batch_stopped(grid->batch) || place >= grid->counts[axis])
		return false;
	memcpy(at, grid->plan->points[best_margin(grid)].at, sizeof(at));
	at[axis] = place;
	return ask_point(grid, index_of(grid, at))->answer.decision == DECISION_HOLDS;
}

/* Looks along each axis at a half, a quarter, an eighth of it from either end. */
static bool look_around(struct grid *grid)
{
	for (size_t a = 0; a < grid->options->axis_count; a++) {
		size_t count = grid->counts[a];

		for (size_t step = count / 2; step > 0; step /= 2)
			if (holds_at(grid, a, step) || holds_at(grid, a, count - 1 - step))
				return true;
	}
	return false;
}

/* One step of this part of each axis, either way; true once a point holds. */
static bool step_around(struct grid *grid, size_t part)
{
	for (size_t a = 0; a < grid->options->axis_count; a++) {
		size_t count = grid->counts[a], step = count / part > 0 ? count / part : 1;
		size_t place = grid->plan->points[best_margin(grid)].at[a];

		if (holds_at(grid, a, place + step) || (place >= step && holds_at(grid, a, place - step)))
			return true;
	}
	return false;
}

/* Climbs to the largest margin from the best place seen, in ever smaller steps; true once a point holds. */
static bool climb(struct grid *grid)
{
	size_t longest = 1;

	if (look_around(grid))
		return true;
	for (size_t a = 0; a < grid->options->axis_count; a++)
		longest = grid->counts[a] > longest ? grid->counts[a] : longest;
	for (size_t part = 4; part / 2 <= longest && !batch_stopped(grid->batch);) {
		size_t before = best_margin(grid);

		if (step_around(grid, part))
			return true;
		if (best_margin(grid) == before)
			part *= 2;
	}
	return false;
}

/* From a point that holds in between, the search goes on below it. */
static void search_below(struct grid *grid, const struct plan_point *holds, struct ordered *room)
{
	size_t at[PLAN_AXES_MAX], top[PLAN_AXES_MAX];

	memcpy(top, holds->at, sizeof(top));
	forget_conclusions(grid);
	for (size_t a = 0; a < grid->options->axis_count; a++)
		grid->direction[a] = grid->options->axes[a].is_numeric ? 1 : 0;
	for (size_t i = 0; i < grid->total; i++) {
		position_of(grid, i, at);
		if (grid->status[i] == UNKNOWN && !is_below(grid, at, top))
			grid->status[i] = LEFT_OUT;
	}
	bisect(grid, room);
}

/* ---- Checks ---- */

/* Asks a point that was concluded to fail; false when it holds. */
static bool fails_indeed(struct grid *grid, size_t index)
{
	return grid->status[index] != CONCLUDED_FAILS || ask_point(grid, index)->answer.decision != DECISION_HOLDS;
}

/* The neighbours of the best point and some others that were concluded to fail, and would be cheaper. */
static bool conclusions_hold(struct grid *grid, struct ordered *room)
{
	const struct plan_options *options = grid->options;
	const struct plan_point best = grid->plan->points[grid->plan->best];
	size_t count;

	for (size_t a = 0; a < options->axis_count; a++) {
		for (int side = -1; side <= 1; side += 2) {
			size_t at[PLAN_AXES_MAX];
			size_t index;

			if (side < 0 ? best.at[a] == 0 : best.at[a] + 1 >= grid->counts[a])
				continue;
			memcpy(at, best.at, sizeof(at));
			at[a] = side < 0 ? at[a] - 1 : at[a] + 1;
			index = index_of(grid, at);
			if (grid->estimates[index] < best.cost && !fails_indeed(grid, index)) {
				grid->plan->broken_axis = options->axes[a].path;
				return false;
			}
		}
	}
	count = collect(grid, CONCLUDED_FAILS, room);
	for (size_t k = 0; k < SPOT_CHECKS && count > 0; k++) {
		if (!fails_indeed(grid, room[(2 * k + 1) * count / (2 * SPOT_CHECKS)].index)) {
			grid->plan->broken_axis = options->axes[0].path;
			return false;
		}
	}
	return true;
}

/* Every cheaper point, the cheapest first, until one holds. */
static void ask_all_cheaper(struct grid *grid, struct ordered *room)
{
	size_t count;

	memset(grid->direction, 0, sizeof(grid->direction));
	for (size_t i = 0; i < grid->total; i++)
		if (grid->status[i] == CONCLUDED_FAILS || grid->status[i] == LEFT_OUT)
			grid->status[i] = UNKNOWN;
	count = collect(grid, UNKNOWN, room);
	for (size_t i = 0; i < count && !batch_stopped(grid->batch) && room[i].cost < best_cost(grid); i++)
		ask_point(grid, room[i].index);
}

/* The next dearer points, until one holds too; none that is dearer than one which is known to hold. */
static void ask_runner_up(struct grid *grid, struct ordered *room)
{
	const struct plan_point best = grid->plan->points[grid->plan->best];
	double bound = INFINITY;
	size_t count = 0;

	for (size_t i = 0; i < grid->plan->count; i++)
		if (i != grid->plan->best && grid->plan->points[i].answer.decision == DECISION_HOLDS)
			bound = fmin(bound, grid->plan->points[i].cost);
	for (size_t i = 0; i < grid->total; i++)
		if (grid->status[i] != ASKED && grid->estimates[i] >= best.cost && grid->estimates[i] < bound)
			room[count++] = (struct ordered){ grid->estimates[i], i };
	qsort(room, count, sizeof(room[0]), compare_costs);
	for (size_t i = 0; i < count && i < RUNNER_UP_ASKED && !batch_stopped(grid->batch); i++)
		if (ask_point(grid, room[i].index)->answer.decision == DECISION_HOLDS)
			return;
}

/* ---- One variant, then all ---- */

static void search_variant(struct grid *grid)
{
	size_t best_before = grid->plan->best;
	struct ordered *room = region_alloc_array(grid->region, grid->total, sizeof(room[0]));
	const struct cost_estimate estimate =
		plan_estimate_costs(grid->source, grid->options, grid->variant, grid->batch, grid->region);
	size_t at[PLAN_AXES_MAX];

	for (size_t i = 0; i < grid->total; i++) {
		position_of(grid, i, at);
		grid->estimates[i] = plan_estimated_cost(&estimate, grid->options, at);
	}
	find_directions(grid);
	if (grid->plan->count == grid->first_point) /* no axis to find a direction along */
		ask_point(grid, 0);
	bisect(grid, room);
	if (grid->plan->best == SIZE_MAX && climb(grid))
		search_below(grid, &grid->plan->points[grid->plan->best], room);
	if (grid->plan->best != best_before && !batch_stopped(grid->batch)) {
		if (!conclusions_hold(grid, room))
			ask_all_cheaper(grid, room);
		ask_runner_up(grid, room);
	}
	region_free(grid->region, room);
}

/* What there is to tell beside the best. */
static void find_others(struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct plan_point *point = &plan->points[i];

		if (point->answer.decision == DECISION_HOLDS && i != plan->best && is_better(plan, i, plan->runner_up))
			plan->runner_up = i;
		if (point->answer.decision == DECISION_OPEN && (plan->best == SIZE_MAX || is_better(plan, i, plan->best)) &&
		    is_better(plan, i, plan->undecided))
			plan->undecided = i;
		if (plan->best == SIZE_MAX &&
		    (plan->nearest == SIZE_MAX || compare_points(point, &plan->points[plan->nearest]) > 0))
			plan->nearest = i;
	}
}

struct plan plan_search(const struct scenario_source *source, const struct plan_options *options, struct batch *batch,
			struct region *region)
{
	struct plan plan = { .best = SIZE_MAX, .runner_up = SIZE_MAX, .undecided = SIZE_MAX, .nearest = SIZE_MAX };

	for (size_t v = 0; v < options->variant_count && !batch_stopped(batch); v++) {
		struct grid grid = {
			.source = source,
			.options = options,
			.variant = options->variants[v],
			.batch = batch,
			.region = region,
			.plan = &plan,
			.first_point = plan.count,
		};

		grid.total = plan_points_of(options, grid.variant, grid.counts);
		grid.status = region_alloc_array(region, grid.total, sizeof(grid.status[0]));
		grid.estimates = region_alloc_array(region, grid.total, sizeof(grid.estimates[0]));
		plan.grid += grid.total;
		search_variant(&grid);
	}
	find_others(&plan);
	return plan;
}
