#!/usr/bin/env python3
"""server_simpy.py SERVERS REQUESTS - the server of bench_servers.c as one would write it in SimPy.

Prints how many requests a second it simulates. Servers 1000000: as many as there are requests, as under asyncio.
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

    def request():
        arrived = env.now
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

    def arrivals():
        for _ in range(requests):
            env.process(request())
            yield env.timeout(rng.expovariate(5333.333333))

    start = time.perf_counter()
    env.process(arrivals())
    env.run()
    assert len(sojourns) == requests
    print(requests / (time.perf_counter() - start))


main()
