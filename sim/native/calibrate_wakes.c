/*
 * calibrate_wakes.c - from a wake-up to who is woken: on the same core, on an idle one, on a busy one.
 */
#include "sim/native/calibrate_tools.h"

#include <errno.h>
#include <linux/futex.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sim/native/native_fork.h"

/* ---- One core: switches ---------------------------------------------------------------------------------- */

#define ROUND_TRIPS 1000

/* The other side of a ping-pong: sends each `go` back, until told to stop. */
static void *answer(void *argument)
{
	struct shared *shared = argument;
	unsigned seen = 0;

	while (!atomic_load(&shared->stop)) {
		futex(&shared->go, FUTEX_WAIT, seen);
		if (atomic_load(&shared->go) == seen)
			continue;
		seen = atomic_load(&shared->go);
		atomic_store(&shared->woken_ns, now_ns());
		atomic_fetch_add(&shared->back, 1);
		futex(&shared->back, FUTEX_WAKE, 1);
	}
	return NULL;
}

/* One round; true when the other side did not run before the waker's call had ended, so that the call's
 * time is its own. */
static bool round_trip(struct shared *shared, double *call_ns)
{
	unsigned seen = atomic_load(&shared->back);
	int64_t begin_ns, end_ns;
	long woken;

	atomic_fetch_add(&shared->go, 1);
	begin_ns = now_ns();
	woken = futex(&shared->go, FUTEX_WAKE, 1);
	end_ns = now_ns();
	while (atomic_load(&shared->back) == seen)
		futex(&shared->back, FUTEX_WAIT, seen);
	*call_ns = (double)(end_ns - begin_ns);
	return woken == 1 && atomic_load(&shared->woken_ns) >= end_ns;
}

static void stop_answering(struct shared *shared)
{
	atomic_store(&shared->stop, 1);
	atomic_fetch_add(&shared->go, 1);
	futex(&shared->go, FUTEX_WAKE, 1);
}

/* What ROUND_TRIPS of the same two on one core take: half a round trip, and the median of the waker's calls. */
struct trip {
	double half_ns, call_ns;
};

static struct trip ping_pong(struct shared *shared)
{
	double calls_ns[ROUND_TRIPS], slow = await_full_pace();
	size_t call_count = 0;
	int64_t begin_ns = now_ns();
	double took_ns;

	for (int i = 0; i < ROUND_TRIPS; i++)
		call_count += round_trip(shared, &calls_ns[call_count]);
	took_ns = (double)(now_ns() - begin_ns);
	slow = slowness_since(slow);
	return (struct trip){ took_ns / ROUND_TRIPS / 2 / slow,
			      call_count > 0 ? calibrate_median(calls_ns, call_count) / slow : NAN };
}

/* Two threads and two processes, in turns. Kind 0: a switch; 1: the waker's call; 2: what processes add. */
static void switch_often(struct calibration *calibration, struct shared *shared)
{
	struct shared *processes = shared_new();
	pthread_t thread;
	pid_t child;

	pin(calibration->here);
	child = processes ? native_fork() : -1;
	if (child == 0) {
		answer(processes);
		_exit(0);
	}
	if (child < 0 || pthread_create(&thread, NULL, answer, shared) != 0)
		_exit(1);
	sleep_for(SIM_MS);
	for (int batch = -1; batch < 2 * CALIBRATE_BATCHES; batch++) {
		struct trip of_threads = ping_pong(shared), of_processes = ping_pong(processes);

		if (batch < 0 || isnan(of_threads.call_ns))
			continue;
		add_event(shared, 0, of_threads.half_ns - of_threads.call_ns);
		add_event(shared, 1, of_threads.call_ns);
		add_event(shared, 2, of_processes.half_ns - of_threads.half_ns);
	}
	stop_answering(shared);
	stop_answering(processes);
	pthread_join(thread, NULL);
	waitpid(child, NULL, 0);
}

bool calibrate_switches(struct calibration *calibration)
{
	struct shared *shared = shared_new();
	bool ok;

	if (!shared)
		return fail(calibration, "mmap");
	ok = in_child(calibration, switch_often, shared) &&
	     put_kind(calibration, COST_WAKE_CALL, shared, 1, "FUTEX_WAKE on the waker's core") &&
	     put_kind(calibration, COST_SCHED_SWITCH, shared, 0, "half a futex round trip less wake.call") &&
	     put_kind(calibration, COST_SCHED_SWITCH_PROCESS, shared, 2,
		      "the same between processes, less threads");
	munmap(shared, sizeof(*shared));
	return ok;
}

