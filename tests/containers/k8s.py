#!/usr/bin/python3
"""`make test-k8s`: the manifests in the cluster of kubectl's context, as a new user applies them.

    LOAD='COMMAND'    loads the images given as arguments into the cluster (not needed for minikube and kind)
    KEEP=1            keeps the namespace at the end
    BROWSER=0         skips the browser's journey
    SHOP_URL=URL      a stable address of the gateway, if the address of a node cannot be reached from here

The namespace must not exist; it is removed afterwards.
"""

import base64
import json
import os
import sys
import tempfile
import time

import browser
from cluster import (ROOT, SPACE, Failed, Forwards, eventually, get, in_namespace, is_there, kubectl,
                     load_images, memory, run, show)
from shoppers import Crowd, Refused, Shopper

sys.path.insert(0, str(ROOT / "tests"))
import services

# (Service, local port, its port)
PUBLISHED = (("gateway", 8080, 8080), *((f"{name.replace('_', '-')}-service", int(port), 8000)
                                        for name, port in services.column("port").items()))
BASES = [f"http://localhost:{local}" for _, local, _ in PUBLISHED]
WAIT = 300
SHOPPERS = 5
INTERRUPTED_AFTER = (1, 2, 3)  # seconds after which a first start is interrupted
LOG_IN = 'db.getSiblingDB("admin").auth("{username}", "{password}").ok === 1'
DATABASE_DELETIONS = 3  # the pod gets another address each time
CALM_SECONDS = 5  # seconds of calls before the restarts, and after them
BROWSER_STEP = "3"  # seconds from one step of a delivery to the next, during the browser's journey


def check(what, ok, more=""):
    if not ok:
        raise Failed(f"{what}: {more}")


def fresh():
    found = kubectl("get", "namespace", SPACE, "--ignore-not-found")
    check(f"namespace {SPACE} must not be there yet", not found.strip(), found)


def images():
    words = "jsonpath={..image}"
    found = kubectl("apply", "-f", "k8s/", "--dry-run=client", "-o", words).split()
    load_images(sorted(set(found)))
    return f"{len(set(found))} images"


def apply():
    """One apply without a warning of the restricted standard."""
    output = kubectl("apply", "-f", "k8s/")
    check("no warning", "arning" not in output, output)
    return f"{len(output.splitlines())} objects"


def ready():
    """Waits until the jobs are complete and all Deployments have their autoscalers' replicas."""
    began = time.monotonic()
    for job in get("jobs")["items"]:
        kubectl("wait", "--for=condition=complete", f"job/{job['metadata']['name']}",
                f"--timeout={WAIT}s")
    eventually("the autoscalers' replicas", WAIT, lambda: all(
        hpa["status"].get("currentReplicas", 0) >= hpa["spec"]["minReplicas"]
        for hpa in get("hpa")["items"]))
    rolled_out()
    return f"in {time.monotonic() - began:.0f} s"


def rolled_out():
    for kind in ("statefulset", "deployment"):
        for found in get(kind)["items"]:
            kubectl("rollout", "status", f"{kind}/{found['metadata']['name']}", f"--timeout={WAIT}s")


def smoke():
    """The smoke script, through the port-forwards of the published commands."""
    with Forwards(PUBLISHED):
        output = run("bash", "tests/smoke.sh", *BASES)
    return output.strip().splitlines()[-1]


def journey():
    """The browser's journey, from sign-up to the delivery."""
    if os.environ.get("BROWSER") == "0":
        return "skipped"
    step = f'{{"data": {{"DELIVERY_STEP_SECONDS": "{BROWSER_STEP}"}}}}'
    kubectl("patch", "configmap", "shop", "--type=merge", "-p", step)
    kubectl("rollout", "restart", "deployment/delivery")
    rolled_out()
    with Forwards(PUBLISHED[:1]):
        return browser.journey(BASES[0])


def data_survive():
    """Orders survive the deletion of the database's pod, and new ones can be created."""
    with Forwards(PUBLISHED[:1]):
        shopper = Shopper(BASES[0], 0).register_and_log_in()
        for _ in shopper.steps():
            pass
        for _ in range(DATABASE_DELETIONS):
            kubectl("delete", "pod", "mongo-0")
            kubectl("rollout", "status", "statefulset/mongo", f"--timeout={WAIT}s")
            eventually("the shop with its database again", WAIT, lambda: not shopper.missing())
            order_again(shopper)
    return f"{len(shopper.orders)} orders"


def order_again(shopper):
    def journey_of_one():
        try:
            return all(True for _ in shopper.steps())
        except Refused as refused:
            raise Failed(str(refused)) from refused
    eventually("a new order", WAIT, journey_of_one)


def node_port():
    """An address that does not depend on a pod: that of a Service on the nodes."""
    if os.environ.get("SHOP_URL"):
        return os.environ["SHOP_URL"]
    kubectl("expose", "service", "gateway", "--name=gateway-test", "--type=NodePort")
    port = get("service", "gateway-test")["spec"]["ports"][0]["nodePort"]
    address = next(row["address"] for row in get("nodes")["items"][0]["status"]["addresses"]
                   if row["type"] == "InternalIP")
    return f"http://{address}:{port}"


