#!/usr/bin/env python3
"""advise_native.py GILSIM SCENARIOS.csv OUT.csv [--profile P] [--python EXE] [--first I] [--most N] [--time SECONDS]

Asks `gilsim advise` about generated scenarios (a line of SCENARIOS.csv each; tests/model/test_advise.c asks about all of them),
measures what it ranks by `gilsim native`, and judges whether its winner is the fastest, or within BEHIND of it. A scenario's
cores are no more than this machine's. The set is the first SCENARIOS lines whose work takes one core less than WORK_S;
--first and --most cut a slice of it, --time begins no further scenario after so long, and those that OUT.csv has are not
measured again. Of the models predicted to take more than HOPELESS times as long as the winner only the first is measured.

Every round runs all models, in random order. A run's time is taken at the calibrated pace of bytecode, by the pace during it,
as `gilsim validate` does: cores of a virtual machine are slower for some runs than for others, what all of them lose together
changes by the minute, and in some programs the same loop takes a fifth more CPU time in the main thread than in others. How
much of a run's time follows the pace is asked of the simulator: of the same program with steps that are longer by it. So
advice is asked for cores that lose nothing together, at that pace. The winner's time is compared with each other's within a
round; the median of these ratios has an interval by order statistics. Once that lies on one side of BEHIND the model is
settled; winner and others are measured for ROUNDS[0] rounds, then up to the next of ROUNDS. What is open after the last is
undecided.

Exit status 1: some winner is more than BEHIND slower than another model.
"""
import argparse
import csv
import datetime
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

WORK_S = 0.6
HOPELESS = 1.25
BEHIND = 1.03
SCENARIOS = 30
AT_PACE = ('--set', 'profile.cpu.all_busy_speed=1')
# Rounds, and how many ratios lie outside of the interval on either side: it holds the median in 94 to 97 % of cases.
ROUNDS = ((5, 0), (9, 1), (17, 4), (33, 10))
COLUMNS = ('number', 'cores', 'count', 'wait_us', 'work_us', 'c_us', 'winner', 'predicted_s', 'measured_s', 'rival',
           'rival_predicted', 'rival_measured', 'low', 'high', 'verdict', 'models', 'rounds', 'date', 'machine')


def scenario_text(row, cores, version, variants, pace=1):
    """`pace`: CPU steps are so many times as long."""
    return ('machine: {cores: %d}\npython: {version: "%s"}\ntasks: {work: [{io: %sus}, {python: %sus}, {c: %sus}]}\n'
            'run: {task: work, count: %s}\nvariants:\n%s' %
            (cores, version, row['wait_us'], round(pace * int(row['work_us'])), round(pace * int(row['c_us'])), row['count'],
             ''.join('  %s: %s\n' % variant for variant in variants)))


def is_short(row):
    return int(row['count']) * (int(row['work_us']) + int(row['c_us'])) < WORK_S * 1e6