/* ---- Two cores: waking an idle one ------------------------------------------------------------------------ */

/* How long the other core has been idle before it is woken, and how often. */
static const struct {
	int64_t pause_ns;
	int rounds;
} idle_pauses[] = {
	{ 10000, 120 },	 { 20000, 120 },  { 50000, 120 },  { 100000, 120 },  { 200000, 90 },   { 500000, 90 },
	{ 1000000, 60 }, { 2000000, 60 }, { 5000000, 36 }, { 10000000, 24 }, { 20000000, 24 },
};
#define PAUSE_COUNT (sizeof(idle_pauses) / sizeof(idle_pauses[0]))

static void *answer_there(void *argument)
{
	struct shared *shared = argument;

	pin((int)shared->cpu_ns);
	return answer(shared);
}

/* Spins for the pause, so that this core is busy, and wakes the other one's thread: from the beginning of the call
 * to that thread's running, and the call. False when it had not slept. */
static bool wake_there(struct shared *shared, int64_t pause_ns, double *latency_ns, double *call_ns)
{
	unsigned seen = atomic_load(&shared->back);
	int64_t begin_ns, end_ns;
	long woken;

	spin_for(pause_ns);
	atomic_fetch_add(&shared->go, 1);
	begin_ns = now_ns();
	woken = futex(&shared->go, FUTEX_WAKE, 1);
	end_ns = now_ns();
	while (atomic_load(&shared->back) == seen)
		continue;
	*latency_ns = (double)(shared->woken_ns - begin_ns);
	*call_ns = (double)(end_ns - begin_ns);
	return woken == 1;
}

/* Kind 0: latency; 1: waker's call; 2: index of the pause. The waker spins in between: it is not to idle itself. */
static void wake_across(struct calibration *calibration, struct shared *shared)
{
	pthread_t thread;

	pin(calibration->here);
	shared->cpu_ns = calibration->there;
	if (pthread_create(&thread, NULL, answer_there, shared) != 0)
		_exit(1);
	sleep_for(10 * SIM_MS);
	for (size_t pause = 0; pause < PAUSE_COUNT; pause++) {
		await_full_pace();
		for (int i = 0; i < idle_pauses[pause].rounds; i++) {
			double latency_ns, call_ns;

			if (!wake_there(shared, idle_pauses[pause].pause_ns, &latency_ns, &call_ns))
				continue;
			add_event(shared, 0, latency_ns);
			add_event(shared, 1, call_ns);
			add_event(shared, 2, (double)pause);
		}
	}
	stop_answering(shared);
	pthread_join(thread, NULL);
}

static void find_medians(const struct shared *shared, double medians[PAUSE_COUNT])
{
	double group[EVENT_LIMIT];

	for (size_t pause = 0; pause < PAUSE_COUNT; pause++) {
		size_t count = 0;

		for (size_t i = 0; i < shared->event_counts[0]; i++) {
			if (shared->events[2][i] == (double)pause)
				group[count++] = shared->events[0][i];
		}
		medians[pause] = count > 0 ? calibrate_median(group, count) : NAN;
	}
}

/* The first pause whose latency is nearer to that of the longest pauses than to that of the shortest;
 * PAUSE_COUNT when the latency hardly depends on the pause. */
static size_t find_deep_pause(const double medians[PAUSE_COUNT])
{
	double low, high;

	low = (medians[0] + medians[1]) / 2;
	high = (medians[PAUSE_COUNT - 3] + medians[PAUSE_COUNT - 2] + medians[PAUSE_COUNT - 1]) / 3;
	if (!(high > 1.25 * low))
		return PAUSE_COUNT;
	for (size_t pause = 0; pause < PAUSE_COUNT; pause++) {
		if (medians[pause] > (low + high) / 2)
			return pause;
	}
	return PAUSE_COUNT;
}

