#!/usr/bin/env python3
"""server_simpy.py SERVERS REQUESTS - the server of bench_servers.c as one would write it in SimPy.

Prints how many requests a second of core time it simulates. Servers 1000000: as many as there are requests, as under asyncio. It keeps
what its twin keeps: how many requests are in flight over time, and how long each was, sorted for percentiles.
"""
import random
import sys
import time

import simpy


def main():
    servers, requests = int(sys.argv[1]), int(sys.argv[2])
    rng = random.Random(1)
    env = simpy.Environment()
    workers = simpy.Resource(env, capacity=servers)
    gil = simpy.Resource(env, capacity=1)
    sojourns = []
    in_flight, in_flight_area, since = 0, 0.0, 0.0

    def change_in_flight(by):
        nonlocal in_flight, in_flight_area, since
        in_flight_area += in_flight * (env.now - since)
        since = env.now
        in_flight += by

    def request():
        arrived = env.now
        change_in_flight(1)
        with workers.request() as worker:
            yield worker
            with gil.request() as held:
                yield held
                yield env.timeout(rng.expovariate(1 / 100e-6))
            yield env.timeout(rng.expovariate(1 / 2e-3))
            with gil.request() as held:
                yield held
                yield env.timeout(rng.expovariate(1 / 50e-6))
        sojourns.append(env.now - arrived)
        change_in_flight(-1)

    def arrivals():
        for _ in range(requests):
            env.process(request())
            yield env.timeout(rng.expovariate(5333.333333))

    start = time.process_time()
    env.process(arrivals())
    env.run()
    sojourns.sort()
    assert len(sojourns) == requests and in_flight == 0
    print(requests / (time.process_time() - start))


main()
