"""Plays an integration platform: calls the API with a key, and receives webhooks as a forward proxy does.

Prints the port of the receiver. Then it reads commands, a line of JSON each, and answers each with a line of JSON."""

import base64
import hashlib
import hmac
import http.client
import http.server
import json
import sys
import threading
import time

lock = threading.Lock()
received = []  # Oldest first.
statuses = {}  # By path, where they are not 200.
secrets = {}  # By id of the hook, as the subscription showed them.


def is_signed(secret, headers, body):
    """As Standard Webhooks 1.0 describes it."""
    key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = b"v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
    is_recent = abs(time.time() - int(headers["webhook-timestamp"])) < 300
    signatures = headers["webhook-signature"].encode().split(b" ")
    return is_recent and any(hmac.compare_digest(expected, one) for one in signatures)


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        with lock:
            signers = [hook for hook, secret in secrets.items() if is_signed(secret, self.headers, body)]
            received.append(
                {
                    "url": self.path,
                    "host": self.headers["host"],
                    "content_type": self.headers["content-type"],
                    "message": self.headers["webhook-id"],
                    "signers": signers,
                    "body": json.loads(body),
                }
            )
            status = next((status for path, status in statuses.items() if self.path.endswith(path)), 200)
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def call(address, command):
    headers = {}
    if "key" in command:
        headers["x-api-key"] = command["key"]
    if "bearer" in command:
        headers["authorization"] = "Bearer " + command["bearer"]
    if "basic" in command:
        headers["authorization"] = "Basic " + base64.b64encode(":".join(command["basic"]).encode()).decode()
    body = None
    if command["body"] is not None:
        headers["content-type"] = "application/json"
        body = json.dumps(command["body"])
    connection = http.client.HTTPConnection(address, timeout=20)
    connection.request(command["method"], "/api/v1" + command["path"], body, headers)
    response = connection.getresponse()
    text = response.read()
    connection.close()
    answer = {"status": response.status, "body": json.loads(text) if text else None}
    answer["retry_after"] = response.headers["retry-after"]
    if isinstance(answer["body"], dict) and "secret" in answer["body"]:
        with lock:
            secrets[answer["body"]["id"]] = answer["body"]["secret"]
    return answer


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    for line in sys.stdin:
        command = json.loads(line)
        if command["do"] == "call":
            answer = call(command["address"], command)
        elif command["do"] == "answer":
            with lock:
                statuses[command["path"]] = command["status"]
            answer = None
        else:
            with lock:
                answer = received
        print(json.dumps(answer), flush=True)


main()
