"""Every rule finds its violation, which is planted in correct objects, one at a time."""

import copy
import shutil

import pytest

import documents

if documents.install_wheels():
    pytest.skip("the tools can't be downloaded", allow_module_level=True)

import k8s_rules  # noqa: E402
import manifest_checks  # noqa: E402
import network_rules  # noqa: E402
import pod_rules  # noqa: E402
import settings_rules  # noqa: E402


@pytest.fixture
def objects():
    return documents.manifests()


@pytest.fixture
def compose():
    return documents.compose()


def find(objects, kind, name):
    return next(found for _, found in objects
                if found["kind"] == kind and found["metadata"]["name"] == name)


def container(objects, name="product", kind="Deployment"):
    return find(objects, kind, name)["spec"]["template"]["spec"]["containers"][0]


def env(objects, setting, name="product"):
    return next(row for row in container(objects, name)["env"] if row["name"] == setting)


def projected(objects, name="product"):
    """The sources of a pod's one volume of secrets."""
    return find(objects, "Deployment", name)["spec"]["template"]["spec"]["volumes"][0]["projected"]["sources"]


def policy(objects, name):
    return find(objects, "NetworkPolicy", name)["spec"]


def strategy(objects):
    return find(objects, "Deployment", "user")["spec"]["strategy"]["rollingUpdate"]


