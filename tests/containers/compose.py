#!/usr/bin/python3
"""`make test-compose`: the shop in containers, from a copy of the tree, as a new user starts it.

Uses the Docker engine of the environment; it is skipped without one. It prints a line for each check; the
checks depend on each other, so the first failure ends the run.
"""

import json
import os
import shutil
import subprocess
import sys
import time

import browser
from engine import ROOT, SERVICES, Failed, Project, command, engine_is_there

sys.path.insert(0, str(ROOT / "tests" / "api"))
from client import Client
from instance import wait_until
from subscribers import Subscriber

WAY = ["PLACED", "PACKED", "OUT_FOR_DELIVERY", "DELIVERED"]
STEP = "4"  # seconds from one step of a delivery to the next
SOON = 30
ADDRESSES_SECONDS = 15
INTERNAL_PORT = 8090
JOBS = {"secrets", "seed"}
POOLS = tuple(f"{name.replace('_', '-')}-service" for name in SERVICES)


class Shopper(Client):
    """A user with an account, who calls through one of the gateways."""

    def __init__(self, project):
        super().__init__(project.ports)
        email, password = f"c{os.urandom(8).hex()}@example.com", f"pw-{os.urandom(8).hex()}"
        self.must("POST", "/register", {"name": "Asha", "email": email, "password": password,
                                        "otp": "1234"})
        known = self.must("POST", "/login", {"email": email, "password": password})
        self.token, self.user_id = known["access_token"], known["user_id"]

    def must(self, method, path, body=None):
        """A call that must succeed eventually: the database may be restarting or its disk may stall."""
        end = time.monotonic() + SOON
        while (answer := self.call(method, path, body)).status == 503 and time.monotonic() < end:
            time.sleep(0.5)
        assert answer.status == 200, answer
        return answer.json()

    def order(self):
        product = next(one for one in self.must("GET", "/products") if one["name"] == "Bread")
        self.must("POST", "/cart/add", {"user_id": self.user_id, "product_id": product["_id"],
                                        "quantity": 2})
        return self.must("POST", "/order/create", {"user_id": self.user_id})["order_id"]

    def orders(self):
        return self.must("GET", f"/orders/{self.user_id}")

    def at(self, listener):
        """The same user at another gateway."""
        other = Client(self.ports, self.token, listener)
        other.user_id = self.user_id
        return other


def eventually(action):
    """Repeats an action that may be refused for a while after an outage; returns its result."""
    end = time.monotonic() + SOON
    while True:
        try:
            return action()
        except (AssertionError, OSError):
            if time.monotonic() > end:
                raise
            time.sleep(0.5)


def log_in_as_admin(project):
    """The status of a login with the published password."""
    return Client(project.ports).post("/login", {"email": "admin@example.com",
                                                 "password": "demo-password"}).status


# ---- the checks, in their order ----

def demo_settings_are_refused_with_a_public_bind(project):
    """The default of the one-time code is 1234."""
    project.env["BIND"] = "0.0.0.0"
    try:
        project.up()
        raise AssertionError("it is up")
    except Failed:
        pass
    finally:
        del project.env["BIND"]
    running = [service for service, one in project.containers().items() if one["State"]["Running"]]
    assert not set(running) & {*POOLS, "gateway"}, running
    assert "OTP_CODE is the published 1234" in project.logs()


def the_shop_starts(project):
    project.up()


def the_smoke_test_passes(project):
    names = ("gateway", *SERVICES)
    command("bash", ROOT / "tests" / "smoke.sh", *(project.url(name) for name in names))


def the_pages_are_served(project):
    guest = Client(project.ports)
    for path in ("/", "/docs", "/openapi.json", "/assets/css/tokens.css"):
        assert guest.get(path).status == 200, path


def a_browser_makes_the_whole_journey(project):
    browser.journey(project.url())


def containers_have_least_privilege(project):
    for service, one in project.containers().items():
        host, user = one["HostConfig"], one["Config"]["User"]
        facts = {
            "runs as root": not user or user.split(":")[0] in ("0", "root"),
            "writes to its root": not host["ReadonlyRootfs"],
            "has capabilities": host["CapDrop"] != ["ALL"] or bool(host["CapAdd"]),
            "is privileged": host["Privileged"],
            "may gain privileges": "no-new-privileges:true" not in (host["SecurityOpt"] or []),
            "has no memory limit": not host["Memory"],
            "has no limit of processes": not (host["PidsLimit"] or 0) > 0,
            "has the host's files": any(mount["Type"] == "bind" for mount in one["Mounts"]),
            "isn't restarted": service not in JOBS
                               and host["RestartPolicy"]["Name"] != "unless-stopped",
        }
        wrong = [name for name, holds in facts.items() if holds]
        assert not wrong, f"{service}: {', '.join(wrong)}"


