"""probe.py - splits a call of the user's into bytecode, C code that holds the GIL, native code that does not, and waiting.

Usage: python3 -B probe.py MODULE:CALL SETUP SECONDS. Prints one JSON object: for each batch of calls what one call took,
by the wall and by the CPU clock of its thread, alone; and the shares of CPU time, beside a competing thread.

How the parts are told apart. Alone, what is on the wall clock and not on the CPU clock is waiting. In turns with that, a
second thread wants the GIL all the time: it takes it, looks at the first one's CPU clock, and gives it up at once, over and
over, with a short switch interval. While the call has given up the GIL, it goes round in microseconds: what the call's CPU
clock gains is native. While the call executes bytecode, it gets the GIL a switch interval later. While the call is in C code
that keeps the GIL, nobody can ask for it: it gets the GIL when that C code has ended, and the CPU clock has gained more than it
ever does in bytecode, while the competing thread has woken up and asked again in vain. A competing thread whose core a hypervisor
takes for some milliseconds gets the GIL as late from bytecode, but has slept once only. C code and releases shorter than that
count as bytecode, which a simulator can hardly tell from them either: others wait no longer for it than a switch takes.

To be interrupted all the time costs CPU time, too, and cores that are busy together are slower; how much is learned from a
loop of bytecode, from hashing and from adding up a list, alone and beside the competing thread in turns, because a core's
pace changes within seconds, and taken off; and from the same loop, what bytecode is mistaken for. So is what the end of a kind and the beginning of the next hide: the competing
thread is late to see a release, and the bytecode since it asked last goes on in C code.
"""
import ast
import hashlib
import importlib
import json
import os
import resource
import select
import statistics
import sys
import threading
import time

INTERVAL_S = 100e-6
BATCHES = 20
LEARNING_TURNS = 8
LEARNING_NS = 12_000_000  # of each turn
FREE_NS = 20_000  # a round of the competing thread that nobody has held up takes a fifth of it
AWAKE_SHARE = 0.8
IN_VAIN_WAITS = 4  # two for bytecode: until its interval is over, and until what it asks for then is granted; three where both want it
# Where others want the cores, too, who waits for what cannot be told: limits beyond these are learned anew, so many times.
SANE_LONG_NS = 2_000_000
SANE_RELEASE_NS = 1_000_000
ATTEMPTS = 5
PR_SET_TIMERSLACK = 29


class Competitor:
    """The competing thread. turn() gives what the calling thread's CPU clock has gained by kind since the last turn()."""

    def __init__(self):
        self.cpu_clock = time.pthread_getcpuclockid(threading.get_ident())
        self.long_ns = 1 << 62  # a stretch with the GIL from which on it was C code
        self.release_ns = 0  # a time without the GIL from which on it was native code
        self.late_ns = 0  # from a release until the competing thread goes round
        self.between_ns = 0  # bytecode between two requests; C code begins after half of it, in the mean
        self.stretches, self.releases = [], []  # what there was, while `learning`
        self.learning = False
        self.asked = self.answered = 0
        self.answer = None
        self.stopping = False
        self.parking, self.is_parked, self.gate = False, False, threading.Lock()
        self.thread = threading.Thread(target=self.compete, daemon=True)
        self.thread.start()

    def compete(self):
        wake_up_early()
        # Whatever this thread does between two polls it does with the GIL, so it is short.
        clock_ns, own_clock_ns = time.perf_counter_ns, time.thread_time_ns
        usage, of_thread = resource.getrusage, resource.RUSAGE_THREAD
        cpu_clock_ns, cpu_clock = time.clock_gettime_ns, self.cpu_clock
        give_up = select.poll().poll
        last_ns, last_own_ns, last_cpu_ns = clock_ns(), own_clock_ns(), cpu_clock_ns(cpu_clock)
        last_waits = usage(of_thread).ru_nvcsw
        sums = [0, 0, 0]  # python, c, native
        free_since_ns, free_cpu_ns, held_ns = last_ns, 0, 0
        after_bytecode = False  # the last stretch with the GIL was bytecode, and nothing was released since
        while not self.stopping:
            if self.parking:
                self.is_parked = True
                with self.gate:
                    self.is_parked = False
                last_ns, last_own_ns, last_cpu_ns = clock_ns(), own_clock_ns(), cpu_clock_ns(cpu_clock)
                last_waits = usage(of_thread).ru_nvcsw
                free_since_ns, free_cpu_ns, held_ns, after_bytecode = last_ns, 0, 0, False
            give_up(0)
            now_ns, own_ns, cpu_ns = clock_ns(), own_clock_ns(), cpu_clock_ns(cpu_clock)
            waits = usage(of_thread).ru_nvcsw
            took_ns = now_ns - last_ns
            # Who waits for the GIL sleeps; a round that is all CPU time was slow because its core was.
            was_held = took_ns >= FREE_NS and own_ns - last_own_ns < AWAKE_SHARE * took_ns
            gained_ns = cpu_ns - last_cpu_ns
            turned = self.asked != self.answered
            if not was_held:
                free_cpu_ns += gained_ns
                gained_ns = 0
            elif self.learning:
                self.stretches.append(gained_ns)
                self.releases.append(last_ns - free_since_ns)
            if was_held or turned:
                # The GIL was held until now: what was before is complete.
                free_ns = last_ns - free_since_ns
                if free_ns >= self.release_ns:
                    # Who is only late to take the GIL again gains no CPU time, and does not wait for long either.
                    was_released = 2 * free_cpu_ns >= free_ns or free_ns >= 4 * self.release_ns
                    late_ns = min(held_ns, self.late_ns) if was_released else 0
                    sums[0] -= late_ns
                    sums[2] += free_cpu_ns + late_ns
                    after_bytecode = False
                else:
                    sums[0] += free_cpu_ns
                is_c = gained_ns >= self.long_ns and waits - last_waits >= IN_VAIN_WAITS
                hidden_ns = self.between_ns // 2 if is_c and after_bytecode else 0
                sums[1 if is_c else 0] += gained_ns - hidden_ns
                sums[0] += hidden_ns
                after_bytecode = not is_c and gained_ns > 0
                free_since_ns, free_cpu_ns, held_ns = now_ns, 0, 0 if is_c else gained_ns
            last_ns, last_own_ns, last_cpu_ns, last_waits = now_ns, own_ns, cpu_ns, waits
            if turned:
                self.answer = sums
                sums = [0, 0, 0]
                held_ns = 0
                self.answered = self.asked

    def turn(self):
        self.asked += 1
        while self.answered != self.asked:
            time.sleep(1e-4)
        return self.answer

    def park(self):
        """It does nothing until unpark(), and is in nobody's way."""
        self.gate.acquire()
        self.parking = True
        while not self.is_parked:
            time.sleep(1e-4)

    def unpark(self):
        self.parking = False
        self.gate.release()
        self.turn()

    def stop(self):
        self.stopping = True
        self.thread.join()