/* Between the first deep pause and the one before it. */
static int64_t middle_before(size_t deep_pause)
{
	if (deep_pause == PAUSE_COUNT)
		return SIM_MS;
	if (deep_pause == 0)
		return idle_pauses[0].pause_ns;
	return (idle_pauses[deep_pause - 1].pause_ns + idle_pauses[deep_pause].pause_ns) / 2;
}

/* All that is known is that the limit lies between two pauses that were tried. */
static void put_deep_after(struct calibration *calibration, int64_t deep_after_ns, size_t deep_pause,
			   const char *curve)
{
	double ends_ns[2];

	if (deep_pause == PAUSE_COUNT) {
		calibration_put_assumed(
			calibration, COST_IDLE_DEEP_AFTER, (double)deep_after_ns,
			region_format(calibration->region, "latency hardly depends on idle time: %s", curve));
		return;
	}
	ends_ns[0] = deep_pause > 0 ? (double)idle_pauses[deep_pause - 1].pause_ns : 0;
	ends_ns[1] = (double)idle_pauses[deep_pause].pause_ns;
	calibration_put_batches(calibration, COST_IDLE_DEEP_AFTER, ends_ns, 2, curve);
}

/* How much latencies vary around the median of their pause. */
static void put_jitter(struct calibration *calibration, struct shared *shared, const double medians[PAUSE_COUNT])
{
	double ratios[EVENT_LIMIT], batches[CALIBRATE_BATCHES];
	size_t count = shared->event_counts[0], batch_count = count / 50;

	if (batch_count > CALIBRATE_BATCHES)
		batch_count = CALIBRATE_BATCHES;
	for (size_t i = 0; i < count; i++)
		ratios[i] = shared->events[0][i] / medians[(size_t)shared->events[2][i]];
	for (size_t batch = 0; batch < batch_count; batch++) {
		double *first = &ratios[batch * count / batch_count];
		size_t size = (batch + 1) * count / batch_count - batch * count / batch_count;

		batches[batch] = (calibrate_quantile(first, size, 0.9) - calibrate_quantile(first, size, 0.1)) / 2;
	}
	calibration_put_batches(calibration, COST_WAKE_JITTER, batches, batch_count, "of wake-ups of an idle core");
}

static void put_wakes(struct calibration *calibration, struct shared *shared)
{
	double medians[PAUSE_COUNT];
	double *shallow = shared->events[3];
	double deep[EVENT_LIMIT];
	size_t shallow_count = 0, deep_count = 0, deep_pause;
	int64_t deep_after_ns;
	const char *curve = "medians after";

	find_medians(shared, medians);
	deep_pause = find_deep_pause(medians);
	deep_after_ns = middle_before(deep_pause);
	for (size_t pause = 0; pause < PAUSE_COUNT; pause++)
		curve = region_format(calibration->region, "%s%s %lld us %.1f us", curve, pause ? "," : "",
				      (long long)(idle_pauses[pause].pause_ns / SIM_US), medians[pause] / 1e3);
	for (size_t i = 0; i < shared->event_counts[0]; i++) {
		size_t pause = (size_t)shared->events[2][i];
		int64_t pause_ns = idle_pauses[pause].pause_ns;

		/* As the model has it: shallow up to a quarter of the limit, deep from four times that on. The
		 * longest and the shortest pause count in any case. */
		if (pause_ns >= 4 * deep_after_ns || pause == PAUSE_COUNT - 1)
			deep[deep_count++] = shared->events[0][i];
		else if (pause_ns <= deep_after_ns / 4 || pause == 0)
			shallow[shallow_count++] = shared->events[0][i];
	}
	put_deep_after(calibration, deep_after_ns, deep_pause, curve);
	calibration_put_events(calibration, COST_WAKE_CALL_IDLE, shared->events[1], shared->event_counts[1],
			       "FUTEX_WAKE of a thread on an idle core");
	calibration_put_events(calibration, COST_WAKE_IDLE_DEEP, deep, deep_count,
			       "from the beginning of the waker's call");
	calibration_put_events(calibration, COST_WAKE_IDLE_SHALLOW, shallow, shallow_count,
			       "from the beginning of the waker's call");
	put_jitter(calibration, shared, medians);
}

