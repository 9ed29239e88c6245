"""kubectl, as the test of the manifests uses it: commands, waiting, port-forwards, memory."""

import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SPACE = "shop"
DATABASE_IMAGE = "mongo:8.0"
FORWARD_SECONDS = 20


class Failed(Exception):
    """A failed check; the text has the reason."""


def run(*words, check=True, seconds=600, given="", **more):
    """A command's output with standard error; raises Failed if it fails. `given` is its input."""
    done = subprocess.run([str(word) for word in words], cwd=ROOT, input=given,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=seconds, check=False, **more)
    if check and done.returncode:
        raise Failed(f"{' '.join(map(str, words))}:\n{done.stdout.strip()[-3000:]}")
    return done.stdout


def kubectl(*words, **more):
    return run("kubectl", *words, **more)


def is_there():
    """Whether kubectl reaches a cluster."""
    return bool(shutil.which("kubectl")) and \
        "ok" in kubectl("get", "--raw", "/readyz", "--request-timeout=10s", check=False)


def get(*words):
    return json.loads(kubectl("get", *words, "-o", "json"))


def eventually(what, seconds, body):
    """Waits until `body` returns a true value."""
    until = time.monotonic() + seconds
    while True:
        try:
            result, problem = body(), "not yet"
            if result:
                return result
        except Failed as failed:
            problem = str(failed)
        if time.monotonic() > until:
            raise Failed(f"{what}: {problem}")
        time.sleep(1)


def in_namespace(folder):
    """Makes the namespace the default of the context, in a copy of the configuration: the published
    commands name none."""
    path = Path(folder) / "config"
    path.touch(mode=0o600)
    path.write_text(kubectl("config", "view", "--raw", "--minify", "--flatten"), encoding="utf-8")
    os.environ["KUBECONFIG"] = str(path)
    kubectl("config", "set-context", "--current", f"--namespace={SPACE}")


def is_free(port):
    try:
        with socket.create_server(("127.0.0.1", port)):
            return True
    except OSError:
        return False


class Forwards:
    """`kubectl port-forward service/NAME LOCAL:PORT` for each row, until the end of the block."""

    def __init__(self, rows):
        self.rows = rows  # (service, local port, port)
        self.running = []

    def __enter__(self):
        for service, local, port in self.rows:
            if not is_free(local):
                raise Failed(f"port {local} is taken here")
            log = tempfile.TemporaryFile("w+")
            words = ["kubectl", "port-forward", f"service/{service}", f"{local}:{port}"]
            print("  $ " + " ".join(words), flush=True)
            self.running.append((subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log,
                                                  stderr=log), log))
            eventually(f"port-forward to {service}", FORWARD_SECONDS, lambda p=local: not is_free(p))
        return self

    def __exit__(self, *_):
        for process, log in self.running:
            process.terminate()
            process.wait()
            log.close()


def load_images(names):
    """Loads the built images into the cluster: LOAD is a command that takes the images' names; minikube
    and kind have their own commands. Other clusters must have the images already."""
    own = [name for name in names if name != DATABASE_IMAGE]
    context = kubectl("config", "current-context", check=False).strip()
    if os.environ.get("LOAD"):
        run(*os.environ["LOAD"].split(), *names)
    elif context == "minikube":
        run("minikube", "image", "load", *own)
    elif context.startswith("kind-"):
        run("kind", "load", "docker-image", "--name", context.removeprefix("kind-"), *own)


def memory():
    """[(pod, container, MiB)] of the kubelets' working sets."""
    found = []
    for node in get("nodes")["items"]:
        path = f"/api/v1/nodes/{node['metadata']['name']}/proxy/metrics/resource"
        found += re.findall(r'^container_memory_working_set_bytes\{container="([^"]+)",'
                            rf'namespace="{SPACE}",pod="([^"]+)"\}} (\S+)',
                            kubectl("get", "--raw", path), re.M)
    return sorted((pod, container, float(size) / 2**20) for container, pod, size in found)


def show():
    """Prints the state of the cluster after a failure."""
    print(kubectl("get", "pods", "-o", "wide", check=False))
    print(kubectl("get", "events", "--sort-by=.lastTimestamp", check=False)[-4000:])
    for pod in get("pods")["items"]:
        name = pod["metadata"]["name"]
        print(f"== {name}\n" + kubectl("logs", name, "--all-containers", "--tail=4", check=False))