PLANTED = (
    (pod_rules.selectors, lambda o: find(o, "Service", "user-fcgi")["spec"]["selector"].update(
        {pod_rules.NAME: "product"})),
    (pod_rules.pool_is_itself, lambda o: projected(o)[2]["secret"]["items"][0].update(key="user")),
    (pod_rules.pool_is_itself, lambda o: env(o, "MONGODB_URI").update(value="mongodb://user@$(X)")),
    (pod_rules.secrets_by_files, lambda o: container(o)["env"].append(
        {"name": "JWT_SECRET", "valueFrom": {"secretKeyRef": {"name": "shop-jwt", "key": "JWT_SECRET"}}})),
    (pod_rules.outages, lambda o: container(o)["livenessProbe"]["exec"]["command"].append("readyz")),
    (pod_rules.container_overrides, lambda o: container(o)["securityContext"].update(runAsUser=0)),
    (pod_rules.secrets_in_files, lambda o: o.append(
        ("x.yaml", {"kind": "Secret", "metadata": {"name": "s", "namespace": "shop"}}))),
    (pod_rules.can_be_drained, lambda o: find(o, "PodDisruptionBudget", "user")["spec"].update(
        maxUnavailable=0)),
    (pod_rules.database_requires_accounts, lambda o: container(o, "mongo", "StatefulSet").update(
        command=["mongod"])),
    (pod_rules.only_ingress_from_outside, lambda o: find(o, "Service", "gateway")["spec"].update(type="NodePort")),
    (pod_rules.peers_are_pods, lambda o: policy(o, "database")["ingress"][0]["from"].append(
        {"ipBlock": {"cidr": "0.0.0.0/0"}})),
    (pod_rules.dns_is_allowed, lambda o: policy(o, "dns").update(
        podSelector={"matchLabels": {"app": "one"}})),
    (k8s_rules.schema, lambda o: container(o).update(imagePulPolicy="Always")),
    (k8s_rules.schema, lambda o: container(o)["ports"][0].update(containerPort="9000")),
    (k8s_rules.namespace_first, lambda o: o.append(o.pop(0))),
    (k8s_rules.namespace_first, lambda o: find(o, "Service", "gateway")["metadata"].pop("namespace")),
    (k8s_rules.namespace_first, lambda o: o[0][1]["metadata"]["labels"].update(
        {"pod-security.kubernetes.io/enforce": "baseline"})),
    (k8s_rules.labels, lambda o: find(o, "StatefulSet", "mongo")["spec"]["template"]["metadata"][
        "labels"].pop("app.kubernetes.io/part-of")),
    (k8s_rules.images, lambda o: container(o).update(image="product-service")),
    (k8s_rules.images, lambda o: container(o).update(image="product-service:latest")),
    (k8s_rules.images, lambda o: container(o).pop("imagePullPolicy")),
    (k8s_rules.restricted, lambda o: container(o)["securityContext"].pop("capabilities")),
    (k8s_rules.restricted, lambda o: container(o)["securityContext"].update(
        readOnlyRootFilesystem=False)),
    (k8s_rules.restricted, lambda o: find(o, "Job", "seed")["spec"]["template"]["spec"][
        "securityContext"].pop("runAsNonRoot")),
    (k8s_rules.restricted, lambda o: find(o, "Deployment", "user")["spec"]["template"][
        "spec"].pop("automountServiceAccountToken")),
    (k8s_rules.restricted, lambda o: find(o, "Deployment", "gateway")["spec"]["template"]["spec"][
        "volumes"].append({"name": "host", "hostPath": {"path": "/"}})),
    (k8s_rules.resources, lambda o: container(o)["resources"]["limits"].pop("memory")),
    (k8s_rules.probes, lambda o: container(o).pop("startupProbe")),
    (k8s_rules.probes, lambda o: container(o)["livenessProbe"].update(failureThreshold=1)),
    (k8s_rules.probes, lambda o: container(o)["readinessProbe"].update(
        exec=container(o)["livenessProbe"]["exec"])),
    (k8s_rules.rollouts, lambda o: strategy(o).update(maxUnavailable=1)),
    (k8s_rules.rollouts, lambda o: container(o).pop("lifecycle")),
    (k8s_rules.rollouts, lambda o: find(o, "Deployment", "user")["spec"]["template"]["spec"].update(
        terminationGracePeriodSeconds=10)),
    (k8s_rules.scaling, lambda o: o.remove(next(row for row in o if row[1]["kind"] == "PodDisruptionBudget"))),
    (k8s_rules.scaling, lambda o: find(o, "HorizontalPodAutoscaler", "user")["spec"].update(minReplicas=1)),
    (k8s_rules.scaling, lambda o: find(o, "Deployment", "user")["spec"].update(replicas=2)),
    (k8s_rules.services, lambda o: find(o, "Service", "user-service")["spec"]["ports"][0].update(
        targetPort="users")),
    (k8s_rules.services, lambda o: find(o, "Service", "streams")["spec"]["selector"].update(
        {"app.kubernetes.io/name": "stream"})),
    (k8s_rules.references, lambda o: env(o, "LOG_LEVEL")["valueFrom"]["configMapKeyRef"].update(
        key="LOGS")),
    (k8s_rules.references, lambda o: env(o, "JWT_SECRET_FILE").update(
        value="/run/secrets/shop/SECRET")),
    (k8s_rules.references, lambda o: projected(o)[2]["secret"].update(name="mongo")),
    (k8s_rules.references, lambda o: find(o, "Job", "seed")["spec"]["template"]["spec"].update(
        serviceAccountName="seed")),
    (k8s_rules.database_names, lambda o: find(o, "ConfigMap", "shop")["data"].update(
        MONGO_HOSTS="mongo-0.mongo:27017")),
    (k8s_rules.database_names, lambda o: find(o, "StatefulSet", "mongo")["spec"].update(replicas=3)),
    (k8s_rules.database_scaling, lambda o: find(o, "StatefulSet", "mongo")["spec"].update(replicas=1)),
    (k8s_rules.database_updates, lambda o: find(o, "StatefulSet", "mongo")["spec"].pop("updateStrategy")),
    (k8s_rules.first_step, lambda o: find(o, "Service", "gateway-internal")["metadata"]["labels"].update(
        {"app.kubernetes.io/component": "internal"})),
    (k8s_rules.first_step, lambda o: find(o, "Deployment", "gateway-internal")["metadata"]["labels"].update(
        {"app.kubernetes.io/component": "gateway"})),
    (k8s_rules.first_step, lambda o: find(o, "NetworkPolicy", "pools")["metadata"]["labels"].update(
        {"app.kubernetes.io/component": "pool"})),
    (k8s_rules.fits_small_cluster, lambda o: container(o)["resources"]["requests"].update(cpu="100m")),
    (k8s_rules.probes, lambda o: container(o, "gateway")["readinessProbe"]["httpGet"].update(
        path="/", port="http")),
    (network_rules.default_deny, lambda o: policy(o, "default-deny").update(ingress=[{}])),
    (network_rules.reach, lambda o: policy(o, "pools")["ingress"][0].pop("from")),
    (network_rules.reach, lambda o: policy(o, "database")["ingress"][0]["from"].append(
        {"podSelector": {"matchLabels": {"app.kubernetes.io/name": "gateway"}}})),
    (network_rules.reach, lambda o: policy(o, "gateway")["ingress"][0]["ports"].append(
        {"port": "status"})),
    (network_rules.reach, lambda o: policy(o, "seed")["egress"].append({})),
    (network_rules.reach, lambda o: policy(o, "streams").pop("egress")),
    (network_rules.policies_lead_somewhere, lambda o: policy(o, "seed")["podSelector"]["matchLabels"].update(
        {"app.kubernetes.io/name": "sead"})),
    (settings_rules.database_options, lambda o: container(o, "mongo", "StatefulSet")["command"].append(
        container(o, "mongo", "StatefulSet")["command"].pop().replace("--slowOpSampleRate 0", ""))),
    (settings_rules.volume_checks, lambda o: find(o, "ConfigMap", "mongo-scripts")["data"].update(
        {"check-volume.sh": "exit 0"})),
    (settings_rules.database_options, lambda o: container(o, "mongo", "StatefulSet")["command"].append(
        container(o, "mongo", "StatefulSet")["command"].pop().replace("--networkMessageCompressors", ""))),
    (settings_rules.places, lambda o: env(o, "USER_POOL", "gateway").update(value="user:9000")),
    (settings_rules.places, lambda o: env(o, "INTERNAL_URL").update(value="http://gateway:8090")),
)


