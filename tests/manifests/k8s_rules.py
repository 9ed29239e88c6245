"""Rules of the manifests. Each takes [(file, object)] and returns violations as lines."""

import re

from documents import (containers_of, mounted_secrets, name_of, of_kind, pods, secrets_of,
                       selects)

KUBERNETES = "1.33"
CPU_ROOM = 900  # thousandths of processors: two, without the requests of minikube with calico and metrics
LABELS = ("name", "instance", "version", "component", "part-of")
VOTERS = 7  # of a replica set at most
FIRST_COMPONENTS = ("policy", "internal")
FIRST_OBJECTS = {"Service streams", "Deployment streams", "PodDisruptionBudget streams",
                 *(f"{kind} gateway-internal" for kind in
                   ("Deployment", "HorizontalPodAutoscaler", "PodDisruptionBudget"))}
# Rows in the script that creates the secrets.
SECRET_KEYS = re.compile(r"^\s*'(?P<name>[a-z-]+)': \{(?P<keys>[^}]*)\}", re.M)


def schema(objects):
    """Objects match the API's schemas, without unknown fields."""
    import kubernetes_validate
    faults = []
    for file, found in objects:
        try:
            kubernetes_validate.validate(found, KUBERNETES, strict=True)
        except kubernetes_validate.ValidationError as error:
            where = ".".join(str(step) for step in error.path)
            faults.append(f"{file}: {name_of(found)}: {where}: {error.message[:200]}")
    return faults


def namespace_first(objects):
    """All objects are in one namespace, which enforces the restricted standard and is created first."""
    file, first = objects[0]
    labels = first["metadata"].get("labels", {})
    faults = [] if first["kind"] == "Namespace" else [f"{file}: {name_of(first)} comes first"]
    if labels.get("pod-security.kubernetes.io/enforce") != "restricted":
        faults.append(f"{file}: the restricted standard isn't enforced")
    space = first["metadata"]["name"]
    return faults + [f"{file}: {name_of(found)} isn't in namespace {space}"
                     for file, found in objects[1:] if found["metadata"].get("namespace") != space]


def labels(objects):
    """The recommended labels, on all objects but the namespace, and on the pods."""
    wanted = {f"app.kubernetes.io/{word}" for word in LABELS}
    holders = [(name_of(found), found["metadata"]) for _, found in objects[1:]]
    holders += [(f"pod of {name_of(found)}", pod["metadata"]) for found, pod in pods(objects)]
    return [f"{name} has no label {label}" for name, metadata in holders
            for label in sorted(wanted - set(metadata.get("labels", {})))]


def images(objects):
    """Images have a fixed tag, and are pulled only if they are missing."""
    faults = []
    for found, pod in pods(objects):
        for container in containers_of(pod):
            image = container["image"]
            if not re.search(r":(?!latest$)[\w.-]+$|@sha256:[0-9a-f]{64}$", image):
                faults.append(f"{name_of(found)}: {image} has no fixed tag")
            if container.get("imagePullPolicy") != "IfNotPresent":
                faults.append(f"{name_of(found)}: {image} without imagePullPolicy IfNotPresent")
    return faults


def _restricted_pod(spec):
    context = spec.get("securityContext", {})
    yield context.get("runAsNonRoot") is True, "may run as root"
    yield context.get("seccompProfile", {}).get("type") == "RuntimeDefault", "has no seccomp profile"
    yield not any(spec.get(word) for word in ("hostNetwork", "hostPID", "hostIPC")), \
        "is in a namespace of the host"
    yield all(set(volume) & {"configMap", "secret", "emptyDir", "persistentVolumeClaim", "projected"}
              for volume in spec.get("volumes", [])), "has a volume of another kind"


