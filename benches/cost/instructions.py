"""Instructions a request, counted by callgrind: the same on a busy machine, and blind to what the kernel does."""

import http.client

from bed import Failure
from gates import AS_IT_COMES, BARE, TOKEN, Claviger, bare
from load import BODY
from peers import BASIC

# What both runs have in common, start and first requests, cancels out.
FEW, MANY = 500, 2500


def count(bed, api):
    """Name to instructions."""
    ways = {
        "bare pingora, as it comes": lambda wrap: (bare(bed, api, AS_IT_COMES, wrap), TOKEN),
        "bare pingora": lambda wrap: (bare(bed, api, BARE, wrap), TOKEN),
        "Claviger, open": lambda wrap: (Claviger(bed, api, wrap=wrap).variants()[0], TOKEN),
        "Claviger, token": lambda wrap: (Claviger(bed, api, wrap=wrap).variant("token"), TOKEN),
        "Claviger, basic": lambda wrap: (Claviger(bed, api, wrap=wrap).variant("basic"), BASIC),
        "Claviger, token, access log": lambda wrap: (Claviger(bed, api, log=True, wrap=wrap).variant("token"), TOKEN),
    }
    counted = {}
    for name, start in ways.items():
        few, many = (run(bed, start, requests) for requests in (FEW, MANY))
        counted[name] = (many - few) / (MANY - FEW)
        print(f"  {name}: {counted[name]:.0f} instructions", flush=True)
    return counted


def run(bed, start, requests):
    """All instructions of one process that answers so many requests."""
    out = bed.folder("callgrind") / "out"
    variant, headers = start(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", "-q"])
    connection = http.client.HTTPConnection("127.0.0.1", variant.port, timeout=120)
    for _ in range(requests):
        connection.request("GET", variant.path, headers=headers)
        answer = connection.getresponse()
        if (answer.status, answer.read()) != (200, BODY):
            raise Failure(f"{variant.name} under callgrind answers {answer.status}")
    connection.close()
    # At once, since no client is connected.
    variant.process.end(signal=2)
    totals = [line for line in out.read_text().splitlines() if line.startswith(("summary:", "totals:"))]
    if not totals:
        raise Failure(f"callgrind has counted nothing: {variant.process.child.returncode}")
    return int(totals[-1].split()[1])