def only_the_gateway_is_published_and_on_loopback(project):
    for service, one in project.containers().items():
        bound = [place for places in (one["HostConfig"]["PortBindings"] or {}).values()
                 for place in places]
        assert bool(bound) == (service == "gateway"), service
        assert {place["HostIp"] for place in bound} <= {"127.0.0.1", "::1"}, bound
    internal, gateway = project.addresses("internal"), project.addresses("gateway")
    assert set(internal) == {"pools", "streams"} and "edge" in gateway
    assert project.can_call("pools", internal["pools"], INTERNAL_PORT)
    assert not project.can_call("streams", internal["streams"], INTERNAL_PORT), "it listens for pools alone"
    assert not project.can_call("edge", gateway["edge"], INTERNAL_PORT), "calls between services"


def refused(project, *options):
    """Whether the database refuses the seed program."""
    try:
        project.seed(*options)
        return False
    except Failed:
        return True


def the_database_requires_accounts(project):
    place = "mongodb://mongo:27017/?replicaSet=rs0"
    secrets = ("--volume", f"{project.name}_product-secrets:/run/secrets:ro",
               "--env", "MONGODB_URI_FILE=/run/secrets/mongodb_uri")
    seeds = [word.replace("product-secrets", "seed-secrets") for word in secrets]
    assert not refused(project, *seeds), "the seed's account"
    assert refused(project, "--env", f"MONGODB_URI={place}"), "without an account"
    assert refused(project, *secrets), "a service's account sees another's database"


def no_secret_is_printed(project):
    printed = json.dumps(project.containers()) + project.logs()
    for volume, name in (("user-secrets", "jwt_secret"), ("user-secrets", "service_secret"),
                         ("mongo-secrets", "root_password"),
                         ("mongo-secrets", "key"), ("mongo-secrets", "user")):
        secret = project.secret(volume, name)
        assert len(secret) >= 64 and secret not in printed, f"{volume}/{name}"


def data_survive_a_restart_of_the_database(project):
    shopper = Shopper(project)
    shopper.order()
    before = shopper.orders()
    project.compose("restart", "mongo")
    assert before and shopper.orders() == before
    after = shopper.order()
    assert after in [one["_id"] for one in shopper.orders()]


def services_are_found_at_new_addresses(project):
    pair = ("user-service", "product-service")
    shopper = Shopper(project)
    before = [project.addresses(name) for name in pair]
    project.compose("stop", *pair)
    # Another container gets one of their addresses.
    with project.neighbour("pools"):
        for name in reversed(pair):
            project.compose("start", name)
    assert before != [project.addresses(name) for name in pair], "nothing has changed"

    def shop_is_ready():
        return all(shopper.get(path).status == 200 for path in ("/readyz", "/profile", "/products"))

    wait_until(shop_is_ready, ADDRESSES_SECONDS, "the gateway finds them")


def a_stopped_service_does_not_affect_others(project):
    """Another service has a new address meanwhile and is found; the gateway starts without the stopped one."""
    shopper = Shopper(project)
    project.compose("stop", "delivery-service", "user-service")
    with project.neighbour("pools"):
        project.compose("start", "user-service")
    wait_until(lambda: shopper.get("/profile").status == 200, ADDRESSES_SECONDS, "the gateway finds it")
    assert shopper.get("/readyz").status == 503
    project.compose("restart", "gateway")
    eventually(lambda: shopper.must("GET", "/profile"))
    project.compose("start", "delivery-service")
    wait_until(lambda: shopper.get("/readyz").status == 200, ADDRESSES_SECONDS, "all pools are ready")


def a_backup_is_restored(project):
    """With the commands of docs/running.md."""
    folder = project.folder / "backup"
    folder.mkdir()
    job = ("run", "--rm", "--user", f"{os.getuid()}:{os.getgid()}", "--volume", f"{folder}:/backup", "seed")
    shopper = Shopper(project)
    shopper.order()
    before = shopper.orders()
    project.compose(*job, "--backup", "/backup/one")
    shopper.order()
    project.compose("stop", *POOLS)
    project.compose(*job, "--restore", "/backup/one")
    project.up()
    eventually(lambda: shopper.must("GET", "/profile"))
    assert [one["_id"] for one in shopper.orders()] == [one["_id"] for one in before]