def _restricted_container(container):
    context = container.get("securityContext", {})
    yield context.get("allowPrivilegeEscalation") is False, "may gain privileges"
    yield context.get("readOnlyRootFilesystem") is True, "may write its root file system"
    yield context.get("capabilities", {}).get("drop") == ["ALL"], "keeps capabilities"
    yield not context.get("capabilities", {}).get("add"), "adds capabilities"
    yield not context.get("privileged"), "is privileged"


def restricted(objects):
    """The restricted Pod Security standard, and a read-only root file system."""
    faults = []
    for found, pod in pods(objects):
        spec = pod["spec"]
        faults += [f"{name_of(found)} {what}" for ok, what in _restricted_pod(spec) if not ok]
        if found["metadata"]["name"] != "make-secrets" and \
                spec.get("automountServiceAccountToken") is not False:
            faults.append(f"{name_of(found)} gets a token for the API server")
        faults += [f"{name_of(found)}: {container['name']} {what}"
                   for container in containers_of(pod)
                   for ok, what in _restricted_container(container) if not ok]
    return faults


def resources(objects):
    """Requests and limits of every container; the memory request is not above its limit."""
    faults = []
    for found, pod in pods(objects):
        for container in containers_of(pod):
            given = container.get("resources", {})
            faults += [f"{name_of(found)}: {container['name']} has no {part} of {what}"
                       for part in ("requests", "limits") for what in ("cpu", "memory")
                       if what not in given.get(part, {})]
    return faults


def probes(objects):
    """Startup, readiness and liveness of all long-running containers; liveness fails later than readiness."""
    faults = []
    for found, pod in pods(objects):
        if found["kind"] == "Job":
            continue
        for container in pod["spec"]["containers"]:
            missing = [kind for kind in ("startupProbe", "readinessProbe", "livenessProbe")
                       if kind not in container]
            faults += [f"{name_of(found)}: no {kind}" for kind in missing]
            if missing:
                continue
            ready, alive = (container[kind]["periodSeconds"] * container[kind]["failureThreshold"]
                            for kind in ("readinessProbe", "livenessProbe"))
            if alive < 2 * ready:
                faults.append(f"{name_of(found)}: ended after {alive} s, out of service after {ready} s")
            asked = [{what: container[kind].get(what) for what in ("exec", "httpGet", "tcpSocket")}
                     for kind in ("readinessProbe", "livenessProbe")]
            if asked[0] == asked[1] and found["kind"] == "Deployment":
                faults.append(f"{name_of(found)}: readiness asks what liveness asks")
            if asked[0]["httpGet"] and asked[0]["httpGet"]["port"] == "http":
                faults.append(f"{name_of(found)}: readiness is asked where calls are limited")
    return faults


def rollouts(objects):
    """A rollout never reduces the pods of a Deployment, and pods drain within their grace period."""
    faults = []
    for found in of_kind(objects, "Deployment"):
        rolling = found["spec"].get("strategy", {}).get("rollingUpdate", {})
        if rolling.get("maxUnavailable") != 0:
            faults.append(f"{name_of(found)}: maxUnavailable isn't 0")
        spec = found["spec"]["template"]["spec"]
        for container in spec["containers"]:
            pause = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
            if not pause and found["spec"].get("replicas") != 1:
                faults.append(f"{name_of(found)}: ends while calls may still come")
            if spec.get("terminationGracePeriodSeconds", 30) < pause + 10:
                faults.append(f"{name_of(found)}: no 10 s to drain after its preStop of {pause} s")
    return faults