bool calibrate_idle_wakes(struct calibration *calibration)
{
	struct shared *shared;
	bool ok;

	if (calibration->there < 0) {
		const char *reason = "only one CPU is allowed: as wake.timer_* and wake.call";

		calibration_put_assumed(calibration, COST_WAKE_CALL_IDLE,
					calibration_value(calibration, COST_WAKE_CALL), reason);
		calibration_put_assumed(calibration, COST_WAKE_IDLE_SHALLOW,
					calibration_value(calibration, COST_WAKE_TIMER_SHALLOW), reason);
		calibration_put_assumed(calibration, COST_WAKE_IDLE_DEEP,
					calibration_value(calibration, COST_WAKE_TIMER_DEEP), reason);
		calibration_put_assumed(calibration, COST_IDLE_DEEP_AFTER, 1e6, reason);
		calibration_put_assumed(calibration, COST_WAKE_JITTER, 0, "only one CPU is allowed");
		return true;
	}
	shared = shared_new();
	if (!shared)
		return fail(calibration, "mmap");
	ok = in_child(calibration, wake_across, shared);
	if (ok && shared->event_counts[0] < 100) {
		errno = EAGAIN;
		ok = fail(calibration, "hardly any wake-up found its thread waiting");
	}
	if (ok)
		put_wakes(calibration, shared);
	munmap(shared, sizeof(*shared));
	return ok;
}

/* ---- Two cores: making a busy one give way ------------------------------------------------------------------ */

/* How long the thread that is woken has slept: by then it is owed service. */
#define BUSY_PAUSE_NS (200 * SIM_US)
#define BUSY_ROUNDS 400

static void *keep_busy(void *argument)
{
	struct shared *shared = argument;

	pin((int)shared->cpu_ns);
	while (!atomic_load(&shared->stop))
		continue;
	return NULL;
}

/* Kind 0: from the beginning of the call to the woken thread's running, where another one was; 1: waker's call. */
static void wake_on_busy(struct calibration *calibration, struct shared *shared)
{
	pthread_t thread, busy;

	pin(calibration->here);
	shared->cpu_ns = calibration->there;
	if (pthread_create(&thread, NULL, answer_there, shared) != 0)
		_exit(1);
	sleep_for(10 * SIM_MS);
	if (pthread_create(&busy, NULL, keep_busy, shared) != 0)
		_exit(1);
	sleep_for(10 * SIM_MS);
	await_full_pace();
	for (int i = 0; i < BUSY_ROUNDS; i++) {
		double latency_ns, call_ns;

		/* Not at once: it was not owed service and has waited for a tick. */
		if (!wake_there(shared, BUSY_PAUSE_NS, &latency_ns, &call_ns) || latency_ns > 0.5 * SIM_MS)
			continue;
		add_event(shared, 0, latency_ns);
		add_event(shared, 1, call_ns);
	}
	stop_answering(shared);
	pthread_join(thread, NULL);
	pthread_join(busy, NULL);
}

bool calibrate_busy_wakes(struct calibration *calibration)
{
	struct shared *shared;
	bool ok;

	if (calibration->there < 0) {
		calibration_put_assumed(calibration, COST_WAKE_CALL_BUSY,
					calibration_value(calibration, COST_WAKE_CALL), "only one CPU is allowed");
		calibration_put_assumed(calibration, COST_WAKE_BUSY, 0, "only one CPU is allowed");
		return true;
	}
	shared = shared_new();
	if (!shared)
		return fail(calibration, "mmap");
	ok = in_child(calibration, wake_on_busy, shared);
	if (ok && shared->event_counts[0] < BUSY_ROUNDS / 4) {
		errno = EAGAIN;
		ok = fail(calibration, "hardly any wake-up made a busy core give way");
	}
	if (ok) {
		double switch_ns = calibration_value(calibration, COST_SCHED_SWITCH);

		for (size_t i = 0; i < shared->event_counts[0]; i++)
			shared->events[0][i] -= switch_ns;
		ok = put_kind(calibration, COST_WAKE_CALL_BUSY, shared, 1,
			      "FUTEX_WAKE of a thread on a busy core") &&
		     put_kind(calibration, COST_WAKE_BUSY, shared, 0,
			      "from the beginning of the waker's call, less sched.switch");
	}
	munmap(shared, sizeof(*shared));
	return ok;
}