def all_services_use_a_new_token_secret(project):
    before = Shopper(project)
    project.env["JWT_SECRET"] = os.urandom(32).hex()
    project.up()
    eventually(lambda: Shopper(project).order())
    for path in ("/profile", f"/cart/{before.user_id}", f"/orders/{before.user_id}"):
        assert before.get(path).status == 401, path


def demo_accounts_follow_their_setting(project):
    assert log_in_as_admin(project) == 200
    project.env["SEED_DEMO"] = ""
    project.up()
    eventually(lambda: Shopper(project))
    assert log_in_as_admin(project) == 401


def both_gateways_show(shopper):
    order = shopper.order()
    with Subscriber(shopper, order) as near, Subscriber(shopper.at("gateway_2"), order) as far:
        for subscriber in (near, far):
            assert subscriber.status == 200, subscriber.status
        for subscriber in (near, far):
            subscriber.wait_for_states(*WAY, seconds=4 * int(STEP))
            subscriber.wait_for_end(SOON)
            assert not subscriber.errors, subscriber.errors


def two_gateways_show_one_order_live(project):
    project.up_with_profile()
    shopper = Shopper(project)
    eventually(lambda: both_gateways_show(shopper))  # the first gateway reconnects to Redis from time to time


def gateways_recover_from_a_killed_redis(project):
    shopper = Shopper(project)
    project.compose("--profile", "two-gateways", "restart", "redis")
    eventually(lambda: both_gateways_show(shopper))


def all_containers_stop_cleanly(project):
    began = time.monotonic()
    project.compose("--profile", "two-gateways", "stop")
    assert time.monotonic() - began < SOON, "it takes its time to stop"
    status = {name: one["State"]["ExitCode"] for name, one in project.containers().items()}
    assert set(status.values()) == {0}, status


def the_shop_restarts_with_its_data_and_secrets(project):
    project.up()
    shopper = Shopper(project)
    order = shopper.order()
    project.compose("--profile", "two-gateways", "down")
    project.up()
    assert order in [one["_id"] for one in shopper.orders()], "with the token of before"


def down_leaves_nothing(project):
    sizes = figures(project)
    project.compose("--profile", "two-gateways", "down", "--volumes")
    assert not project.volumes(), project.volumes()
    print(sizes)


CHECKS = (
    demo_settings_are_refused_with_a_public_bind,
    the_shop_starts,
    the_smoke_test_passes,
    the_pages_are_served,
    a_browser_makes_the_whole_journey,
    containers_have_least_privilege,
    only_the_gateway_is_published_and_on_loopback,
    the_database_requires_accounts,
    no_secret_is_printed,
    data_survive_a_restart_of_the_database,
    services_are_found_at_new_addresses,
    a_stopped_service_does_not_affect_others,
    a_backup_is_restored,
    all_services_use_a_new_token_secret,
    demo_accounts_follow_their_setting,
    two_gateways_show_one_order_live,
    gateways_recover_from_a_killed_redis,
    all_containers_stop_cleanly,
    the_shop_restarts_with_its_data_and_secrets,
    down_leaves_nothing,
)


def figures(project):
    """Sizes and memory of the running containers, for docs/running.md."""
    lines = [f"        {'service':20} {'image':>8} {'memory':>9}"]
    for service, one in sorted(project.containers().items()):
        size = json.loads(command("docker", "image", "inspect", one["Image"]))[0]["Size"]
        used = command("docker", "stats", "--no-stream", "--format", "{{.MemUsage}}", one["Id"])
        lines.append(f"        {service:20} {size / 1e6:5.0f} MB {used.split(' / ')[0]:>9}")
    return "\n".join(lines)


def show_what_runs(project):
    for words in (("ps", "--all"), ("logs", "--tail", "12", "--no-color")):
        print(project.compose("--profile", "two-gateways", *words)[-6000:])


def run(project):
    """(number of checks that passed, whether all did)"""
    for number, check in enumerate(CHECKS):
        name, began = check.__name__.replace("_", " "), time.monotonic()
        try:
            check(project)
        except (AssertionError, Failed, browser.Failed, OSError,
                subprocess.SubprocessError) as error:
            print(f"FAILED  {name}\n{error}", flush=True)
            show_what_runs(project)
            return number, False
        print(f"ok      {name} ({time.monotonic() - began:.0f} s)", flush=True)
    return len(CHECKS), True


def main():
    if not shutil.which("docker") or not engine_is_there():
        print("skipped: there is no Docker engine with Compose at hand (DOCKER_HOST)")
        return 0
    project = Project(DELIVERY_STEP_SECONDS=STEP, SEED_DEMO="on")
    try:
        passed, well = run(project)
    finally:
        project.down()
    print(f"{passed} passed, {0 if well else 1} failed")
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