@pytest.mark.parametrize("rule, planted", PLANTED, ids=lambda value: getattr(value, "__name__", ""))
def test_finds_a_planted_fault(objects, rule, planted):
    assert rule(objects) == []
    planted(objects)
    assert rule(objects) != []


def test_finds_calls_that_are_forbidden_during_an_upgrade(objects):
    upgrade = documents.manifests(folder="k8s/upgrade")
    assert network_rules.reach(objects + upgrade, network_rules.UPGRADE) == []
    for row in upgrade:
        assert network_rules.reach(objects + [row], network_rules.UPGRADE) != []


def environments(objects, compose):
    return settings_rules.k8s_environments(objects), settings_rules.compose_environments(compose)


def put(rows, program, **values):
    """Sets values in the environment of a program."""
    for _, program_name, given, _ in rows:
        if program_name == program:
            given.update(values)
    return rows


IN_SETTINGS = (
    (settings_rules.known_names, "product", {"PUBLIC_ADDRESS": "http://shop"}),
    (settings_rules.known_names, "gateway", {"CORS_ORIGIN": "http://shop"}),
    (settings_rules.accepted, "delivery", {"DELIVERY_SIMULATION": "yes"}),
    (settings_rules.accepted, "user", {"JWT_SECRET": "short", "JWT_SECRET_FILE": ""}),
    (settings_rules.accepted, "user", {"ALLOW_DEMO": "no"}),  # while the code is the published one
    (settings_rules.accepted, "product", {"ALLOW_DEMO": "no", "AUTH_REQUIRED": "off"}),
    (settings_rules.pool_ports, "cart_order", {"LISTEN": ":9999"}),
)


@pytest.mark.parametrize("rule, program, values", IN_SETTINGS)
def test_finds_a_wrong_setting(objects, compose, rule, program, values):
    for rows in environments(objects, compose):
        assert rule(rows) == []
        values = {name: value for name, value in values.items() if value}
        for _, _, given, _ in rows:
            given.pop("JWT_SECRET_FILE", None) if "JWT_SECRET" in values else None
        assert rule(put(rows, program, **values)) != []


