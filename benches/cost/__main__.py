"""The cost of a request: `make bench`, `make bench-quick`, or `python3 benches/cost` with names of SECTIONS.

Everything is on this machine and its loopback. The program under test has a core to itself; load and API share another
one. A single wrong answer ends the run without results.
"""

import signal
import sys
import time

sys.dont_write_bytecode = True

import calibration
import gates
import peers
from bed import Failure, TestBed, prepare
from forward_auth import forward_auth
from growth import growth
from handshakes import handshakes
from instructions import instructions
from memory import memory
from report import Report
from rust_benches import decision, flood
from traffic import bodies, gate, http1_tls, http2_tls, plain, rate_http1, rate_http2

# Instructions stand in the tables of the sections after them.
SECTIONS = {
    section.__name__: section
    for section in (instructions, gate, plain, http1_tls, http2_tls, bodies, handshakes, rate_http1, rate_http2, memory,
                    forward_auth, growth, decision, flood)
}
QUICK = ["gate", "plain", "http1_tls", "http2_tls", "handshakes", "forward_auth"]
CALIBRATION = (
    "Between two turns, this process runs a fixed loop (SHA-256 of 40 MiB) on the core of the program under test, which is "
    "idle then. A slice is one run of the loop; it is fast where CPU time and elapsed time are both at most 1.10 of the "
    "fastest tenth of all slices. A turn is quiet where the slices before and after it are fast."
)


def main(arguments):
    quick = "quick" in arguments
    wanted = [name for name in arguments if name != "quick"] or (QUICK if quick else list(SECTIONS))
    if unknown := set(wanted) - set(SECTIONS):
        return f"unknown: {' '.join(unknown)}; there are quick {' '.join(SECTIONS)}"
    # On SIGTERM too, everything that was started is ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("\nended by SIGTERM"))
    began, report = time.monotonic(), Report()
    try:
        prepare()
        for name in wanted:
            print(f"\n{name}:", flush=True)
            started = time.monotonic()
            with TestBed() as bed:
                SECTIONS[name](bed, report, quick)
            print(f"{name}: {time.monotonic() - started:.0f} s", flush=True)
        report.section("Calibration", CALIBRATION, calibration.summary())
        report.bar("Rows in which Envoy, Traefik, Caddy or Apache is ahead", len(report.ahead), 0, "rows")
    except Failure as failure:
        return f"\nThe run has failed, and has no results. {failure}"
    for bar in report.bars:
        quiet = f", in quiet rounds {bar.quiet()}" if bar.quiet() else ""
        met = "met   " if bar.is_met() else "MISSED"
        print(f"{met} {bar.what}: {bar.text(bar.value())}{quiet}, wanted ≤ {bar.text(bar.most)}")
    for row in report.ahead:
        print(f"AHEAD  {row}")
    # Part of it would look like all of it.
    if wanted == list(SECTIONS) and not quick:
        report.write("make bench", {"Claviger": gates.version()} | peers.versions(), time.monotonic() - began)
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