def scaling(objects):
    """Each Deployment has an autoscaler of two or more, or one pod; and each has a budget."""
    targets = {found["spec"]["scaleTargetRef"]["name"]: found["spec"]
               for found in of_kind(objects, "HorizontalPodAutoscaler")}
    faults = []
    for found in of_kind(objects, "Deployment"):
        name, spec = found["metadata"]["name"], found["spec"]
        if name in targets and "replicas" in spec:
            faults.append(f"{name_of(found)}: replicas would undo its autoscaler's")
        if name not in targets and spec.get("replicas") != 1:
            faults.append(f"{name_of(found)}: neither an autoscaler nor one pod")
        if targets.get(name, {}).get("minReplicas", 2) < 2:
            faults.append(f"{name_of(found)}: fewer than two pods")
    known = {found["metadata"]["name"] for found in of_kind(objects, "Deployment")}
    faults += [f"an autoscaler of {name}, which isn't there" for name in sorted(set(targets) - known)]
    budgets = [found["spec"]["selector"]["matchLabels"]
               for found in of_kind(objects, "PodDisruptionBudget")]
    return faults + [f"{name_of(found)}: no disruption budget" for found, pod in pods(objects)
                     if found["kind"] != "Job" and not any(selects(b, pod) for b in budgets)]


def _ports(pod):
    return {port.get("name"): port["containerPort"] for container in pod["spec"]["containers"]
            for port in container.get("ports", [])}


def services(objects):
    """A Service selects pods that have its port."""
    faults = []
    for found in of_kind(objects, "Service"):
        behind = [pod for _, pod in pods(objects) if selects(found["spec"]["selector"], pod)]
        if not behind:
            faults.append(f"{name_of(found)} leads to no pod")
        faults += [f"{name_of(found)}: no port {port['targetPort']} in its pods"
                   for port in found["spec"]["ports"] for pod in behind
                   if port["targetPort"] not in {*_ports(pod), *_ports(pod).values()}]
    return faults


def references(objects):
    """Named ConfigMaps, Secrets, accounts and volumes exist."""
    config = {found["metadata"]["name"]: set(found["data"]) for found in of_kind(objects, "ConfigMap")}
    script = "".join(text for found in of_kind(objects, "ConfigMap") for text in found["data"].values())
    secrets = {match["name"]: set(re.findall(r"(\w+):", re.sub("//.*", "", match["keys"])))
               for match in SECRET_KEYS.finditer(script)}
    accounts = {found["metadata"]["name"] for found in of_kind(objects, "ServiceAccount")}
    faults = []
    for found, pod in pods(objects):
        spec = pod["spec"]
        if spec.get("serviceAccountName") not in accounts:
            faults.append(f"{name_of(found)}: no account {spec.get('serviceAccountName')}")
        volumes = {volume["name"]: volume for volume in spec.get("volumes", [])}
        volumes |= {claim["metadata"]["name"]: {} for claim in
                    found["spec"].get("volumeClaimTemplates", [])}
        faults += [f"{name_of(found)}: no {what} {name}" for what, known, name in _named(spec, volumes)
                   if name not in (config if known == "config" else secrets)]
        for container in containers_of(pod):
            faults += [f"{name_of(found)}: no volume {mount['name']}"
                       for mount in container.get("volumeMounts", []) if mount["name"] not in volumes]
            faults += _missing_keys(name_of(found), container, config)
            faults += _missing_files(name_of(found), pod, container, secrets)
    return faults


def _named(spec, volumes):
    """(kind, table, name) of the references in a pod's volumes and envFrom."""
    for volume in volumes.values():
        if "configMap" in volume:
            yield "ConfigMap", "config", volume["configMap"]["name"]
        for name, _ in secrets_of(volume):
            yield "Secret", "secrets", name
    for container in [*spec.get("initContainers", []), *spec["containers"]]:
        for source in container.get("envFrom", []):
            if "secretRef" in source:
                yield "Secret", "secrets", source["secretRef"]["name"]
            if "configMapRef" in source:
                yield "ConfigMap", "config", source["configMapRef"]["name"]


def _missing_keys(name, container, config):
    for row in container.get("env", []):
        ref = row.get("valueFrom", {}).get("configMapKeyRef")
        if ref and not ref.get("optional") and ref["key"] not in config.get(ref["name"], ()):
            yield f"{name}: {row['name']}: no key {ref['key']} in {ref['name']}"