def count_up():
    for _ in range(1000):
        pass


def repeat_for(function, duration_ns):
    """What one call takes on the CPU clock, and how often it was called."""
    count, begin_ns, end_ns = 0, time.thread_time_ns(), time.perf_counter_ns() + duration_ns
    while time.perf_counter_ns() < end_ns:
        function()
        count += 1
    return (time.thread_time_ns() - begin_ns) / count, count


def slowed_by(competitor, function):
    """How much more CPU time a call takes beside the competitor than alone; and what it sees of one call, by kind."""
    competitor.park()
    alone_ns, _ = repeat_for(function, LEARNING_NS)
    competitor.unpark()
    beside_ns, count = repeat_for(function, LEARNING_NS)
    return max(1, beside_ns / alone_ns), [seen_ns / count for seen_ns in competitor.turn()]


def learn(competitor, hash_block):
    """Fits the competitor's limits to what bytecode and hashing look like beside it."""
    competitor.turn()
    competitor.stretches, competitor.releases, competitor.late_ns, competitor.between_ns = [], [], 0, 0
    competitor.learning = True
    for _ in range(LEARNING_TURNS):
        slowed_by(competitor, count_up)
    competitor.learning = False
    # By medians: the longest are those of a core that a hypervisor has taken meanwhile.
    competitor.long_ns = 3 * quantile(competitor.stretches or [100_000], 0.5)
    competitor.release_ns = 4 * quantile(competitor.releases or [0], 0.5)
    late_ns = statistics.median(slowed_by(competitor, hash_block)[1][0] for _ in range(LEARNING_TURNS))
    competitor.late_ns = int(max(0, late_ns))
    competitor.between_ns = quantile(competitor.stretches or [0], 0.5)


def empty_turn(competitor):
    """What turn() itself is taken for."""
    turns = [competitor.turn() for _ in range(BATCHES)]
    return [statistics.median(kind) for kind in zip(*turns)]


def quantile(values, fraction):
    return sorted(values)[int(len(values) * fraction)]


def wake_up_early():
    """Timers of this thread are not late by the kernel's 50 us, where ctypes can ask for that."""
    try:
        import ctypes
        ctypes.CDLL(None).prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0)
    except (ImportError, OSError, AttributeError):
        pass


def resolve(spec, setup):
    """The call as a function without arguments, and a name for it."""
    module_name, _, text = spec.partition(':')
    if not text:
        raise SystemExit("expected MODULE:CALL, such as json:dumps([1, 2]), not '%s'" % spec)
    module = importlib.import_module(module_name)
    tree = ast.parse(text.strip(), '<call>', 'eval')
    if not isinstance(tree.body, ast.Call):  # just a name: called without arguments
        text += '()'
        tree = ast.parse(text.strip(), '<call>', 'eval')
    function = tree.body.func
    name = getattr(function, 'attr', getattr(function, 'id', 'call'))
    namespace = dict(vars(module))
    namespace.setdefault(module_name.partition('.')[0], sys.modules[module_name.partition('.')[0]])
    exec(compile(setup, '<setup>', 'exec'), namespace)
    return eval(compile('lambda: ' + text, '<call>', 'eval'), namespace), name


