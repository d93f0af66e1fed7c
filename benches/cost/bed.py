"""Processes on cores of their own, and what they have cost."""

import os
import pathlib
import re
import resource
import socket
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).parent
# The program under test has a core to itself; the load generator and the API behind share another one. The first and the
# last are the least likely to be halves of one.
LOAD_CORE, PROXY_CORE = min(os.sched_getaffinity(0)), max(os.sched_getaffinity(0))
BOTH = f"{LOAD_CORE},{PROXY_CORE}"
# Longer than anything may take to start, also under valgrind.
PATIENCE = 120

MEGABYTE = 1_000_000

commands = []


class Failure(Exception):
    """Why the figures of this run are worth nothing."""


def prepare():
    """Refuses a machine on which nothing can be told, and lifts the bound on open files as far as it goes."""
    if PROXY_CORE == LOAD_CORE:
        raise Failure("two cores are needed: one for the program under test, one for load and API")
    most = max_open_files()
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def max_open_files():
    return resource.getrlimit(resource.RLIMIT_NOFILE)[1]


def max_connections():
    """10,000, or fewer where a proxy may not have two open files for each."""
    return min(10_000, max_open_files() // 2 - 1_000)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def note(line):
    """Keeps a command for RESULTS.md, each one once, without what is another one in each run."""
    line = re.sub(r"[^\s=]*/claviger-bench-[^/]+/[^/\s]+", "RUN", line)
    line = re.sub(r"(?<=127\.0\.0\.1:)\d+", "PORT", line).replace(f"{HERE.parent.parent}/", "")
    if line not in commands:
        commands.append(line)


class Process:
    """One that runs until it is ended; pinned to `core`."""

    def __init__(self, folder, command, core, stdout=subprocess.DEVNULL, **environment):
        self.folder = pathlib.Path(folder)
        command = ["taskset", "-c", str(core), *map(str, command)]
        note(" ".join([*(f"{name}={value}" for name, value in environment.items()), *command]))
        self.log = open(self.folder / "stderr", "ab+")
        self.started = time.monotonic()
        self.child = subprocess.Popen(
            command, cwd=folder, env=os.environ | environment, stdin=subprocess.DEVNULL, stdout=stdout, stderr=self.log
        )

    def wait_for(self, port):
        """Until it listens."""
        while time.monotonic() - self.started < PATIENCE:
            if self.child.poll() is not None:
                break
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return self
            time.sleep(0.02)
        raise Failure(f"{self.child.args[3]} does not start:\n{self.errors()}")

    def errors(self):
        self.log.seek(0)
        return self.log.read().decode(errors="replace")[-2000:]

    def pids(self):
        found, left = [], [self.child.pid]
        while left:
            pid = left.pop()
            found.append(pid)
            for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
                left += map(int, (task / "children").read_text().split())
        return found

    def cpu(self):
        """Seconds on a processor so far, of all threads of all its processes, to the nanosecond."""
        tasks = [task for pid in self.pids() for task in pathlib.Path(f"/proc/{pid}/task").iterdir()]
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9

    def memory(self, field="VmRSS"):
        """In bytes, of all its processes; VmHWM is the most it ever was."""
        lines = [line for pid in self.pids() for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()]
        return sum(int(line.split()[1]) for line in lines if line.startswith(field + ":")) * 1024

    def end(self, signal=15):
        if self.child.poll() is None:
            self.child.send_signal(signal)
            try:
                self.child.wait(30)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
        self.log.close()


class Together:
    """Processes that serve a request together."""

    def __init__(self, *processes):
        self.processes = processes

    def cpu(self):
        return sum(process.cpu() for process in self.processes)

    def errors(self):
        return "\n".join(process.errors() for process in self.processes)


class Api:
    """The API behind: nginx that answers with 110 bytes of JSON or 1 MB, and counts what has reached it."""

    def __init__(self, bed, core=LOAD_CORE):
        self.port, self.count_port = free_port(), free_port()
        folder = bed.folder("api")
        bed.fill("api.conf", folder / "nginx.conf", port=self.port, count_port=self.count_port)
        (folder / "megabyte").write_bytes(bytes(range(250)) * (MEGABYTE // 250))
        (folder / "megabyte").chmod(0o644)
        folder.chmod(0o755)
        command = ["nginx", "-p", f"{folder}/", "-c", "nginx.conf", "-e", "stderr"]
        bed.start(folder, command, core).wait_for(self.count_port)

    def seen(self):
        with socket.create_connection(("127.0.0.1", self.count_port)) as connection:
            connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
            answer = connection.makefile().read()
        return int(answer.splitlines()[-2].split()[2])


class TestBed:
    """All that runs; ended and cleared away on the way out."""

    def __enter__(self):
        # Workers of nginx may run as another user, who needs access.
        self.root = tempfile.TemporaryDirectory(prefix="claviger-bench-")
        os.chmod(self.root.name, 0o755)
        self.processes = []
        self.make_certificate()
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.end()
        self.root.cleanup()

    def make_certificate(self):
        """One for all programs: ECDSA with P-256, signed by itself."""
        folder = pathlib.Path(self.root.name)
        self.certificate, self.private_key = folder / "certificate.pem", folder / "key.pem"
        command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost "
        command += f"-addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout {self.private_key} -out {self.certificate}"
        note(command)
        answer = subprocess.run(command.split(), capture_output=True, text=True, check=False)
        if answer.returncode:
            raise Failure(f"no certificate: {answer.stderr}")
        # HAProxy reads both from one file.
        self.both = folder / "both.pem"
        self.both.write_text(self.certificate.read_text() + self.private_key.read_text())
        for file in (self.private_key, self.both):
            file.chmod(0o644)

    def folder(self, name):
        return pathlib.Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.root.name))

    def fill(self, template, path, **values):
        """Writes a configuration: `@name@` stands for a value."""
        text = (HERE / "peers" / template).read_text()
        for name, value in values.items():
            text = text.replace(f"@{name}@", str(value))
        path.write_text(text)

    def start(self, *arguments, **environment):
        process = Process(*arguments, **environment)
        self.processes.append(process)
        return process


def output(*command):
    """What a program says, for versions."""
    found = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    return (found.stdout + found.stderr).strip()
