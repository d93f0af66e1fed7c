"""What grows with the number of credentials, of worker threads and of connections."""

import socket
import statistics
import threading
import time

from bed import BOTH, Api, Failure, max_connections
from gates import Claviger, entry, few
from load import BODY, rounds, wrk
from report import Comparison, spread
from secrets_of_benches import KEYS, TOKEN

MILLION = 1_000_000
# Presented in turn: one that is always the same would sit in the nearest cache.
PRESENTED = 4096
CALLERS = 8
# Between two requests of one of them; the machine must not be busy with good traffic alone.
PAUSE_MS = 2


def growth(bed, report, quick):
    """Many credentials, threads and connections."""
    api = Api(bed)
    small, large, figures = load(bed, api)
    lines = [f"- {what}: {value if isinstance(value, str) else f'{value:.0f}'}" for what, value in figures.items()]
    among_few, among_many = cost(small, large, api, 15).values()
    ratio = Comparison(among_many, among_few)
    lines.append(f"- CPU of a request among 1,000,000, to one among 101: {spread(ratio.ratios())}×")
    lines.append(lambda: f"- the same in quiet rounds: {ratio.quiet()}")
    kept = held(small, large)
    lines.insert(3, f"- bytes a credential, half a minute of traffic later: {kept:.0f}")
    for gate in (small, large):
        gate.process.end()
    without, during, took, most = reload(bed, api, 3, 4)
    lines.append(f"- p99 of steady traffic: {without:.0f} µs, and {during:.0f} µs while 1,000,000 are reloaded again "
                 f"and again; {len(took)} reloads of {statistics.median(took):.2f} s; at most {most / 2**20:.0f} MiB")
    rates = threads(bed, api, 3, 4)
    lines.append(f"- worker threads 1 → 2, load and API on the same two cores: {rates[1]:,.0f} → {rates[2]:,.0f} "
                 f"requests a second, {rates[2] / rates[1]:.2f}×")
    connection = idle(bed, api, max_connections())
    lines.append(f"- idle connections 10 → {max_connections():,}: {connection / 1024:.1f} KiB each")
    report.section("Growth", lambda: "\n".join(line() if callable(line) else line for line in lines))
    report.bar("Memory of a credential in a YAML file", kept, 300, "bytes")
    report.bar("CPU of a request: 1,000,000 credentials to 101", ratio, 1.05)
    report.bar("p99 of traffic: while reloading, to before", during / without, 2)
    report.bar("Memory of an idle connection of HTTP/1.1", connection / 1024, 32, "KiB")


def many():
    """A million, the others among them."""
    yield few()
    for number in range(MILLION - len(KEYS) - 1):
        yield entry(f"credential-{number}", token(number))


def token(number):
    return f"token-{number}"


def presented(folder, numbers):
    path = folder / "tokens"
    path.write_text("".join(f"{one}\n" for one in numbers))
    return "tokens", str(path)


def load(bed, api):
    """Two gates, with few and with a million, and what the file costs."""
    small = Claviger(bed, api, "Claviger, 101 credentials")
    large = Claviger(bed, api, "Claviger, 1,000,000 credentials", credentials=many())
    before, after = small.process.memory(), large.process.memory()
    figures = {
        "start with 101 credentials": f"{small.started_in:.2f} s, {before / 2**20:.1f} MiB",
        "start with 1,000,000 credentials": f"{large.started_in:.2f} s, {after / 2**20:.1f} MiB",
        "most memory while starting with 1,000,000": f"{large.process.memory('VmHWM') / 2**20:.1f} MiB",
        "bytes a credential, at most while starting": (large.process.memory("VmHWM") - before) / MILLION,
    }
    return small, large, figures


def held(small, large):
    """Bytes a credential once there has been traffic for longer than the allocator keeps what reading has left."""
    return (large.process.memory() - small.process.memory()) / MILLION


def cost(small, large, api, count):
    """CPU of a request among few and among a million."""
    known = presented(small.folder, [key for _, key in KEYS])
    step = (MILLION - len(KEYS) - 1) // PRESENTED
    spread = presented(large.folder, [token(number * step) for number in range(PRESENTED)])
    turns = ((small, known, KEYS[0][1]), (large, spread, token(step)))
    variants = [
        gate.variant("tokens in turn", headers={"Authorization": f"Bearer {one}"}, arguments=which)
        for gate, which, one in turns
    ]
    return rounds(variants, api, count)


def reload(bed, api, turns, seconds):
    """p99 of steady traffic, without and with reloads of a million one after another; and how long one takes."""
    gate = Claviger(bed, api, core=BOTH, credentials=many())
    without, during, took = [], [], []

    def steady():
        return wrk(gate.port, "/x", seconds, CALLERS, TOKEN, ("pause", str(PAUSE_MS)), core=BOTH)["p99"]

    steady()
    for _ in range(turns):
        without.append(steady())
        stop = threading.Event()

        def again():
            while not stop.is_set():
                # Something has to be new in it each time.
                lines = entry("newcomer", f"newcomer-{time.monotonic_ns()}")
                append(gate, lines)
                took.append(gate.reload())

        reloading = threading.Thread(target=again)
        reloading.start()
        during.append(steady())
        stop.set()
        reloading.join()
    if not took:
        raise Failure("no reload came to an end")
    return statistics.median(without), statistics.median(during), took, gate.process.memory("VmHWM")


def append(gate, lines):
    """One more credential, in place of the one that was more before."""
    path = gate.folder / "credentials.yaml"
    with open(path, "r+b") as file:
        if not hasattr(gate, "end_of_file"):
            gate.end_of_file = file.seek(0, 2)
        file.seek(gate.end_of_file)
        file.write(lines.encode())
        file.truncate()


def threads(bed, api, seconds, turns):
    """Requests a second with one worker and with two, everything on all cores."""
    rates = {}
    gates = {count: Claviger(bed, api, threads=count, core=BOTH) for count in (1, 2)}
    for _ in range(turns):
        for count, gate in gates.items():
            load = wrk(gate.port, "/x", seconds, headers=TOKEN, core=BOTH)
            rates.setdefault(count, []).append(load["requests"] / load["seconds"])
    return {count: statistics.median(one) for count, one in rates.items()}


def idle(bed, api, most):
    """Bytes of the gate a connection that has asked once and stays."""
    gate = Claviger(bed, api)
    request = b"GET /x HTTP/1.1\r\nHost: api\r\nAuthorization: %s\r\n\r\n" % TOKEN["Authorization"].encode()
    held = [asked_once(gate.port, request) for _ in range(10)]
    before = gate.process.memory()
    held += [asked_once(gate.port, request) for _ in range(most - len(held))]
    after = gate.process.memory()
    for connection in held:
        connection.close()
    return (after - before) / (most - 10)


def asked_once(port, request):
    connection = socket.create_connection(("127.0.0.1", port))
    connection.sendall(request)
    answer = b""
    while not answer.endswith(BODY):
        piece = connection.recv(4096)
        if not piece:
            raise Failure(f"a connection was closed with {answer[:200]!r}")
        answer += piece
    if not answer.startswith(b"HTTP/1.1 200"):
        raise Failure(f"an idle connection was answered {answer[:200]!r}")
    return connection
