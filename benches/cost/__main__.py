"""What a request costs: `make bench`, `make bench-quick`, or `python3 benches/cost` with what is wanted of SECTIONS.

Everything is on this machine and its loopback. The program under test has a core to itself; load and API share
another one. A single answer that is not what it should be ends the run without results.
"""

import re
import subprocess
import sys
import time

sys.dont_write_bytecode = True

import chart
import gates
import growth
import instructions
import peers
from bed import HERE, Api, TestDatabase, Failure, note, prepare
from gates import AS_IT_COMES, Claviger, bare
from load import rounds
from report import Report, median, ratios, spread, statistics

COMES, BARE = "bare pingora, as it comes, open", "bare pingora, open"


def overhead(bed, report, quick):
    """Claviger against pingora without it."""
    api = Api(bed)
    logging = Claviger(bed, api, "Claviger, access log", log=True).variants()
    variants = [bare(bed, api, AS_IT_COMES), bare(bed, api), *Claviger(bed, api).variants(), logging[1]]
    measured = rounds(variants, api, 3 if quick else 24)
    report.measured("Overhead", "The same load through pingora that only passes on, and through Claviger.", measured,
                    BARE)
    for what, most in (("Claviger, token", 1.05), ("Claviger, access log, token", 1.10)):
        report.bar(f"CPU: {what}, to bare pingora", statistics.median(ratios(measured[what], measured[BARE])), most)


def counted(bed, report, quick):
    """The same, in instructions."""
    found = instructions.count(bed, Api(bed))
    base = found["bare pingora"]
    rows = [f"- {name}: {value:,.0f}, {value / base:.3f}×" for name, value in found.items()]
    report.section("Instructions", "A request, outside the kernel, by callgrind; the factor is to bare pingora.",
                   "\n".join(rows))
    report.bar("Instructions: Claviger, token, to bare pingora", found["Claviger, token"] / base, 1.06)


def others(bed, report, quick):
    """Claviger beside what people use today."""
    api = Api(bed)
    variants = [bare(bed, api, AS_IT_COMES), *Claviger(bed, api).variants(), *peers.start(bed, api)]
    measured = rounds(variants, api, 2 if quick else 11)
    does = {f"{peer.name}, {mode}": way for peer in peers.PEERS
            for mode, way in (("open", ""), ("key", peer.key_does), ("basic", peer.basic_does))}
    does |= {"Claviger, token": "SHA-256 of tokens", "Claviger, basic": "argon2id, remembered"}
    report.measured("Peers", "Each with its own best way, one worker, kept connections, no access log; as configured "
                    "in [`cost/peers`](cost/peers). 100 keys; bcrypt at cost 10.\n\n![CPU a request](peers.svg)",
                    measured, "Claviger, token", does)
    ours = measured["Claviger, token"]
    wanted = [("Envoy, key", 0.55), ("Pingap, key", 0.90), ("nginx, key", 2.0), (COMES, 1.0)]
    for what, most in wanted:
        if what in measured:
            report.bar(f"CPU: Claviger, token, to {what}", statistics.median(ratios(ours, measured[what])), most)
    basic = ratios(measured["Claviger, basic"], measured["Caddy, basic"])
    report.bar("CPU: Claviger, basic, to Caddy, basic", statistics.median(basic), 0.30)
    if not quick:
        cost = {name: median(all_) for name, all_ in measured.items()}
        names = ["Claviger", *(peer.name for peer in peers.PEERS if f"{peer.name}, open" in cost)]
        rows = [(name, cost[f"{name}, open"], cost.get(f"{name}, key", cost.get(f"{name}, token"))) for name in names]
        rows = sorted([*rows, ("bare pingora, as it comes", cost[COMES], None)], key=lambda row: row[2] or row[1])
        chart.bars(HERE.parent / "peers.svg", "CPU microseconds a request (less is better)",
                   ("passing through", "with an API key"), rows)


