"""nginx that asks Claviger for each request, beside nginx that checks by itself."""

import pathlib

import peers
from bed import HERE, PROXY_CORE, Api, Failure, Together, free_port
from gates import Claviger
from load import CONNECTIONS, FEW, Variant, rounds
from peers import BASIC
from secrets_of_benches import BCRYPT, SHA1, TOKEN

SHIPPED = HERE.parent.parent / "deploy/forward-auth/nginx/nginx.conf"


def forward_auth(bed, report, quick):
    """CPU of nginx and Claviger together."""
    api = Api(bed)
    nginx = next(peer for peer in peers.installed() if peer.name == "nginx")
    by_sha1, by_bcrypt = (nginx.start(bed, api, hashed=hashed) for hashed in (SHA1, BCRYPT))
    variants = [
        by_sha1.open(),
        Variant("nginx, auth_basic", "{SHA}", by_sha1.process, by_sha1.port, "/basic", BASIC),
        Variant("nginx, auth_basic", "bcrypt", by_bcrypt.process, by_bcrypt.port, "/basic", BASIC, connections=FEW),
        *asking(bed, api, nginx),
    ]
    measured = rounds(variants, api, 2 if quick else 8)
    report.measured("Forward-auth", "HTTP/1.1 without TLS; the CPU of all processes that serve a request. With "
                    "`auth_request`, nginx runs [the file that ships](../deploy/forward-auth/nginx/nginx.conf) and asks "
                    "Claviger for each request, Basic with argon2id, remembered; with `auth_basic`, it checks the password "
                    "itself, in SHA-1 without salt or in bcrypt at cost 10, for every request. Each row is compared with "
                    "`nginx, auth_basic, {SHA}`.", measured, lambda _: "nginx, auth_basic, {SHA}")


def asking(bed, api, nginx):
    """nginx as shipped, but for ports, one worker, and connections that are kept under this load."""
    changes = {"proxy": None, "public": None, "forward_auth": {"listen": f"127.0.0.1:{(auth := free_port())}"}}
    gate = Claviger(bed, api, changes=changes)
    folder, port = bed.folder("nginx"), free_port()
    text = SHIPPED.read_text()
    for old, new in (
        ("worker_processes auto;", "daemon off; worker_processes 1;"),
        ("events {}", "events { worker_connections 16384; }"),
        ("keepalive 32;", "keepalive 128; keepalive_requests 1000000000;"),
        ("    server {\n        listen 127.0.0.1:8080;",
         f"    server {{\n        keepalive_requests 1000000000;\n        listen 127.0.0.1:{port};"),
        ("127.0.0.1:8082", f"127.0.0.1:{auth}"),
        ("127.0.0.1:9000", f"127.0.0.1:{api.port}"),
    ):
        if old not in text:
            raise Failure(f"{SHIPPED} has no {old!r} any more")
        text = text.replace(old, new)
    pathlib.Path(folder / "nginx.conf").write_text(text)
    folder.chmod(0o755)
    arguments = [argument.format(folder=folder) for argument in nginx.arguments]
    process = bed.start(folder, [nginx.path(), *arguments], PROXY_CORE).wait_for(port)
    both = Together(process, gate.process)
    return [Variant("nginx, auth_request", mode, both, port, "/x", headers, connections=CONNECTIONS)
            for mode, headers in (("token", TOKEN), ("basic", BASIC))]
