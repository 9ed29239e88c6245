"""Rules of pods: identity of pools, independence from outages, secrets, privileges, and policies."""

import re

from documents import DASHED_POOLS as POOLS
from documents import containers_of, mounted_secrets, name_of, of_kind, pods, selects
from settings_rules import program_of

NAME = "app.kubernetes.io/name"


def selectors(objects):
    """A workload's selector, its budget and its pool's Service select its own pods only."""
    faults = []
    for found, pod in pods(objects):
        wanted = found["spec"].get("selector", {}).get("matchLabels")
        if wanted and not selects(wanted, pod):
            faults.append(f"{name_of(found)}: doesn't select its own pods")
    own = [(f"{pool}-fcgi", "Service", pool) for pool in POOLS] + [
        (name, "PodDisruptionBudget", name) for name in (*POOLS, "gateway", "gateway-internal", "streams", "mongo")
    ]
    for name, kind, workload in own:
        for found in of_kind(objects, kind):
            given = found["spec"]["selector"]
            taken = {
                other["metadata"]["name"]
                for other, pod in pods(objects)
                if selects(given.get("matchLabels", given), pod)
            }
            if found["metadata"]["name"] == name and taken != {workload}:
                faults.append(f"{name_of(found)} selects {sorted(taken)}")
    return faults + [
        f"{name_of(found)} scales {found['spec']['scaleTargetRef']['name']}"
        for found in of_kind(objects, "HorizontalPodAutoscaler")
        if found["spec"]["scaleTargetRef"]["name"] != found["metadata"]["name"]
    ]


def pool_is_itself(objects):
    """A pool's probes run its own program, and it has its own database account only."""
    faults = []
    for found, pod in pods(objects):
        for container in containers_of(pod):
            program = program_of(container["image"])
            if program in (None, "gateway"):
                continue
            if (
                found["kind"] == "Deployment"
                and program.replace("_", "-") != found["metadata"]["name"]
            ):
                faults.append(f"{name_of(found)} runs {program}")
            faults += [
                f"{name_of(found)}: {kind} asks {probe['exec']['command'][0]}"
                for kind in ("startupProbe", "readinessProbe", "livenessProbe")
                for probe in [container.get(kind, {})]
                if "exec" in probe and probe["exec"]["command"][0] != f"/usr/local/bin/{program}"
            ]
            files = mounted_secrets(pod, container)
            if files.get("/run/secrets/shop/MONGODB_PASSWORD") != ("mongo-users", program):
                faults.append(f"{name_of(found)}: {program} has not its own password")
            faults += [
                f"{name_of(found)}: {program} logs in as another"
                for row in container.get("env", [])
                if row["name"] == "MONGODB_URI"
                and not row["value"].startswith(f"mongodb://{program}@$(")
            ]
            faults += [
                f"{name_of(found)}: {program} has the password of {key}"
                for secret, key in files.values()
                if secret == "mongo-users" and key != program
            ]
    return faults


def secrets_by_files(objects):
    """A secret is a file: `kubectl describe` shows an environment, and child processes inherit it."""
    return [
        f"{name_of(found)}: {container['name']} has a secret in its environment"
        for found, pod in pods(objects)
        for container in containers_of(pod)
        if any("secretKeyRef" in row.get("valueFrom", {}) for row in container.get("env", []))
        or any("secretRef" in source for source in container.get("envFrom", []))
    ]


def outages(objects):
    """An outage of another part ends no pod, and does not make the gateway unready."""
    return [
        f"{name_of(found)}: {kind} asks for more than itself"
        for found in of_kind(objects, "Deployment")
        for container in containers_of(found["spec"]["template"])
        for kind in ("startupProbe", "livenessProbe", "readinessProbe")
        if "readyz" in str(container.get(kind))
        and (kind != "readinessProbe" or program_of(container["image"]) == "gateway")
    ]


def container_overrides(objects):
    """A container's security context does not weaken that of its pod."""
    faults = []
    for found, pod in pods(objects):
        for container in containers_of(pod):
            context = container["securityContext"]
            wrong = (
                context.get("runAsUser") == 0,
                context.get("runAsNonRoot") is False,
                context.get("seccompProfile", {}).get("type", "RuntimeDefault") != "RuntimeDefault",
                any("hostPort" in port for port in container.get("ports", [])),
                context.get("procMount", "Default") != "Default",
            )
            if any(wrong):
                faults.append(
                    f"{name_of(found)}: {container['name']} has more than the restricted standard allows"
                )
    return faults