def grown(bed, report, quick):
    """Many credentials, threads and connections."""
    api = Api(bed)
    small, large, figures = growth.load(bed, api)
    lines = [f"- {what}: {value if isinstance(value, str) else f'{value:.0f}'}" for what, value in figures.items()]
    measured = list(growth.cost(small, large, api, 15).values())
    ratio = ratios(measured[1], measured[0])
    lines.append(f"- CPU of a request among 1,000,000, to one among 101: {spread(ratio)}×")
    held = growth.held(small, large)
    lines.insert(3, f"- bytes a credential, half a minute of traffic later: {held:.0f}")
    for gate in (small, large):
        gate.process.end()
    without, during, took, most = growth.reload(bed, api, 3, 4)
    lines.append(f"- p99 of steady traffic: {without:.0f} µs, and {during:.0f} µs while 1,000,000 are reloaded again "
                 f"and again; {len(took)} reloads of {statistics.median(took):.2f} s; at most {most / 2**20:.0f} MiB")
    rates = growth.threads(bed, api, 3, 4)
    lines.append(f"- worker threads 1 → 2, load and API on the same two cores: {rates[1]:,.0f} → {rates[2]:,.0f} "
                 f"requests a second, {rates[2] / rates[1]:.2f}×")
    connection = growth.idle(bed, api, 10_000)
    lines.append(f"- idle connections 10 → 10,000: {connection / 1024:.1f} KiB each")
    report.section("Growth", "\n".join(lines))
    report.bar("Memory of a credential in a YAML file", held, 300, "bytes")
    report.bar("CPU of a request: 1,000,000 credentials to 101", statistics.median(ratio), 1.05)
    report.bar("p99 of traffic: while reloading, to before", during / without, 2)
    report.bar("Memory of an idle connection of HTTP/1.1", connection / 1024, 32, "KiB")


def decision(_, report, quick):
    """From presented credential to verdict, by criterion."""
    text = cargo_bench("decision")
    found = re.findall(r"^(decision/.+?)\s+time:\s+\[\S+ \S+ (\S+) (\S+) ", text, re.M)
    units = {"ps": 1e-3, "ns": 1, "µs": 1e3, "ms": 1e6}
    times = {name: float(value) * units[unit] for name, value, unit in found}
    allocated = re.findall(r"^(decision/.+): (\d+) allocations$", text, re.M)
    report.section("Decision", "Nanoseconds from presented credential to verdict, by criterion.",
                   "\n".join(f"- {name}: {value:,.0f}" for name, value in times.items()),
                   "\n".join(f"- {name}: {count} allocations" for name, count in allocated))
    for name, count in allocated:
        if name.endswith("/10"):
            report.bar(f"Decision: {name.split('/')[1]}", int(count), 0, "allocations")
    bars = (("token", 500), ("pair, remembered", 700), ("token, junk of our format", 100))
    for what, most in bars:
        if (value := times.get(f"decision/{what}/10")) is not None:
            report.bar(f"Decision: {what}", value, most, "ns")
    if "decision/token/10" in times and "decision/token/1000000" in times:
        same = "token, always the same"
        report.bar("Decision: 1,000,000 credentials to 10, the same token",
                   times[f"decision/{same}/1000000"] / times[f"decision/{same}/10"], 1.05)


def flood(_, report, quick):
    """What attacks cost the others; `benches/hostile` has more of them."""
    said = "\n".join(cargo_bench("hostile", name) for name in ("hashes", "junk"))
    lines = [line for line in said.splitlines() if line.startswith("  ") or line in ("hashes:", "junk:")]
    report.section("Flood", "By `cargo bench --bench hostile`, which has more attacks than these.",
                   "```\n" + "\n".join(lines) + "\n```")
    if ratio := re.search(r"wrong passwords: .*: ([\d.]+)×", said):
        report.bar("p99 of token traffic: under wrong passwords, to without", float(ratio[1]), 2)


def cargo_bench(name, *arguments):
    command = ["cargo", "bench", "--quiet", "--locked", "--bench", name, "--", *arguments]
    note(" ".join(command))
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    print(answer.stdout, flush=True)
    if answer.returncode:
        raise Failure(f"{' '.join(command)}:\n{answer.stderr[-2000:]}")
    return answer.stdout


SECTIONS = {"overhead": overhead, "instructions": counted, "peers": others, "growth": grown, "decision": decision,
            "flood": flood}
QUICK = ["overhead", "peers"]


def main(arguments):
    quick = "quick" in arguments
    wanted = [name for name in arguments if name != "quick"] or (QUICK if quick else list(SECTIONS))
    if unknown := set(wanted) - set(SECTIONS):
        return f"unknown: {' '.join(unknown)}; there are quick {' '.join(SECTIONS)}"
    began, report = time.monotonic(), Report()
    try:
        prepare()
        for name in wanted:
            print(f"\n{name}:", flush=True)
            with TestDatabase() as bed:
                SECTIONS[name](bed, report, quick)
    except Failure as failure:
        return f"\nThe run has failed, and has no results. {failure}"
    for what, value, most, unit in report.bars:
        print(f"{'met   ' if value <= most else 'MISSED'} {what}: {value:,.2f} {unit}, wanted ≤ {most:,.2f}")
    # Part of it would look like all of it.
    if wanted == list(SECTIONS):
        report.write("make bench", {"Claviger": gates.version()} | peers.versions(), time.monotonic() - began)
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
