"""Opens TLS 1.3 connections one after another, each with one request: `handshake_client.py PORT PATH COUNT full|resumed
HEADER VALUE`. Prints how many connections resumed a session, how long all took, and the longest ones.
"""

import json
import socket
import ssl
import sys
import time


def connect(context, port, request, session):
    """One connection: its session, and whether it resumed an earlier one."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as plain:
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with context.wrap_socket(plain, session=session) as connection:
            connection.sendall(request)
            answer = b""
            while not answer.endswith(b"}\n"):
                piece = connection.recv(8192)
                if not piece:
                    break
                answer += piece
            if not answer.startswith(b"HTTP/1.1 200") or connection.version() != "TLSv1.3":
                sys.exit(f"{connection.version()}, {answer[:500]!r}")
            # With the tickets, which arrive before the answer.
            return connection.session, connection.session_reused


def main(port, path, count, mode, header, value):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{header}: {value}\r\n\r\n".encode()
    session, resumed, times, began = None, 0, [], time.perf_counter()
    for _ in range(int(count)):
        before = time.perf_counter()
        latest, is_resumed = connect(context, int(port), request, session)
        times.append((time.perf_counter() - before) * 1e6)
        resumed += is_resumed
        # A ticket is used once, as TLS 1.3 recommends.
        session = latest if mode == "resumed" else None
    times.sort()
    print(json.dumps({
        "requests": len(times), "resumed": resumed, "seconds": time.perf_counter() - began,
        "p50": times[len(times) // 2], "p99": times[len(times) * 99 // 100],
    }))


if __name__ == "__main__":
    main(*sys.argv[1:])
