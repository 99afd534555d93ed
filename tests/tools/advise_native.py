#!/usr/bin/env python3
"""advise_native.py GILSIM SCENARIOS.csv OUT.csv [--profile P] [--python EXE] [--rounds N] [--first I] [--most N]

Asks `gilsim advise` about generated scenarios (a line of SCENARIOS.csv each; tests/model/test_advise.c asks about all of them),
measures what it ranks by `gilsim native`, and writes how far its winner is behind the model that was fastest. A scenario's
cores are no more than this machine's. Those come first whose work takes one core less than WORK_S; --first and --most cut a
slice of them. Of the models predicted to take more than HOPELESS times as long as the winner only the first is measured.

Where more than UNSTEADY of a scenario's runs were kept although the machine's pace had changed (what native says on standard
error), its row is written and not judged.

Exit status 1: some winner that is judged is more than BEHIND slower than the best measured.
"""
import argparse
import csv
import datetime
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile

WORK_S = 0.6
HOPELESS = 1.25
BEHIND = 1.03
UNSTEADY = 0.1
SCENARIOS = 30
COLUMNS = ('number', 'cores', 'count', 'wait_us', 'work_us', 'c_us', 'winner', 'predicted_s', 'measured_s', 'best', 'best_s',
           'behind', 'models', 'rounds', 'unsteady_runs', 'judged', 'date', 'machine')


def scenario_text(row, cores, variants):
    return ('machine: {cores: %d}\ntasks: {work: [{io: %sus}, {python: %sus}, {c: %sus}]}\n'
            'run: {task: work, count: %s}\nvariants:\n%s' %
            (cores, row['wait_us'], row['work_us'], row['c_us'], row['count'],
             ''.join('  %s: %s\n' % variant for variant in variants)))


def is_short(row):
    return int(row['count']) * (int(row['work_us']) + int(row['c_us'])) < WORK_S * 1e6


def gilsim(options, command, text, *more):
    with tempfile.NamedTemporaryFile('w', suffix='.yaml') as file:
        file.write(text)
        file.flush()
        profile = ['--profile', options.profile] if options.profile else []
        answer = subprocess.run([options.gilsim, command, '--format', 'json', file.name, *profile, *more],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True, text=True)
    kept = re.search(r'kept although it was so each time: (\d+)', answer.stderr)
    return json.loads(answer.stdout), int(kept.group(1)) if kept else 0


def check(options, row):
    cores = min(int(row['cores']), len(os.sched_getaffinity(0)))
    advice, _ = gilsim(options, 'advise', scenario_text(row, cores, [('one', '{model: sequential}')]),
                       '--no-flips', '--replications', '2')
    ranked = [model for model in advice['ranking'] if model['needs'] is None and model['behind'] is not None]
    close = sum(model['behind'] < HOPELESS for model in ranked)
    ranked = ranked[:close + 1]
    text = scenario_text(row, cores, [(model['name'], model['variant']) for model in ranked])
    python = ['--python', options.python] if options.python else []
    answer, unsteady = gilsim(options, 'native', text, '--repeat', str(options.rounds), *python)
    measured = {}
    for variant in answer['variants']:
        measured[variant['name']] = statistics.median(variant['samples']['makespan_s'])
    winner = advice['winner']
    best = min(measured, key=measured.get)
    return {**row, 'cores': cores, 'winner': winner,
            'predicted_s': '%.6f' % next(model['value'] for model in ranked if model['name'] == winner),
            'measured_s': '%.6f' % measured[winner], 'best': best, 'best_s': '%.6f' % measured[best],
            'behind': '%.4f' % (measured[winner] / measured[best]), 'models': len(measured), 'rounds': options.rounds,
            'unsteady_runs': unsteady, 'judged': 'yes' if unsteady <= UNSTEADY * options.rounds * len(measured) else 'no',
            'date': datetime.datetime.now().strftime('%Y-%m-%d %H:%M'), 'machine': options.machine}


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    for name in ('gilsim', 'scenarios', 'out'):
        parser.add_argument(name)
    for name, default in (('profile', None), ('python', None), ('machine', os.uname().nodename)):
        parser.add_argument('--' + name, default=default)
    for name, default in (('rounds', 3), ('first', 0), ('most', SCENARIOS)):
        parser.add_argument('--' + name, type=int, default=default)
    options = parser.parse_args()
    with open(options.scenarios, encoding='ascii') as file:
        rows = [row for row in csv.DictReader(file) if is_short(row)][:SCENARIOS]
    worst = 1.0
    is_new = not os.path.exists(options.out)
    with open(options.out, 'a', encoding='ascii') as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator='\n')
        if is_new:
            writer.writeheader()
        for row in rows[options.first:options.first + options.most]:
            result = check(options, row)
            if result['judged'] == 'yes':
                worst = max(worst, float(result['behind']))
            writer.writerow(result)
            file.flush()
            print('%s: %s, best measured %s, behind %s%s' %
                  (result['number'], result['winner'], result['best'], result['behind'],
                   '' if result['judged'] == 'yes' else ' (unsteady)'), flush=True)
    print('worst that is judged: %.4f times as long as the best measured' % worst)
    return worst > BEHIND


if __name__ == '__main__':
    sys.exit(main())
