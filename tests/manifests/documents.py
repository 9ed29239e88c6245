"""The Dockerfile, the Compose file and the manifests as plain data."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests"))
import services  # noqa: E402

WHEELS = ROOT / ".deps" / "manifest-checks"
POOLS = services.NAMES
# The objects as Kubernetes names them.
DASHED_POOLS = tuple(name.replace("_", "-") for name in POOLS)
WORKLOADS = ("Deployment", "StatefulSet", "Job")


def install_wheels():
    """Installs the packages of the checks; returns a message if that fails."""
    done = subprocess.run([ROOT / "run" / "setup.sh", "manifests"], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        return done.stdout.strip().splitlines()
    # Not earlier: Python caches that a missing folder has no modules.
    sys.path.insert(0, str(WHEELS))
    return []


def read_yaml(path):
    """The documents of a file without empty ones."""
    import yaml  # available after install_wheels()
    with open(path, encoding="utf-8") as file:
        return [document for document in yaml.safe_load_all(file) if document]


def manifests(root=ROOT, folder="k8s"):
    """[(file name, object)] in the order of an apply."""
    return [(path.name, found) for path in sorted((root / folder).glob("*.yaml"))
            for found in read_yaml(path)]


def compose(root=ROOT):
    return read_yaml(root / "docker-compose.yml")[0]


def targets(root=ROOT):
    """{stage: its instructions as (word, rest)} of the Dockerfile."""
    text = re.sub(r"\\\n", " ", (root / "Dockerfile").read_text(encoding="utf-8"))
    stages, current = {}, None
    for line in text.splitlines():
        word, _, rest = line.strip().partition(" ")
        if word.upper() == "FROM":
            named = re.search(r"\sAS\s+(\S+)", rest, re.I)
            current = stages.setdefault(named.group(1) if named else f"#{len(stages)}", [])
        if current is not None and word and not word.startswith("#"):
            current.append((word.upper(), rest.strip()))
    return stages


def name_of(found):
    return f"{found['kind']} {found['metadata']['name']}"


def of_kind(objects, *kinds):
    return [found for _, found in objects if found["kind"] in kinds]


def pod_of(workload):
    """A workload's pod template."""
    return workload["spec"]["template"]


def containers_of(pod):
    return [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]


def pods(objects):
    """[(workload, pod template)]"""
    return [(found, pod_of(found)) for found in of_kind(objects, *WORKLOADS)]


def selects(labels, pod):
    return labels.items() <= pod["metadata"]["labels"].items()


def secrets_of(volume):
    """[(secret, items)] of a volume; items is None if it has all keys."""
    parts = [volume["secret"]] if "secret" in volume else [
        source["secret"] for source in volume.get("projected", {}).get("sources", [])
        if "secret" in source]
    return [(part.get("secretName") or part.get("name"), part.get("items")) for part in parts]


def mounted_secrets(pod, container):
    """{path: (secret, key)} of the keys that a container's volumes name, and {folder: (secret, None)} of
    volumes with a whole secret."""
    found = {}
    volumes = {volume["name"]: volume for volume in pod["spec"].get("volumes", [])}
    for mount in container.get("volumeMounts", []):
        for secret, items in secrets_of(volumes.get(mount["name"], {})):
            if items is None:
                found[f"{mount['mountPath']}/({secret})"] = (secret, None)
            for item in items or []:
                found[f"{mount['mountPath']}/{item['path']}"] = (secret, item["key"])
    return found


def resolve(container, objects):
    """{name: value} of a container's environment with `$(NAME)` expanded, as the kubelet does."""
    config = {found["metadata"]["name"]: found["data"] for found in of_kind(objects, "ConfigMap")}
    values = {}
    for row in container.get("env", []):
        source = row.get("valueFrom", {})
        if "configMapKeyRef" in source:
            ref = source["configMapKeyRef"]
            values[row["name"]] = config.get(ref["name"], {}).get(ref["key"], "")
        else:
            values[row["name"]] = re.sub(r"\$\(([A-Z_]+)\)", lambda m: values.get(m[1], m[0]),
                                         str(row.get("value", "")))
    return values