def test_finds_a_required_setting_that_is_missing(objects, compose):
    for rows in environments(objects, compose):
        assert settings_rules.complete(rows) == []
        for _, _, given, _ in rows:
            given.pop("MONGODB_URI", None)
            given.pop("MONGODB_URI_FILE", None)
        assert settings_rules.complete(rows) != []


@pytest.mark.parametrize("program, name, value", [
    ("seed", "SEED_DEMO", "on"), ("user", "ALLOW_DEMO", "no"), ("user", "AUTH_REQUIRED", "off"), ("gateway", "RATE_LIMIT", "off"),
    ("user", "OTP_CODE", "9999")])
def test_finds_differences_between_compose_and_k8s(objects, compose, program, name, value):
    k8s, containers = environments(objects, compose)
    assert settings_rules.agree(containers, k8s) == []
    assert settings_rules.agree(put(containers, program, **{name: value}), k8s) != []
    _, containers = environments(objects, compose)
    assert settings_rules.agree(containers, put(k8s, program, **{name: value})) != []


@pytest.mark.parametrize("program, name, value", [
    ("seed", "SEED_DEMO", "on"), ("user", "ALLOW_DEMO", "yes"), ("user", "OTP_CODE", "1234"),
    ("delivery", "AUTH_REQUIRED", "off")])
def test_finds_demo_settings_in_production(program, name, value):
    if not shutil.which("kubectl"):
        pytest.skip("kubectl renders the overlay")
    objects, wrong = manifest_checks.rendered_production()
    assert objects, wrong
    rows = settings_rules.k8s_environments(objects)
    assert settings_rules.demo_settings(rows) == []
    assert settings_rules.demo_settings(put(rows, program, **{name: value})) != []


def test_finds_accounts_with_other_rights(objects):
    assert settings_rules.accounts(objects) == []
    data = find(objects, "ConfigMap", "prepare-database")["data"]
    script = data["prepare-database.js"]
    for line, other in (("user: ['user_db']", "user: ['cart_db']"), ("role: 'readWrite'", "role: 'dbOwner'"),
                        ("Object.values(DATABASES).flat()", "['user_db']")):
        assert line in script
        data["prepare-database.js"] = script.replace(line, other)
        assert settings_rules.accounts(objects) != []


def test_finds_changed_ports(objects, compose):
    assert settings_rules.ports(objects, compose) == []
    other = copy.deepcopy(compose)
    other["services"]["gateway"]["ports"].pop()
    assert settings_rules.ports(objects, other) != []
    container(objects, "gateway")["ports"][1]["containerPort"] = 8005
    assert settings_rules.ports(objects, compose) != []


def test_finds_images_without_a_build(objects, compose):
    stages = documents.targets()
    assert settings_rules.images(objects, compose, stages) == []
    assert settings_rules.images(objects, compose, {"gateway": []}) != []
    twice = copy.deepcopy(compose)
    twice["services"]["streams"]["build"] = twice["services"]["secrets"]["build"]
    assert settings_rules.images(objects, twice, stages) != []
    container(objects).update(image="product-service:2.0")
    assert settings_rules.images(objects, compose, stages) != []


def test_finds_texts_with_another_image_tag(compose):
    texts = manifest_checks.texts()
    assert settings_rules.written_images(compose, texts) == []
    assert "docker build" in texts["docs/running.md"] and "docker build" in texts["Dockerfile"]
    for line in ("docker build --target seed -t seed .", "docker build -t seed:2.0 .",
                 "docker build --target cart -t cart:1.0 .", 'docker build --target "$name" -t "$name" .'):
        assert settings_rules.written_images(compose, {"docs/running.md": f"`{line}`"}) != [], line


def test_finds_a_file_that_the_overlay_lacks(tmp_path, monkeypatch):
    listed = documents.read_yaml(documents.ROOT / "k8s/production/kustomization.yaml")[0]
    listed["resources"].remove("../21-seed.yaml")
    monkeypatch.setattr(manifest_checks, "read_yaml", lambda path: [listed])
    monkeypatch.setattr(manifest_checks.shutil, "which", lambda name: None)
    assert manifest_checks.of_production() == ["k8s/production doesn't name ../21-seed.yaml"]
