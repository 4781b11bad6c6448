"""A client of the reference protocol in another language, to prove that docs/protocol.md is enough to write one.

Usage: python3 protocol_client.py <servers.json> [part of a name]

Goes through every exchange with servers that run, and prints one JSON line for each: {"name", "ok", "detail"}. Leaves with 1 when
one failed. The file holds {"master": hex, "adminToken", "heartbeatMs", "tickMs", "rooms", "main", "ticket", "second"}, the last three being ready
lines of servers: one with --proof none; and two that are told to leave (SIGTERM), one with --proof ticket and one with --proof none
that has room for four connections and four sessions.
Python 3.11, standard library only. No line of it was taken from src/ or reference-server/.
"""

import sys

sys.dont_write_bytecode = True

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import exchanges_auth
import exchanges_faults
import exchanges_login
import exchanges_operations
import exchanges_refresh
import exchanges_rooms
import exchanges_session
from protocol_exchange import EXCHANGES


def servers_of(path):
    with open(path, encoding='utf-8') as file:
        given = json.load(file)
    shared = {name: given[name] for name in ('heartbeatMs', 'tickMs', 'rooms', 'adminToken')} | {'master': bytes.fromhex(given['master'])}
    numbers = count(1)
    server = {**given['main'], **shared, 'full': threading.Event(), 'tickets': threading.Event(), 'room': lambda: next(numbers)}
    for name in ('ticket', 'second'):
        server[name] = {**given[name], **shared}
    return server


def attempt(one, server):
    begun = time.monotonic()
    try:
        detail, ok = one.run(server), True
    except Exception as fault:  # whatever goes wrong is this exchange's result, and the others go on
        detail, ok = f'{type(fault).__name__}: {fault}', False
    took_ms = f'{(time.monotonic() - begun) * 1000:.0f} ms'
    return {'name': one.name, 'ok': ok, 'detail': f'{detail}, {took_ms}' if detail else took_ms}


def main():
    server = servers_of(sys.argv[1])
    chosen = [one for one in EXCHANGES if len(sys.argv) < 3 or sys.argv[2] in one.name]
    chosen.sort(key=lambda one: not one.slow)
    failed = 0
    with ThreadPoolExecutor(max_workers=12) as pool:
        for running in [pool.submit(attempt, one, server) for one in chosen]:
            result = running.result()
            failed += not result['ok']
            print(json.dumps(result), flush=True)
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