def restart_under_load():
    """Restarts every Deployment, one after the other, under load: no call may fail."""
    base = node_port()
    # The shoppers create more orders than a person does.
    none = {name: "0" for name in ("ORDERS_PER_HOUR", "ORDER_PIECES_MAX", "ORDER_CALLS_PER_MINUTE",
                                 "KEYED_ADDS_PER_MINUTE")}
    kubectl("patch", "configmap", "shop", "--type=merge", "-p", json.dumps({"data": none}))
    kubectl("rollout", "restart", "deployment/cart-order")
    rolled_out()
    # The step before interrupted the database of all pools.
    eventually(f"{base} is ready", WAIT, lambda: run("curl", "-sf", "--noproxy", "*", base + "/readyz"))
    before = {pod["metadata"]["name"] for pod in get("pods")["items"]}
    with Crowd(base, SHOPPERS) as crowd:
        time.sleep(CALM_SECONDS)
        began = time.monotonic()
        for found in get("deployment")["items"]:
            kubectl("rollout", "restart", f"deployment/{found['metadata']['name']}")
            rolled_out()
        eventually("the old pods have ended", WAIT, lambda: not {
            pod["metadata"]["name"] for pod in get("pods")["items"]
            if pod["metadata"]["ownerReferences"][0]["kind"] == "ReplicaSet"} & before)
        seconds = time.monotonic() - began
        time.sleep(CALM_SECONDS)
    report = f"{crowd.summary()}; the restart took {seconds:.0f} s"
    check("no call fails", not crowd.failures,
          report + "".join(f"\n    {at - began:+.2f} s {what}" for at, what in crowd.failures[:20]))
    lost = crowd.missing()
    check("every order exists", not lost, "\n".join(lost[:10]))
    return report


def no_restarts():
    """No container was restarted by its probes or its limits during the run."""
    ended = [f"{pod['metadata']['name']}: {status['restartCount']} restarts"
             for pod in get("pods")["items"] for status in pod["status"].get("containerStatuses", [])
             if status["restartCount"]]
    check("no restarts", not ended, ", ".join(ended))
    for name, container, mib in memory():
        print(f"    {name:40} {container:14} {mib:6.0f} MiB")
    return ""


def remove_namespace():
    kubectl("delete", "namespace", SPACE, "--timeout=180s")
    check("the namespace is removed", not kubectl("get", "namespace", SPACE, "--ignore-not-found").strip())
    return ""


def metrics_of_pods():
    """The metrics of each pod of a pool."""
    pods = [pod["metadata"] for pod in get("pods", "-l", "app.kubernetes.io/component=pool")["items"]]
    for pod in pods:
        program = pod["labels"]["app.kubernetes.io/name"].replace("-", "_")
        report = kubectl("exec", pod["name"], "--", f"/usr/local/bin/{program}", "--health", "metrics")
        check(pod["name"], "\npool_processes 1" in report, report[:300])
    return f"{len(pods)} pods"


def second_database_member():
    """An apply keeps the number of members; and a member whose first start is interrupted at any point gets its
    account in the end."""
    kubectl("scale", "statefulset", "mongo", "--replicas=2")
    kubectl("apply", "-f", "k8s/20-mongo.yaml")
    kept = get("statefulset", "mongo")["spec"]["replicas"]
    check("pods of the database after an apply", kept == 2, kept)
    for seconds in INTERRUPTED_AFTER:
        eventually("the second member", WAIT, lambda: get("pod", "mongo-1"))
        time.sleep(seconds)
        kubectl("delete", "pod", "mongo-1", "--grace-period=0", "--force")
    kubectl("rollout", "status", "statefulset/mongo", f"--timeout={WAIT}s")
    root = {key: base64.b64decode(value).decode() for key, value in get("secret", "mongo-root")["data"].items()}
    output = kubectl("exec", "-i", "mongo-1", "-c", "mongo", "--", "bash", "-c",
                     'mongosh --quiet --eval "$(cat)"', given=LOG_IN.format(**root))
    check("the first account exists", output.strip().endswith("true"), output)
    kubectl("scale", "statefulset", "mongo", "--replicas=1")
    kubectl("wait", "--for=delete", "pod/mongo-1", f"--timeout={WAIT}s")
    kubectl("delete", "pvc", "data-mongo-1")
    return ""


STEPS = (fresh, images, apply, ready, smoke, journey, metrics_of_pods, second_database_member, data_survive,
         restart_under_load, no_restarts)


def main():
    if not is_there():
        print("skipped: kubectl reaches no cluster")
        return 0
    applied, failed, number = False, 0, 0
    with tempfile.TemporaryDirectory() as folder:
        try:
            in_namespace(folder)
            for number, step in enumerate(STEPS):
                applied = applied or step is apply
                began = time.monotonic()
                report = step()
                print(f"ok      {step.__name__}: {report} ({time.monotonic() - began:.0f} s)", flush=True)
        except Failed as error:
            print(f"FAILED  {STEPS[number].__name__ if applied else 'kubectl'}: {error}", flush=True)
            failed = 1
            if applied:
                show()
        finally:
            if applied and not os.environ.get("KEEP"):
                print(f"ok      remove_namespace: {remove_namespace()}")
    print(f"{len(STEPS) - failed if not failed else number} passed, {failed} failed")
    return failed


if __name__ == "__main__":
    sys.exit(main())
