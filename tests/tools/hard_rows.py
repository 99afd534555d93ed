#!/usr/bin/env python3
"""hard_rows.py FILE.csv - the README's table of hard rows, from what `gilsim validate --format csv` wrote on 3.11 and 3.13: a
line for each variant of which one row is hard, with the signed errors of makespan (and that of a prediction without costs)
and of speedup."""
import collections
import csv
import sys

cells = collections.defaultdict(dict)
hard = set()
with open(sys.argv[1]) as file:
    for row in csv.DictReader(file):
        if row['metric'] not in ('makespan', 'speedup') or not row['error_ratio']:
            continue
        variant = row['scenario'], row['variant']
        cells[variant][row['python'][:4], row['metric']] = row
        if row['hard'] == '1':
            hard.add(variant)


def shown(row, with_ideal):
    if row is None:
        return '-'
    ideal = row['ideal_error_ratio'] if with_ideal else ''
    return f'{100 * float(row["error_ratio"]):+.1f} %' + (f' ({100 * float(ideal):+.0f} %)' if ideal else '')


print('| scenario, variant | 3.11.7 makespan (ideal) | speedup | 3.13.0 makespan (ideal) | speedup |')
print('| --- | --- | --- | --- | --- |')
for variant in sorted(hard):
    row = [shown(cells[variant].get((python, metric)), metric == 'makespan')
           for python in ('3.11', '3.13') for metric in ('makespan', 'speedup')]
    print(f'| {variant[0]}, {variant[1]} | ' + ' | '.join(row) + ' |')
