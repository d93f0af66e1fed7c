"""Tables of requests: what the gate adds, and Claviger beside other proxies in each kind of traffic."""

import dataclasses

import chart
import h2load
import peers
from bed import HERE, MEGABYTE, Api
from gates import AS_IT_COMES, BARE, FEW_HEADERS, LOG, LOWERCASE, Claviger, bare, tls
from load import rounds
from report import Comparison, median

OVER_TLS = "Kept connections, TLS 1.3 with AES-128-GCM. Each row is compared with `Claviger, token`."
# A few large requests at once.
BODY_CONNECTIONS = 16


def same_mode(name):
    """The row of Claviger that does the same."""
    gate, mode = name.split(", ")[:1] + name.split(", ")[-1:]
    return f"Claviger, {'token' if mode == 'key' else mode}"


def compare(report, title, explained, measured, counterpart=same_mode, by=None, counted=False):
    """A table, and the rows in which another proxy takes less CPU than Claviger."""
    report.measured(title, explained, measured, counterpart, by, counted)
    values = {name: Comparison(turns, measured[counterpart(name)]).value() for name, turns in measured.items()}
    report.rows_ahead(title, values, counterpart, peers.NEVER_AHEAD)


def gate(bed, report, quick):
    """Claviger with and without authentication, access log and headers, and pingora without Claviger."""
    api = Api(bed)
    variants = [
        *Claviger(bed, api).variants(),
        Claviger(bed, api, "Claviger with access log", LOG).token(),
        Claviger(bed, api, "Claviger with lowercase names", LOWERCASE).token(),
        Claviger(bed, api, "Claviger without identity and forwarded headers", FEW_HEADERS).token(),
        *(bare(bed, api, program) for program in (BARE, AS_IT_COMES) if program.exists()),
    ]
    measured = rounds(variants, api, 3 if quick else 14)
    report.measured("What the gate adds", "HTTP/1.1 without TLS. Each row is compared with `Claviger, open`: a public "
                    "route, where no credential is checked. `bare pingora` forwards only, with the settings and the "
                    "allocator of the gate or with its own defaults. The instructions are those outside the kernel, by "
                    "callgrind.", measured, lambda _: "Claviger, open", counted=True)
    for what, base, most, most_instructions in (
        ("Claviger, token", "Claviger, open", 1.05, 1.08),
        ("Claviger with access log, token", "Claviger, token", 1.08, None),
    ):
        report.bar(f"CPU: {what}, to {base}", Comparison(measured[what], measured[base]), most)
        counts = report.instructions
        if most_instructions and what in counts:
            report.bar(f"Instructions: {what}, to {base}", counts[what] / counts[base], most_instructions)


def plain(bed, report, quick):
    """HTTP/1.1 without TLS."""
    api = Api(bed)
    variants = Claviger(bed, api).variants() + [Claviger(bed, api, "Claviger with lowercase names", LOWERCASE).token()]
    variants += [one for peer in peers.start(bed, api) for one in peer.variants()]
    measured = rounds(variants, api, 2 if quick else 9)
    does = {f"{peer.name}, {mode}": way for peer in peers.PEERS
            for mode, way in (("key", peer.key_does), ("basic", peer.basic_does))}
    does |= {"Claviger, token": "SHA-256 of tokens", "Claviger, basic": "argon2id, remembered",
             "Claviger with lowercase names, token": "SHA-256 of tokens"}
    compare(report, "Plain HTTP/1.1", "Each program in its own best way, one worker, kept connections, no access log, as "
            "configured in [`cost/peers`](cost/peers). 100 keys; bcrypt at cost 10. Each row is compared with that row of "
            "Claviger that does the same: open, token or basic.\n\n![CPU a request](peers.svg)", measured, by=does,
            counted=True)
    token, lowercase = measured["Claviger, token"], measured["Claviger with lowercase names, token"]
    for ours, name, most in (
        (token, "nginx", 1.6), (lowercase, "nginx", 1.45), (token, "Envoy", 0.75), (token, "Traefik", 0.45),
        (token, "Caddy", 0.45),
    ):
        which = "Claviger with lowercase names, token" if ours is lowercase else "Claviger, token"
        report.bar(f"CPU, plain: {which}, to {name}, key", Comparison(ours, measured[f"{name}, key"]), most)
    if not quick:
        draw(measured)


