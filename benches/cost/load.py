"""Sends requests, checks the answers, and measures what they cost."""

import dataclasses
import http.client
import json
import ssl
import subprocess
import time

import calibration
from bed import HERE, LOAD_CORE, MEGABYTE, Failure, note
from secrets_of_benches import TOKEN

CONNECTIONS = 64
# Where every request is hashed, more would only wait.
FEW = 4
BODY = b'{"id":"pay_0123456789","status":"settled","amount":129900,"currency":"EUR","created":"2026-11-20T10:15:00Z"}\n'


@dataclasses.dataclass
class Variant:
    """One way to call one program."""

    gate: str
    mode: str
    process: object
    port: int
    path: str
    headers: dict = dataclasses.field(default_factory=dict)
    arguments: tuple = ()
    connections: int = CONNECTIONS
    # The status of a request with a wrong secret; 200 where no program checks it.
    refusal: tuple = (401, 403)
    tls: bool = False
    # Takes a variant and seconds, and returns the summary of that load; `wrk` where there is none.
    load: object = None
    # Requests that reach the API for one of the load.
    at_api: int = 1

    @property
    def name(self):
        return f"{self.gate}, {self.mode}"


def passing(gate, process, port, path="/open", **more):
    """Where no program checks the credential: the same request, its header included."""
    return Variant(gate, "open", process, port, path, TOKEN, refusal=(200,), **more)


def ask(variant, headers):
    method, body = ("POST", bytes(MEGABYTE)) if "upload" in variant.arguments else ("GET", None)
    if variant.tls:
        context = ssl._create_unverified_context()
        connection = http.client.HTTPSConnection("127.0.0.1", variant.port, timeout=60, context=context)
    else:
        connection = http.client.HTTPConnection("127.0.0.1", variant.port, timeout=60)
    connection.request(method, variant.path, body, headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body


def ready(variant):
    """Some listen before they know where to forward."""
    for _ in range(100):
        if ask(variant, variant.headers)[0] == 200:
            break
        time.sleep(0.1)


def check(variant):
    """The right secret reaches the API behind; none and a wrong one do so only where no program checks it."""
    expect(variant, variant.headers, 200)
    # The answer to a refused upload may arrive before the upload is complete, which this client does not read.
    if "upload" in variant.arguments:
        return
    for name, value in variant.headers.items():
        # Also of a pair: in Base64 this is text.
        wrong = {name: value[:-4] + "QUFB"}
        expect(variant, wrong, *variant.refusal)
        expect(variant, {}, *variant.refusal)


def expect(variant, headers, *statuses):
    status, body = ask(variant, headers)
    is_whole = len(body) == MEGABYTE if variant.path.endswith("/download") else body == BODY
    if status not in statuses or is_whole != (status == 200):
        raise Failure(f"{variant.name} answers {status} to {headers}: {body[:200]!r}\n{variant.process.errors()}")


def wrk(port, path, seconds, connections=CONNECTIONS, headers=None, arguments=(), threads=1, core=LOAD_CORE):
    """The summary of one load; fails where one answer was not what it should be."""
    command = ["taskset", "-c", str(core), "wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds}s"]
    command += ["--timeout", "20s", "-s", str(HERE / "wrk.lua")]
    for name, value in (headers or {}).items():
        command += ["-H", f"{name}: {value}"]
    command += [f"http://127.0.0.1:{port}{path}", *(["--", *arguments] if arguments else [])]
    note(" ".join(f"'{part}'" if " " in part else part for part in command))
    answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds + 60)
    lines = [line for line in answer.stdout.splitlines() if line.startswith("SUMMARY ")]
    if not lines:
        raise Failure(f"wrk reports {answer.stdout}{answer.stderr}")
    summary = json.loads(lines[0].removeprefix("SUMMARY "))
    if summary["refused"] or summary["lost"] or not summary["requests"]:
        raise Failure(f"{path} on port {port}: {summary}")
    if path.endswith("/download") and summary["bytes"] < summary["requests"] * MEGABYTE:
        raise Failure(f"{path} on port {port}: downloads were not complete: {summary}")
    return summary


def by_wrk(variant, seconds):
    return wrk(variant.port, variant.path, seconds, variant.connections, variant.headers, variant.arguments)


def measure(variant, api, seconds):
    """CPU microseconds of a request, requests a second, p50 and p99 in microseconds."""
    seen, cpu = api.seen(), variant.process.cpu()
    load = (variant.load or by_wrk)(variant, seconds)
    # Requests in progress when the time was over end now.
    time.sleep(0.3)
    cpu, seen = variant.process.cpu() - cpu, api.seen() - seen
    least, most = load["requests"] * variant.at_api, (load["requests"] + 2 * variant.connections) * variant.at_api
    if not least <= seen <= most:
        raise Failure(f"{variant.name}: {load['requests']} answers, but {seen} requests at the API behind")
    return load | {"cpu": cpu / load["requests"] * 1e6, "rate": load["requests"] / load["seconds"]}


def rounds(variants, api, count, seconds=1):
    """Name to one measurement a round. Every variant has a turn in each round, in another order each time. Turns are
    short and many, since the speed of a shared machine changes every few seconds.
    """
    for variant in variants:
        ready(variant)
        check(variant)
        measure(variant, api, 1)
    measured = {variant.name: [] for variant in variants}
    before = calibration.run_slice()
    for turn in range(count):
        shift = turn % len(variants)
        for variant in variants[shift:] + variants[:shift]:
            one = measure(variant, api, seconds)
            after = calibration.run_slice()
            measured[variant.name].append(one | {"slices": (before, after)})
            before = after
            cpu, rate, p99 = one["cpu"], one["rate"], one.get("p99", 0)
            print(f"  {variant.name}: {cpu:.1f} µs, {rate:.0f} a second, p99 {p99:.0f} µs", flush=True)
    return measured