def _missing_files(name, pod, container, secrets):
    """Keys of volumes that no secret has, and NAME_FILE of a file that is in no volume. The
    old secrets exist only during a rotation."""
    files = set()
    for path, (secret, key) in mounted_secrets(pod, container).items():
        known = secrets.get(secret, ())
        if key is None:
            files |= {f"{path.rpartition('/')[0]}/{each}" for each in known}
        elif key not in known:
            yield f"{name}: no key {key} in {secret}"
        else:
            files.add(path)
    for row in container.get("env", []):
        path = row.get("value")
        if row["name"].endswith("_FILE") and not row["name"].endswith("_OLD_FILE") and path not in files:
            yield f"{name}: {row['name']}: {path} is in no volume"


def database_names(objects):
    """The members of the replica set have the names of their pods, one for each pod."""
    database = next(found for found in of_kind(objects, "StatefulSet"))
    space, service = database["metadata"]["namespace"], database["spec"]["serviceName"]
    hosts = next(found["data"]["MONGO_HOSTS"] for found in of_kind(objects, "ConfigMap")
                 if "MONGO_HOSTS" in found["data"]).split(",")
    wanted = [f"{database['metadata']['name']}-{number}.{service}.{space}.svc."
              for number in range(database["spec"].get("replicas", len(hosts)))]
    if len(hosts) == len(wanted) and all(map(str.startswith, hosts, wanted)):
        return []
    return [f"MONGO_HOSTS is {','.join(hosts)}, not {wanted}"]


def database_scaling(objects):
    """No file has a number of members: each apply would reset it."""
    return [f"{name_of(found)}: replicas would undo what was scaled"
            for found in of_kind(objects, "StatefulSet") if "replicas" in found["spec"]]


def database_updates(objects):
    """An apply restarts no member of the database: the partition is the maximum number of voting members."""
    return [f"{name_of(found)}: an apply restarts it"
            for found in of_kind(objects, "StatefulSet")
            if found["spec"].get("updateStrategy", {}).get("rollingUpdate", {}).get("partition", 0) < VOTERS]


def first_step(objects):
    """An upgrade first applies (docs/operations.md) the policies, the streams, which serve both versions, and
    the nginx of the internal calls without its Service: the Service selects the gateways of the previous
    version until the new pods are ready."""
    taken = {name_of(found) for _, found in objects if found["kind"] != "NetworkPolicy"
             and found["metadata"].get("labels", {}).get("app.kubernetes.io/component") in FIRST_COMPONENTS}
    faults = [f"{name_of(found)} isn't in the first step" for found in of_kind(objects, "NetworkPolicy")
              if found["metadata"]["labels"].get("app.kubernetes.io/component") not in FIRST_COMPONENTS]
    return faults + [f"{name} should be in the first step, or not" for name in sorted(taken ^ FIRST_OBJECTS)]


def fits_small_cluster(objects):
    """All pods, and one more of each as in a rollout of everything, fit a small cluster."""
    least = {found["spec"]["scaleTargetRef"]["name"]: found["spec"]["minReplicas"]
             for found in of_kind(objects, "HorizontalPodAutoscaler")}
    asked = 0
    for found, pod in pods(objects):
        if found["kind"] == "Job":
            continue
        given = [container["resources"]["requests"]["cpu"] for container in pod["spec"]["containers"]]
        one = sum(int(cpu[:-1]) if cpu.endswith("m") else int(1000 * float(cpu)) for cpu in given)
        asked += one * (least.get(found["metadata"]["name"], 1) + (found["kind"] == "Deployment"))
    return [f"pods ask for {asked}m of processors, {CPU_ROOM}m are left"] if asked > CPU_ROOM else []


RULES = (schema, namespace_first, labels, images, restricted, resources, probes, rollouts, scaling,
         services, references, database_names, database_scaling,
         database_updates, first_step, fits_small_cluster)
