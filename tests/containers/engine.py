"""A separate Compose project: a copy of the tree, ports, settings, and queries to the engine."""

import contextlib
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "run"), str(ROOT / "tests")]
from ports import own_ports
from services import NAMES as SERVICES

# The tests create more orders than a person does.
NO_CEILINGS = {"ORDERS_PER_HOUR": "0", "ORDER_PIECES_MAX": "0", "ORDER_CALLS_PER_MINUTE": "0",
               "KEYED_ADDS_PER_MINUTE": "0"}
PORTS = ("gateway", *SERVICES, "gateway_2")
PROFILE = "two-gateways"
UP_SECONDS = 300
BUILD_SECONDS = 1800


class Failed(Exception):
    """A failed command, with its output."""


def command(*words, timeout=300, **how):
    """The output of a command; raises Failed if its status is not 0."""
    done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace", timeout=timeout,
                          check=False, **how)
    if done.returncode:
        tail = "\n".join(done.stdout.splitlines()[-30:])
        raise Failed(f"{' '.join(map(str, words[:6]))}: status {done.returncode}\n{tail}")
    return done.stdout


def engine_is_there():
    try:
        command("docker", "compose", "version")
        command("docker", "info", timeout=20)
        return True
    except (Failed, OSError, subprocess.TimeoutExpired):
        return False


def copy_tree(folder):
    """Copies the files of a clone with uncommitted changes, and the downloads that a build cannot get."""
    listed = command("git", "ls-files", "-co", "--exclude-standard", cwd=ROOT).splitlines()
    for name in listed:
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    swagger = Path(".deps") / "swagger-ui"
    if (ROOT / swagger).is_dir():
        shutil.copytree(ROOT / swagger, folder / swagger)


class Project:
    """A project with default settings except its name and ports."""

    def __init__(self, **settings):
        self.folder = Path(tempfile.mkdtemp(prefix="shop-compose-"))
        self.name = f"shop-test-{secrets.token_hex(4)}"
        self.ports = dict(zip(PORTS, own_ports(len(PORTS))))
        ports = {f"{name.upper()}_PORT": str(port) for name, port in self.ports.items()}
        self.env = {**os.environ, "COMPOSE_PROJECT_NAME": self.name, "DOCKER_BUILDKIT": "1",
                    **NO_CEILINGS, **ports, **settings}
        copy_tree(self.folder)

    def compose(self, *words, timeout=300):
        return command("docker", "compose", *words, timeout=timeout, cwd=self.folder, env=self.env)

    def up(self, *options):
        self.compose(*options, "up", "--detach", "--build", "--wait", "--wait-timeout",
                     str(UP_SECONDS), timeout=BUILD_SECONDS)

    def up_with_profile(self):
        self.up("--profile", PROFILE)

    def down(self):
        self.compose("--profile", PROFILE, "down", "--volumes", "--remove-orphans")
        shutil.rmtree(self.folder)

    def url(self, listener="gateway"):
        return f"http://localhost:{self.ports[listener]}"

    # ---- queries to the engine ----

    def containers(self):
        """{service: its object of `docker inspect`}"""
        ids = self.compose("--profile", PROFILE, "ps", "--all", "--quiet").split()
        inspected = json.loads(command("docker", "inspect", *ids))
        return {one["Config"]["Labels"]["com.docker.compose.service"]: one for one in inspected}

    def volumes(self):
        return command("docker", "volume", "ls", "--quiet", "--filter",
                       f"label=com.docker.compose.project={self.name}").split()

    def addresses(self, service):
        networks = self.containers()[service]["NetworkSettings"]["Networks"]
        return {name.removeprefix(f"{self.name}_"): network["IPAddress"]
                for name, network in networks.items()}

    def logs(self):
        return self.compose("--profile", PROFILE, "logs", "--no-color")

    def secret(self, volume, name):
        """The content of a file in a volume."""
        return command("docker", "run", "--rm", "--volume", f"{self.name}_{volume}:/secrets:ro",
                       "--entrypoint", "cat", "gateway:1.0", f"/secrets/{name}")

    def can_call(self, network, address, port):
        """Whether a container in a network can connect."""
        try:
            command("docker", "run", "--rm", "--network", f"{self.name}_{network}", "--entrypoint", "bash",
                    "gateway:1.0", "-c", f"timeout 3 bash -c 'exec 3<>/dev/tcp/{address}/{port}'")
            return True
        except Failed:
            return False

    @contextlib.contextmanager
    def neighbour(self, network):
        """Starts a container that uses an address of a network."""
        one = command("docker", "run", "--detach", "--rm", "--network", f"{self.name}_{network}",
                      "--entrypoint", "sleep", "gateway:1.0", "300").strip()
        try:
            yield
        finally:
            command("docker", "rm", "--force", one)

    def seed(self, *options):
        """Runs the seed program in the database's network."""
        return command("docker", "run", "--rm", "--network", f"{self.name}_data", *options,
                       "seed:1.0")