def coreless_ns():
    """For how long this thread has wanted a core and had none: other programs' doing, and no part of a call."""
    try:
        with open('/proc/thread-self/schedstat', encoding='ascii') as file:
            return int(file.read().split()[1])
    except (OSError, IndexError, ValueError):
        return 0


def alone_ns(call, count):
    """What one call takes on the wall, less what it waits for a core, on its thread's CPU clock, and on others' of this
    process. Who never gave up its core has waited for nothing: the rest of the wall clock is what a hypervisor took."""
    slept = resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw
    waited_ns, process_ns, thread_ns, begin_ns = (coreless_ns(), time.process_time_ns(), time.thread_time_ns(),
                                                  time.perf_counter_ns())
    for _ in range(count):
        call()
    wall_ns, cpu_ns = time.perf_counter_ns() - begin_ns, time.thread_time_ns() - thread_ns
    wall_ns -= coreless_ns() - waited_ns
    if resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw == slept:
        wall_ns = cpu_ns
    others_ns = time.process_time_ns() - process_ns - cpu_ns
    return wall_ns / count, min(cpu_ns, wall_ns) / count, max(0, others_ns) / count


def kinds_ns(call, count, competitor, own):
    """What the competitor sees of so many calls, by kind, less what it sees of turn()."""
    competitor.turn()
    for _ in range(count):
        call()
    return [max(0, sum_ns - own_ns) for sum_ns, own_ns in zip(competitor.turn(), own)]


def mistaken_shares(seen_of_bytecode):
    """For how much C and native code, in proportion, the competitor takes bytecode: a core that is slow to give up or to take the
    GIL, or that a hypervisor has taken, looks like either."""
    return [statistics.median(seen[kind] / max(1, seen[0]) for seen in seen_of_bytecode) for kind in (1, 2)]


def unmixed(seen, mistaken):
    """What the competitor has seen, less what it must have mistaken bytecode for."""
    wrong = [min(seen_ns, share * seen[0]) for seen_ns, share in zip(seen[1:], mistaken)]
    return [seen[0] + sum(wrong), seen[1] - wrong[0], seen[2] - wrong[1]]


def start_competitor(hash_block):
    """The competitor, its limits fitted, and whether these make sense."""
    competitor = Competitor()
    for _ in range(ATTEMPTS):
        learn(competitor, hash_block)
        sane = competitor.long_ns <= SANE_LONG_NS and competitor.release_ns <= SANE_RELEASE_NS
        if sane:
            break
    return competitor, sane


def measure(call, seconds):
    """Batches of the call alone and beside the competitor, in turns: both see a core of the same pace."""
    block, numbers = bytes(1 << 20), list(range(100_000))
    kinds = (count_up, lambda: sum(numbers), lambda: hashlib.sha256(block).digest())  # bytecode, C code, native code
    call()  # whatever is done once only
    begin_ns = time.perf_counter_ns()
    call()
    once_ns = max(1, time.perf_counter_ns() - begin_ns)
    count = max(1, int(seconds * 1e9 / BATCHES / once_ns))
    usual_interval_s = sys.getswitchinterval()
    sys.setswitchinterval(INTERVAL_S)
    competitor, sane = start_competitor(kinds[2])
    own = empty_turn(competitor)
    alone, beside, factors, seen_of_bytecode, spent_ns = [], [], [[] for _ in kinds], [], 0
    while len(alone) < BATCHES and (len(alone) < 3 or spent_ns < 2 * seconds * 1e9):
        competitor.park()
        sys.setswitchinterval(usual_interval_s)
        alone.append(alone_ns(call, count))
        spent_ns += alone[-1][0] * count
        sys.setswitchinterval(INTERVAL_S)
        competitor.unpark()
        # As many CPU seconds are seen, however much of the call waits.
        beside.append(kinds_ns(call, count, competitor, own))
        for of_kind, function in zip(factors, kinds):
            factor, seen = slowed_by(competitor, function)
            of_kind.append(factor)
            if function is count_up:
                seen_of_bytecode.append(seen)
    competitor.stop()
    medians = [statistics.median(of_kind) for of_kind in factors]
    mistaken = mistaken_shares(seen_of_bytecode)
    shares = []
    for sums_ns in beside:
        parts = [sum_ns / factor for sum_ns, factor in zip(unmixed(sums_ns, mistaken), medians)]
        shares.append([part / max(1, sum(parts)) for part in parts])
    return {'calls': count * len(alone), 'long_ns': competitor.long_ns, 'sane': sane, 'shares': shares,
            'wall_ns': [wall_ns for wall_ns, _, _ in alone], 'cpu_ns': [cpu_ns for _, cpu_ns, _ in alone],
            'others_ns': statistics.median(others_ns for _, _, others_ns in alone)}


def main():
    spec, setup, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
    # What the call prints is not the answer.
    answer = os.fdopen(os.dup(1), 'w')
    os.dup2(2, 1)
    sys.path[0] = os.getcwd()
    call, name = resolve(spec, setup)
    json.dump({'name': name, **measure(call, seconds)}, answer)
    answer.write('\n')
    answer.flush()
    os._exit(0)  # threads that the call has left behind need not end


if __name__ == '__main__':
    main()
