"""The connections that the NetworkPolicies allow, compared with the intended ones."""

import services
from documents import DASHED_POOLS as POOLS
from documents import name_of, of_kind, pods, selects

# (from, to): ports. `anyone` is any client outside. In the order of the shop's diagram.
WANTED = {
    ("anyone", "gateway"): {8080, *map(int, services.column("port").values())},
    **{("gateway", pool): {9000} for pool in POOLS},
    **{(pool, "gateway-internal"): {8090} for pool in POOLS},
    **{("gateway-internal", pool): {9000} for pool in POOLS},
    ("gateway-internal", "streams"): {8091},
    ("gateway-internal", "gateway"): {8089},
    **{(pool, "mongo"): {27017} for pool in POOLS},
    ("gateway", "streams"): {8091},
    ("streams", "delivery"): {9000},
    ("seed", "mongo"): {27017},
    ("mongo", "mongo"): {27017},
}
# During an upgrade, with the policies of k8s/upgrade.
UPGRADE = {**WANTED, **{(pool, "gateway"): {8090} for pool in POOLS}}
API_SERVER = {443, 6443, 8443}


def _number(port, pod):
    """The number of a policy's port, which may be the name of a port of the pod."""
    if not isinstance(port, str):
        return port
    return next((row["containerPort"] for container in pod["spec"]["containers"]
                 for row in container.get("ports", []) if row.get("name") == port), port)


def _matches(selector, pod):
    return selects(selector.get("matchLabels", {}), pod)


def _peers(rule, side, everyone):
    """Names of the pods that a rule allows; `anyone` if it names none."""
    if side not in rule:
        return {"anyone"}
    return {name for peer in rule[side] if "podSelector" in peer and "namespaceSelector" not in peer
            for name, pod in everyone.items() if _matches(peer["podSelector"], pod)}


def _allowed(policies, everyone, side):
    """{(pod, peer): ports} of one direction: side is `from` (ingress) or `to` (egress)."""
    allowed = {}
    for policy in policies:
        for rule in policy["spec"].get("ingress" if side == "from" else "egress", []):
            for name, pod in everyone.items():
                if not _matches(policy["spec"]["podSelector"], pod):
                    continue
                for peer in _peers(rule, side, everyone):
                    target = pod if side == "from" else everyone.get(peer)
                    ports = {_number(row["port"], target) for row in rule.get("ports", [])}
                    allowed.setdefault((name, peer), set()).update(ports or {"all"})
    return allowed


def default_deny(objects):
    for policy in of_kind(objects, "NetworkPolicy"):
        if policy["spec"].get("podSelector") == {} and not policy["spec"].get("ingress") \
                and not policy["spec"].get("egress") \
                and set(policy["spec"]["policyTypes"]) == {"Ingress", "Egress"}:
            return []
    return ["no policy denies what no other allows"]


def reach(objects, expected=None):
    """A connection is possible if the egress of its sender and the ingress of its receiver allow it."""
    expected = expected or WANTED
    policies = of_kind(objects, "NetworkPolicy")
    everyone = {found["metadata"]["name"]: pod for found, pod in pods(objects)}
    comes, goes = _allowed(policies, everyone, "from"), _allowed(policies, everyone, "to")
    taken = {(peer, name): ports for (name, peer), ports in comes.items()}
    faults = []
    for pair in sorted({*taken, *expected}):
        wanted = expected.get(pair, set())
        if taken.get(pair, set()) != wanted:
            faults.append(f"{pair[1]} takes {sorted(map(str, taken.get(pair, ())))} from {pair[0]}, "
                          f"not {sorted(wanted)}")
    sent = {pair: ports for pair, ports in goes.items() if pair[1] != "anyone"}
    for pair in sorted({*sent, *expected}):
        wanted = expected.get(pair, set()) if pair[0] != "anyone" else set()
        if pair[0] != "anyone" and sent.get(pair, set()) != wanted:
            faults.append(f"{pair[0]} may send {sorted(map(str, sent.get(pair, ())))} to {pair[1]}, "
                          f"not {sorted(wanted)}")
    out = {name: ports for (name, peer), ports in goes.items() if peer == "anyone"}
    faults += [f"{name} may send to anyone" for name, ports in sorted(out.items())
               if name != "make-secrets" or ports != API_SERVER]
    return faults


def policies_lead_somewhere(objects):
    return [f"{name_of(policy)} is about no pod" for policy in of_kind(objects, "NetworkPolicy")
            if not any(_matches(policy["spec"]["podSelector"], pod) for _, pod in pods(objects))]


RULES = (default_deny, reach, policies_lead_somewhere)