def gilsim(options, command, text, *more):
    with tempfile.NamedTemporaryFile('w', suffix='.yaml') as file:
        file.write(text)
        file.flush()
        profile = ['--profile', options.profile] if options.profile else []
        answer = subprocess.run([options.gilsim, command, '--format', 'json', file.name, *profile, *more],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if answer.returncode:
        sys.exit('%s: %s' % (command, answer.stderr))
    return json.loads(answer.stdout)


class Simulated:
    """What the simulator says of a program whose CPU steps take so many times as long."""

    def __init__(self, options, row, cores, version, models):
        self.ask = lambda pace: gilsim(options, 'run', scenario_text(row, cores, version, models, pace), *AT_PACE)
        self.known = {}

    def makespan_s(self, name, pace):
        pace = round(pace, 2)
        if pace not in self.known:
            self.known[pace] = {variant['name']: variant['makespan_s'] for variant in self.ask(pace)['variants']}
        return self.known[pace][name]


class Runs:
    """Of one model, round by round: makespans at the calibrated pace."""

    def __init__(self, name, simulated):
        self.name, self.simulated, self.times_s = name, simulated, []

    def add(self, samples):
        for makespan_s, pace in zip(samples['makespan_s'], samples['pace']):
            self.times_s.append(makespan_s * (self.simulated.makespan_s(self.name, 1) /
                                              self.simulated.makespan_s(self.name, pace)) if pace else makespan_s)


def compare(winner, other, outside):
    """The median ratio of their times and its interval."""
    ratios = sorted(mine / its for mine, its in zip(winner.times_s, other.times_s))
    return statistics.median(ratios), ratios[outside], ratios[-1 - outside]


def measure(options, row, cores, version, ranked, winner):
    """(ratio, low, high) of the winner's time to each other's, and the runs of each."""
    models = [(model['name'], model['variant']) for model in ranked]
    simulated = Simulated(options, row, cores, version, models)
    runs = {name: Runs(name, simulated) for name, _ in models}
    settled = {}
    done = 0
    for rounds, outside in ROUNDS:
        open_models = [model for model in ranked if model['name'] not in settled]
        if len(open_models) == 1:
            break
        text = scenario_text(row, cores, version, [(model['name'], model['variant']) for model in open_models])
        python = ['--python', options.python] if options.python else []
        answer = gilsim(options, 'native', text, '--quick', '--seed', str(rounds), '--repeat', str(rounds - done),
                        *python)
        done = rounds
        for variant in answer['variants']:
            runs[variant['name']].add(variant['samples'])
        for model in open_models:
            if model['name'] == winner:
                continue
            compared = compare(runs[winner], runs[model['name']], outside)
            if compared[2] <= BEHIND or compared[1] > BEHIND or rounds == ROUNDS[-1][0]:
                settled[model['name']] = compared
    return settled, runs, done


def version_of(python):
    return subprocess.run([python or 'python3', '-c', 'import sys; print("%d.%d" % sys.version_info[:2])'],
                          stdout=subprocess.PIPE, check=True, text=True).stdout.strip()


def check(options, row):
    cores = min(int(row['cores']), len(os.sched_getaffinity(0)))
    version = version_of(options.python)
    advice = gilsim(options, 'advise', scenario_text(row, cores, version, [('one', '{model: sequential}')]),
                    '--no-flips', '--replications', '2', *AT_PACE)
    ranked = [model for model in advice['ranking'] if model['needs'] is None and model['behind'] is not None]
    ranked = ranked[:sum(model['behind'] < HOPELESS for model in ranked) + 1]
    winner = advice['winner']
    predicted = {model['name']: model['value'] for model in ranked}
    settled, runs, rounds = measure(options, row, cores, version, ranked, winner)
    # What comes out best; if something is known to be faster than the winner, what is so most surely.
    rival = max(settled, key=lambda name: (max(settled[name][1], BEHIND), settled[name][0]))
    slower = [name for name in settled if settled[name][1] > BEHIND]
    is_open = any(low <= BEHIND < high for _, low, high in settled.values())
    ratio, low, high = settled[rival]
    return {**row, 'cores': cores, 'winner': winner, 'predicted_s': '%.6f' % predicted[winner],
            'measured_s': '%.6f' % statistics.median(runs[winner].times_s), 'rival': rival,
            'rival_predicted': '%.4f' % (predicted[winner] / predicted[rival]), 'rival_measured': '%.4f' % ratio,
            'low': '%.4f' % low, 'high': '%.4f' % high,
            'verdict': 'behind' if slower else 'undecided' if is_open else 'holds',
            'models': len(ranked), 'rounds': rounds, 'date': datetime.datetime.now().strftime('%Y-%m-%d %H:%M'),
            'machine': options.machine}


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    for name in ('gilsim', 'scenarios', 'out'):
        parser.add_argument(name)
    for name, default in (('profile', None), ('python', None), ('machine', os.uname().nodename)):
        parser.add_argument('--' + name, default=default)
    for name, default in (('first', 0), ('most', SCENARIOS), ('time', None)):
        parser.add_argument('--' + name, type=int, default=default)
    options = parser.parse_args()
    begin_s = time.monotonic()
    with open(options.scenarios, encoding='ascii') as file:
        rows = [row for row in csv.DictReader(file) if is_short(row)][:SCENARIOS]
    known = []
    if os.path.exists(options.out):
        with open(options.out, encoding='ascii') as file:
            known = list(csv.DictReader(file))
    with open(options.out, 'a', encoding='ascii') as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator='\n')
        if not known:
            writer.writeheader()
        for row in rows[options.first:options.first + options.most]:
            if any(row['number'] == one['number'] for one in known):
                continue
            if options.time is not None and time.monotonic() - begin_s > options.time:
                break
            known.append(check(options, row))
            writer.writerow(known[-1])
            file.flush()
            print('{number}: {winner}, {rival_measured} ({low} to {high}) of the time of {rival}, predicted {rival_predicted}: '
                  '{verdict}'.format(**known[-1]), flush=True)
    verdicts = [one['verdict'] for one in known]
    print('%d of %d: the winner is the fastest or within %.0f %%; behind %d, undecided %d' %
          (verdicts.count('holds'), len(known), 100 * (BEHIND - 1), verdicts.count('behind'), verdicts.count('undecided')))
    return verdicts.count('behind') > 0


if __name__ == '__main__':
    sys.exit(main())
