"""The list of exchanges: each is a function of the servers that raises where the server departs from docs/protocol.md."""

import time
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor

from protocol_socket import Fault

Exchange = namedtuple('Exchange', 'name run slow')
EXCHANGES = []


def exchange(name, slow=False):
    """Adds the function to the list. Slow ones wait for a time limit of the protocol, so they are started first."""

    def add(run):
        EXCHANGES.append(Exchange(name, run, slow))
        return run

    return add


def each(cases, at_once=1):
    """Runs every (name, function) and raises one Fault that names all that fail; the count of cases otherwise."""

    def attempt(case):
        name, run = case
        try:
            run()
        except Exception as fault:  # any failure of a case is a finding, whatever its kind
            return f'{name}: {fault}'
        return None

    with ThreadPoolExecutor(max_workers=at_once) as pool:
        faults = [fault for fault in pool.map(attempt, cases) if fault]
    if faults:
        raise Fault('; '.join(faults))
    return f'{len(cases)} cases'


def wait_until(monotonic_s):
    time.sleep(max(0, monotonic_s - time.monotonic()))
