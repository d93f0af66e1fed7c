"""TLS 1.3 handshakes: connections a second of CPU time."""

import dataclasses
import json
import statistics
import subprocess
import sys

from bed import HERE, LOAD_CORE, Api, Failure, note
from load import rounds
from peers import NEVER_AHEAD
from report import Comparison, median, spread, table
from traffic import same_mode, with_key_over_tls

CONNECTIONS = 300
# Below this share of resumed connections, a row is not one of resumptions.
MIN_RESUMED = 0.95


def full(variant, _):
    return run(variant, "full")


def resumed(variant, _):
    return run(variant, "resumed")


def run(variant, mode):
    """A connection with one request each."""
    (header, value), = variant.headers.items()
    command = ["taskset", "-c", str(LOAD_CORE), sys.executable, str(HERE / "handshake_client.py")]
    command += [str(variant.port), variant.path, str(CONNECTIONS), mode, header, value]
    note(" ".join(f"'{part}'" if " " in part else part for part in command).replace(f" {variant.port} ", " PORT ")
         .replace(sys.executable, "python3"))
    answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    if answer.returncode:
        raise Failure(f"{variant.name}, {mode} handshakes: {answer.stderr[-1500:]}")
    return json.loads(answer.stdout)


def handshakes(bed, report, quick):
    """Full handshakes, and resumptions."""
    api = Api(bed)
    variants = []
    for variant in with_key_over_tls(bed, api, None):
        variants += [dataclasses.replace(variant, mode=load.__name__, load=load) for load in (full, resumed)]
    measured = rounds(variants, api, 2 if quick else 8)

    def rows():
        for name, turns in measured.items():
            ratio = Comparison(turns, measured[same_mode(name)])
            ratios = [spread(ratio.ratios()), ratio.quiet()] if name != same_mode(name) else ["1", ""]
            share = sum(one["resumed"] for one in turns) / sum(one["requests"] for one in turns)
            remark = "" if name.endswith("full") or share >= MIN_RESUMED else f"resumes {share:.0%} only"
            each = statistics.median(1e6 / one["cpu"] for one in turns)
            yield [name, f"{each:,.0f}", spread([one["cpu"] for one in turns], 0), *ratios,
                   f"{median(turns, 'p50'):,.0f}", remark]

    head = ["", "connections per CPU second", "CPU µs a connection", "CPU ÷ base", "in quiet rounds", "p50 µs", "remark"]
    title = "Handshakes"
    report.section(title, "TLS 1.3 with ECDSA P-256 and X25519, one connection after another, each with one request with "
                   "a key, which is included. `resumed` uses the ticket of the previous connection, once. Each row is "
                   "compared with that row of Claviger that does the same.", lambda: table(head, list(rows())))
    ratios = {name: Comparison(turns, measured[same_mode(name)]).value() for name, turns in measured.items()}
    report.rows_ahead(title, ratios, same_mode, NEVER_AHEAD)
    ratio = Comparison(measured["Claviger, full"], measured["nginx, full"])
    report.bar("CPU: Claviger, full handshake, to nginx, full handshake", ratio, 0.80)
