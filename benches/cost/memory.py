"""Resident memory: idle, with connections, with credentials."""

import hashlib
import socket
import time

import peers
from bed import Api, Failure, max_connections
from gates import Claviger, entry
from growth import asked_once
from load import check, ready
from report import table
from secrets_of_benches import KEYS, SHA1

MANY = 100_000


def many_keys():
    """Those that are presented, among others."""
    others = [(f"other-{number}", hashlib.sha256(f"other {number}".encode()).hexdigest()[:40])
              for number in range(MANY - len(KEYS))]
    return [*others[: MANY // 2], *KEYS, *others[MANY // 2:]]


def memory(bed, report, quick):
    """Resident memory of each program."""
    api, keys, measured, remarks = Api(bed), many_keys(), {}, {}
    starts = [("Claviger", lambda: claviger(bed, api, None), lambda: claviger(bed, api, keys))]
    for peer in peers.installed():
        if peer.has_tls:
            starts.append((peer.name, lambda peer=peer: by_key(peer.start(bed, api)),
                           lambda peer=peer: by_key(peer.start(bed, api, keys, users=users(keys, peer)))))
    for name, few, many in starts:
        began = time.monotonic()
        measured[name], remarks[name] = one(few, many)
        values = ", ".join(map(mib, measured[name]))
        print(f"  {name}: {values} MiB {remarks[name]}, after {time.monotonic() - began:.0f} s", flush=True)
    head = ["", "idle, MiB", "with connections, MiB", "KiB a connection", f"with {MANY:,} credentials, MiB", "remark"]
    rows = []
    for name, (idle, connected, full) in measured.items():
        each = "–" if connected is None else f"{(connected - idle) / max_connections() / 1024:.1f}"
        rows.append([name, mib(idle), mib(connected), each, mib(full), remarks[name]])
    title = "Memory"
    report.section(title, f"Resident memory of all processes of a program: after the start with {len(KEYS)} credentials, "
                   f"with {max_connections():,} connections that have each sent one request over HTTP/1.1 without TLS "
                   f"(10,000, or half of the open files that the machine allows), and after a start with {MANY:,} "
                   "credentials and a request. Claviger keeps a SHA-256 of each, HAProxy, Envoy, Caddy and nginx its "
                   "plain text; Traefik has a regular expression; Apache reads keys and password hashes from files for "
                   "each request and keeps those that are used.", table(head, rows))
    for place, kind in enumerate(("idle", "with connections", "with credentials")):
        values = {name: row[place] for name, row in measured.items() if row[place] is not None}
        report.rows_ahead(f"{title}, {kind}", values, lambda _: "Claviger", peers.NEVER_AHEAD)


def mib(value):
    return "–" if value is None else f"{value / 2**20:,.1f}"


def claviger(bed, api, keys):
    credentials = [entry(name, key) for name, key in keys] if keys else None
    gate = Claviger(bed, api, credentials=credentials)
    return gate.process, gate.token()


def by_key(running):
    return running.process, running.key()


def users(keys, peer):
    """Further lines of the password file, which only Apache has many of: its hashes are never all in memory."""
    return "".join(f"{name}:{SHA1}\n" for name, _ in keys) if peer.name == "Apache" else ""


def one(few, many):
    """Bytes idle, with connections, and with many credentials; and a remark on what did not work."""
    process, variant = few()
    ready(variant)
    check(variant)
    time.sleep(1)
    idle, connected, full, remarks = process.memory(), None, None, []
    try:
        connected = with_connections(variant)
    except (Failure, OSError) as failure:
        remarks.append(f"not with {max_connections():,} connections: {short(failure)}")
    process.end()
    try:
        process, variant = many()
        ready(variant)
        check(variant)
        time.sleep(1)
        full = process.memory()
        process.end()
    except (Failure, OSError) as failure:
        remarks.append(f"does not serve with {MANY:,} credentials: {short(failure)}")
    return (idle, connected, full), "; ".join(remarks)


def with_connections(variant):
    (header, value), = variant.headers.items()
    request = f"GET {variant.path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{header}: {value}\r\n\r\n".encode()
    held = []
    try:
        for _ in range(max_connections()):
            held.append(asked_once(variant.port, request))
        time.sleep(1)
        found = variant.process.memory()
        # Those that were closed in the meantime would not count.
        if closed := sum(is_closed(connection) for connection in held):
            raise Failure(f"{closed} were closed")
        return found
    finally:
        for connection in held:
            connection.close()


def is_closed(connection):
    connection.setblocking(False)
    try:
        return connection.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def short(failure):
    return " ".join(str(failure).split())[:160].replace("|", "/")
