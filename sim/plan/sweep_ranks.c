/*
 * sweep_ranks.c - see sweep_ranks.h.
 *
 * A rank that is idle gets the next point: points take different times. Messages carry the point as it is to be stored;
 * all ranks are the same program, so figures travel as they lie in memory.
 */
#include "sim/plan/sweep_ranks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/wish.h"

#ifndef GILSIM_MPI

bool sweep_ranks_start(struct sweep_ranks *ranks)
{
	const char *started = getenv("OMPI_COMM_WORLD_SIZE");

	*ranks = (struct sweep_ranks){ 0, 1 };
	return !started || atoi(started) <= 1;
}

void sweep_ranks_end(const struct sweep_ranks *ranks)
{
	(void)ranks;
}

bool sweep_ranks_agree(const struct sweep_ranks *ranks, bool goes_on)
{
	(void)ranks;
	return goes_on;
}

enum sweep_end sweep_ranks_run(const struct sweep_ranks *ranks, const struct sweep *sweep, struct region *region)
{
	(void)ranks;
	return sweep_run(sweep, region);
}

#else

#include <mpi.h>

#define TAG_POINT 1
#define TAG_RESULT 2
#define NO_POINT UINT64_MAX

/* What a rank sends back; the texts follow, each with its NUL, then each variant's figures, name and model. */
struct message_head {
	uint64_t number;
	int end; /* enum sweep_end; only with SWEEP_DONE there is more */
	uint64_t variant_count;
};

bool sweep_ranks_start(struct sweep_ranks *ranks)
{
	const char *started = getenv("OMPI_COMM_WORLD_SIZE");

	*ranks = (struct sweep_ranks){ 0, 1 };
	/* Without mpirun there is nothing to join, and joining takes a while. */
	if (!started || atoi(started) <= 1)
		return true;
	MPI_Init(NULL, NULL);
	MPI_Comm_rank(MPI_COMM_WORLD, &ranks->rank);
	MPI_Comm_size(MPI_COMM_WORLD, &ranks->count);
	return true;
}

void sweep_ranks_end(const struct sweep_ranks *ranks)
{
	if (ranks->count > 1)
		MPI_Finalize();
}

bool sweep_ranks_agree(const struct sweep_ranks *ranks, bool goes_on)
{
	int word = goes_on;

	if (ranks->count > 1)
		MPI_Bcast(&word, 1, MPI_INT, 0, MPI_COMM_WORLD);
	return word != 0;
}

/* ---- Messages ---- */

static void write_text(FILE *stream, const char *text)
{
	fwrite(text, strlen(text) + 1, 1, stream);
}

static void send_result(uint64_t number, enum sweep_end end, const struct sweep_point *point,
			const struct results *results)
{
	struct message_head head = { .number = number, .end = end };
	char *message = NULL;
	size_t length;
	FILE *stream = open_memstream(&message, &length);

	if (end == SWEEP_DONE)
		head.variant_count = results->variant_count;
	fwrite(&head, sizeof(head), 1, stream);
	if (end == SWEEP_DONE) {
		write_text(stream, point->settings);
		write_text(stream, point->json);
		write_text(stream, point->csv);
		for (size_t i = 0; i < results->variant_count; i++) {
			fwrite(&results->variants[i], sizeof(results->variants[i]), 1, stream);
			write_text(stream, results->variants[i].name);
			write_text(stream, results->variants[i].model);
		}
	}
	fclose(stream);
	MPI_Send(message, (int)length, MPI_BYTE, 0, TAG_RESULT, MPI_COMM_WORLD);
	free(message);
}

static const char *take_text(const char **at)
{
	const char *text = *at;

	*at += strlen(text) + 1;
	return text;
}

/* Waits for any rank's result and stores it. */
static enum sweep_end receive_result(const struct sweep *sweep, int *rank, struct region *region)
{
	struct message_head head;
	struct sweep_point point;
	struct results results = { 0 };
	MPI_Status status;
	const char *at;
	char *message;
	int length;

	MPI_Probe(MPI_ANY_SOURCE, TAG_RESULT, MPI_COMM_WORLD, &status);
	MPI_Get_count(&status, MPI_BYTE, &length);
	message = region_alloc(region, (size_t)length);
	MPI_Recv(message, length, MPI_BYTE, status.MPI_SOURCE, TAG_RESULT, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
	*rank = status.MPI_SOURCE;
	memcpy(&head, message, sizeof(head));
	if (head.end != SWEEP_DONE)
		return (enum sweep_end)head.end;
	at = message + sizeof(head);
	point = (struct sweep_point){ .number = head.number };
	point.settings = take_text(&at);
	point.json = take_text(&at);
	point.csv = take_text(&at);
	results.variant_count = head.variant_count;
	results.variants = region_alloc_array(region, head.variant_count, sizeof(results.variants[0]));
	for (size_t i = 0; i < head.variant_count; i++) {
		memcpy(&results.variants[i], at, sizeof(results.variants[i]));
		at += sizeof(results.variants[i]);
		results.variants[i].name = take_text(&at);
		results.variants[i].model = take_text(&at);
	}
	return sweep_store_put(sweep->store, &point, &results) ? SWEEP_DONE : SWEEP_STORE_FAILED;
}

/* ---- The ranks ---- */

static void evaluate_points(const struct sweep *sweep)
{
	for (;;) {
		struct sweep_point point;
		struct results results;
		struct region region;
		uint64_t number;

		MPI_Recv(&number, 1, MPI_UINT64_T, 0, TAG_POINT, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
		if (number == NO_POINT)
			return;
		region_init(&region);
		send_result(number, sweep_evaluate_point(sweep, number, &region, &point, &results), &point, &results);
		region_release(&region);
	}
}

static void send_point(int rank, uint64_t number)
{
	MPI_Send(&number, 1, MPI_UINT64_T, rank, TAG_POINT, MPI_COMM_WORLD);
}

static enum sweep_end hand_out_points(const struct sweep_ranks *ranks, const struct sweep *sweep,
				      struct region *region)
{
	uint64_t count, next = 0, done = 0;
	uint64_t *pending = sweep_pending_points(sweep, &count, region);
	enum sweep_end end = SWEEP_DONE;
	int working = 0;

	for (int rank = 1; rank < ranks->count && next < count; rank++, working++)
		send_point(rank, pending[next++]);
	while (working > 0) {
		struct region message_region;
		enum sweep_end of_point;
		int rank;

		region_init(&message_region);
		of_point = receive_result(sweep, &rank, &message_region);
		region_release(&message_region);
		if (end == SWEEP_DONE)
			end = of_point;
		if (of_point == SWEEP_DONE && sweep->progress)
			sweep->progress(sweep->context, ++done, count);
		if (end == SWEEP_DONE && wish_is_there(sweep->evaluation.wish_to_stop))
			end = SWEEP_STOPPED;
		if (end == SWEEP_DONE && next < count)
			send_point(rank, pending[next++]);
		else
			working--;
	}
	for (int rank = 1; rank < ranks->count; rank++)
		send_point(rank, NO_POINT);
	return end;
}

enum sweep_end sweep_ranks_run(const struct sweep_ranks *ranks, const struct sweep *sweep, struct region *region)
{
	if (ranks->count == 1)
		return sweep_run(sweep, region);
	if (ranks->rank == 0)
		return hand_out_points(ranks, sweep, region);
	evaluate_points(sweep);
	return SWEEP_DONE;
}

#endif