def draw(measured):
    cost = {name: median(turns) for name, turns in measured.items()}
    names = ["Claviger", *(peer.name for peer in peers.PEERS if f"{peer.name}, open" in cost)]
    rows = [(name, cost[f"{name}, open"], cost.get(f"{name}, key", cost.get(f"{name}, token"))) for name in names]
    chart.bars(HERE.parent / "peers.svg", "CPU microseconds a request (less is better)",
               ("passing through", "with an API key"), sorted(rows, key=lambda row: row[2]))


def with_key_over_tls(bed, api, load):
    """Every program with a key."""
    return [Claviger(bed, api, changes=tls(bed)).token(tls=True, load=load),
            *(peer.key_over_tls(load) for peer in peers.start(bed, api, tls=True))]


def over_tls(bed, report, title, explained, load, most, count):
    api = Api(bed)
    measured = rounds(with_key_over_tls(bed, api, load), api, count)
    compare(report, title, f"{explained} {OVER_TLS}", measured)
    ratio = Comparison(measured["Claviger, token"], measured["nginx, key"])
    report.bar(f"CPU, {title}: Claviger, token, to nginx, key", ratio, most)


def http1_tls(bed, report, quick):
    """HTTP/1.1 over TLS."""
    over_tls(bed, report, "HTTP/1.1 over TLS", "64 connections.", h2load.over_http1, 1.4, 2 if quick else 10)


def http2_tls(bed, report, quick):
    """HTTP/2 over TLS."""
    explained = f"{h2load.CONNECTIONS} connections with {h2load.STREAMS} requests at once on each."
    over_tls(bed, report, "HTTP/2 over TLS", explained, h2load.over_http2, 1.25, 2 if quick else 10)


def bodies(bed, report, quick):
    """1 MB to the caller, and 1 MB from it."""
    api = Api(bed)
    programs = [(Claviger(bed, api).token(), "/x"), *((peer.key(), "/key") for peer in peers.start(bed, api, tls=True))]
    variants = []
    for variant, path in programs:
        few = dataclasses.replace(variant, connections=BODY_CONNECTIONS)
        variants.append(dataclasses.replace(few, mode="download", path=f"{path}/download"))
        upload = ("upload", str(MEGABYTE))
        # The API forwards the head of an upload to itself.
        variants.append(dataclasses.replace(few, mode="upload", path=f"{path}/upload", arguments=upload, at_api=2))
    measured = rounds(variants, api, 2 if quick else 7)
    compare(report, "Bodies of 1 MB", "HTTP/1.1 without TLS, with a key, 16 connections. Each row is compared with that "
            "row of Claviger in the same direction.", measured)


def at_fixed_rate(report, title, variants, api, quick):
    variants = [dataclasses.replace(one, connections=h2load.FIXED_CONNECTIONS) for one in variants]
    measured = rounds(variants, api, 2 if quick else 5, seconds=2)
    title = f"4,000 requests a second, {title}"
    compare(report, title, f"{h2load.FIXED_CONNECTIONS} connections that each send {h2load.FIXED_RATE} requests a second, "
            "with a key. Each row is compared with `Claviger, token`.", measured)
    for field in ("p50", "p99"):
        values = {name: median(turns, field) for name, turns in measured.items()}
        report.rows_ahead(f"{title}, {field}", values, same_mode, peers.NEVER_AHEAD)


def rate_http1(bed, report, quick):
    """A rate that every program should keep up with."""
    api, load = Api(bed), h2load.fixed_http1
    variants = [Claviger(bed, api).token(load=load), *(peer.key(load=load) for peer in peers.start(bed, api, tls=True))]
    at_fixed_rate(report, "plain HTTP/1.1", variants, api, quick)


def rate_http2(bed, report, quick):
    """The same over HTTP/2."""
    api = Api(bed)
    at_fixed_rate(report, "HTTP/2 over TLS", with_key_over_tls(bed, api, h2load.fixed_http2), api, quick)