def secrets_in_files(objects):
    """No manifest contains a secret, and the account that creates secrets cannot read them."""
    faults = [f"{file}: {name_of(found)}" for file, found in objects if found["kind"] == "Secret"]
    faults += [
        f"{name_of(found)}: {row['name']} stands in the file"
        for found, pod in pods(objects)
        for container in containers_of(pod)
        for row in container.get("env", [])
        if re.search(r"(_SECRET|_OLD|PASSWORD|OTP_CODE)$", row["name"]) and "value" in row
    ]
    return faults + [
        f"{name_of(found)} may {', '.join(sorted(set(rule['verbs']) - {'create'}))}"
        for found in of_kind(objects, "Role", "ClusterRole")
        for rule in found["rules"]
        if set(rule["verbs"]) != {"create"}
    ]


def can_be_drained(objects):
    """A budget allows the eviction of one pod, and no memory request is above its limit."""

    def mib(text):
        return int(re.sub(r"\D", "", text)) * (1024 if text.endswith("Gi") else 1)

    faults = [
        f"{name_of(found)}: maxUnavailable isn't 1"
        for found in of_kind(objects, "PodDisruptionBudget")
        if found["spec"].get("maxUnavailable") != 1
    ]
    return faults + [
        f"{name_of(found)}: {container['name']} asks for more memory than its limit"
        for found, pod in pods(objects)
        for container in containers_of(pod)
        if mib(container["resources"]["requests"]["memory"])
        > mib(container["resources"]["limits"]["memory"])
    ]


def database_requires_accounts(objects):
    """The database has accounts, members with a key, and a volume of its own."""
    faults = []
    for found in of_kind(objects, "StatefulSet"):
        main = found["spec"]["template"]["spec"]["containers"][0]
        claims = {
            claim["metadata"]["name"] for claim in found["spec"].get("volumeClaimTemplates", [])
        }
        if "--keyFile" not in str(main.get("command")):
            faults.append(f"{name_of(found)}: no --keyFile: clients need no account")
        if not any(
            m["mountPath"] == "/data/db" and m["name"] in claims for m in main["volumeMounts"]
        ):
            faults.append(f"{name_of(found)}: its data isn't on its volume")
    return faults


def only_ingress_from_outside(objects):
    """Only an Ingress leads in from outside."""
    return [
        f"{name_of(found)} is a {found['spec']['type']}"
        for found in of_kind(objects, "Service")
        if found["spec"].get("type", "ClusterIP") != "ClusterIP"
    ]


DNS = {"kubernetes.io/metadata.name": "kube-system"}
# (policy, direction): namespaces that it may name beside the shop's pods.
ELSEWHERE = {
    ("dns", "egress"): "kube-system",
    ("gateway", "ingress"): "ingress-nginx",
    ("certificates", "ingress"): "ingress-nginx",
}


def peers_are_pods(objects):
    """Policies name pods of the shop; networks and other namespaces only where the table above has them."""
    faults = []
    for found in of_kind(objects, "NetworkPolicy"):
        spec, name = found["spec"], found["metadata"]["name"]
        if "matchExpressions" in str(spec):
            faults.append(f"{name_of(found)}: matchExpressions, which the checks don't read")
        for side, word in (("ingress", "from"), ("egress", "to")):
            if spec.get(side) and side.capitalize() not in spec["policyTypes"]:
                faults.append(f"{name_of(found)}: {side} rules without their policy type")
            for rule in spec.get(side, []):
                if name != "dns" and any(
                    row.get("protocol") != "TCP" or "endPort" in row
                    for row in rule.get("ports", [])
                ):
                    faults.append(f"{name_of(found)}: other than TCP ports")
                for peer in rule.get(word, []):
                    space = (
                        peer.get("namespaceSelector", {})
                        .get("matchLabels", {})
                        .get("kubernetes.io/metadata.name")
                    )
                    ok = (
                        set(peer) == {"podSelector"}
                        or (space and space == ELSEWHERE.get((name, side)))
                        or (name == "dns" and peer == {"ipBlock": {"cidr": "169.254.20.10/32"}})
                    )
                    if not ok:
                        faults.append(f"{name_of(found)}: {side}: {peer}")
    return faults


def dns_is_allowed(objects):
    """Every pod may query the cluster's DNS."""
    dns = [
        found["spec"]
        for found in of_kind(objects, "NetworkPolicy")
        if found["metadata"]["name"] == "dns"
    ]
    if (
        dns
        and dns[0]["podSelector"] == {}
        and any(
            peer.get("namespaceSelector", {}).get("matchLabels") == DNS
            for rule in dns[0]["egress"]
            for peer in rule["to"]
        )
        and {("UDP", 53), ("TCP", 53)}
        <= {(row["protocol"], row["port"]) for rule in dns[0]["egress"] for row in rule["ports"]}
    ):
        return []
    return ["pods can't ask the DNS"]


RULES = (
    selectors,
    pool_is_itself,
    secrets_by_files,
    outages,
    container_overrides,
    secrets_in_files,
    can_be_drained,
    database_requires_accounts,
    only_ingress_from_outside,
    peers_are_pods,
    dns_is_allowed,
)
