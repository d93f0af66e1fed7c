"""Instructions of a request, counted by callgrind: the same on a busy machine, and blind to what the kernel does."""

import http.client
import time

import peers
from bed import Api, Failure
from gates import AS_IT_COMES, BARE, FEW_HEADERS, LOG, LOWERCASE, Claviger, bare
from load import BODY

# What both runs have in common, start and first requests, cancels out.
FEW, MANY = 500, 2500


def ways(bed, api):
    """Functions that start a program below valgrind, and return the variant to call."""
    def gate(name="Claviger", changes=None):
        return lambda wrap: Claviger(bed, api, name, changes, wrap=wrap)

    nginx = next(peer for peer in peers.installed() if peer.name == "nginx")
    # Without a master, so that valgrind has one process.
    options = ("-g", "master_process off;")
    return [
        lambda wrap: gate()(wrap).open(),
        lambda wrap: gate()(wrap).token(),
        lambda wrap: gate()(wrap).variants()[2],
        lambda wrap: gate("Claviger with access log", LOG)(wrap).token(),
        lambda wrap: gate("Claviger with lowercase names", LOWERCASE)(wrap).token(),
        lambda wrap: gate("Claviger without identity and forwarded headers", FEW_HEADERS)(wrap).token(),
        *((lambda wrap, program=program: bare(bed, api, program, wrap)) for program in (BARE, AS_IT_COMES)
          if program.exists()),
        lambda wrap: nginx.start(bed, api, wrap=wrap, options=options).open(),
        lambda wrap: nginx.start(bed, api, wrap=wrap, options=options).key(),
    ]


def instructions(bed, report, quick):
    """Kept for the tables of CPU, beside which they stand, and listed."""
    api = Api(bed)
    for start in ways(bed, api):
        (name, few), (_, many) = (run(bed, start, requests) for requests in (FEW, MANY))
        report.instructions[name] = (many - few) / (MANY - FEW)
        print(f"  {name}: {report.instructions[name]:.0f} instructions", flush=True)
    base = report.instructions["Claviger, open"]
    rows = [f"- {name}: {value:,.0f}, {value / base:.3f}×" for name, value in report.instructions.items()]
    report.section("Instructions", "A request over HTTP/1.1, outside the kernel, by callgrind; the factor is to `Claviger, "
                   "open`.", "\n".join(rows))


def run(bed, start, requests):
    """The name of the variant, and the instructions of one process from its start to its end, with this number of requests."""
    out = bed.folder("callgrind") / "out"
    variant = start(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", "-q"])
    connection = http.client.HTTPConnection("127.0.0.1", variant.port, timeout=120)
    for _ in range(requests):
        connection.request("GET", variant.path, headers=variant.headers)
        answer = connection.getresponse()
        if (answer.status, answer.read()) != (200, BODY):
            raise Failure(f"{variant.name} under callgrind answers {answer.status}")
    connection.close()
    # A signal that valgrind delivers just before nginx waits for events would be noticed at the next event only.
    time.sleep(0.5)
    variant.process.end(signal=2)
    totals = [line for line in out.read_text().splitlines() if line.startswith(("summary:", "totals:"))]
    if not totals:
        raise Failure(f"callgrind has counted nothing: {variant.process.child.returncode}")
    return variant.name, int(totals[-1].split()[1])
