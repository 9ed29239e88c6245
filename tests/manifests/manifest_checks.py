"""The checks for `make check`: (name, function that returns violations as lines)."""

import shutil
import subprocess
import tempfile
from pathlib import Path

import k8s_rules
import network_rules
import pod_rules
import settings_rules
from documents import ROOT, WHEELS, install_wheels, compose, manifests, read_yaml, targets

PRODUCTION = ("kubectl", "kustomize", "k8s/production", "--load-restrictor",
              "LoadRestrictionsNone")
# These rules do not apply to the overlay, which changes their subjects on purpose.
NOT_PRODUCTION = (k8s_rules.references, k8s_rules.database_scaling, k8s_rules.fits_small_cluster)


def hadolint():
    """The Dockerfile; a package without a version is Debian 12's (containers/check-libraries.sh)."""
    done = subprocess.run([WHEELS / "bin" / "hadolint", "--no-color", "--failure-threshold",
                           "warning", "Dockerfile"], cwd=ROOT, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    return done.stdout.strip().splitlines()[:20] if done.returncode else []


def of_manifests():
    objects = manifests()
    return [fault for rule in (*k8s_rules.RULES, *network_rules.RULES, *pod_rules.RULES)
            for fault in rule(objects)]


def of_upgrade():
    """The additional objects of an upgrade."""
    objects, upgrade = manifests(), manifests(folder="k8s/upgrade")
    return [*k8s_rules.schema(upgrade), *k8s_rules.namespace_first([*objects, *upgrade]),
            *k8s_rules.labels([*objects, *upgrade]), *k8s_rules.first_step([*objects, *upgrade]),
            *network_rules.reach([*objects, *upgrade], network_rules.UPGRADE)]


def rendered_production():
    """The overlay's objects as kubectl renders them, without an engine or a cluster."""
    done = subprocess.run(PRODUCTION, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, check=False)
    if done.returncode:
        return None, done.stderr.strip().splitlines()[:5]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "production.yaml"
        path.write_text(done.stdout, encoding="utf-8")
        return [("production", found) for found in read_yaml(path)], []


def of_production():
    """If kubectl is installed. Base and overlay name the same files."""
    listed = read_yaml(ROOT / "k8s/production/kustomization.yaml")[0]["resources"]
    files = {f"../{path.name}" for path in (ROOT / "k8s").glob("*.yaml")}
    faults = [f"k8s/production doesn't name {name}" for name in sorted(files - set(listed))]
    if not shutil.which("kubectl"):
        return faults
    objects, wrong = rendered_production()
    if objects is None:
        return faults + wrong
    objects.sort(key=lambda row: row[1]["kind"] != "Namespace")
    environments = settings_rules.k8s_environments(objects)
    faults += settings_rules.demo_settings(environments) + settings_rules.accepted(environments)
    return faults + [fault for rule in k8s_rules.RULES if rule not in NOT_PRODUCTION
                     for fault in rule(objects)]


def of_settings():
    objects, file = manifests(), compose()
    k8s = settings_rules.k8s_environments(objects)
    containers = settings_rules.compose_environments(file)
    both = k8s + containers
    return [*settings_rules.known_names(both), *settings_rules.complete(both),
            *settings_rules.accepted(both), *settings_rules.agree(containers, k8s),
            *settings_rules.pool_ports(k8s), *settings_rules.pool_ports(containers),
            *settings_rules.accounts(objects), *settings_rules.database_options(objects),
            *settings_rules.volume_checks(objects)]


def texts():
    """{path: text} of all texts with build instructions."""
    paths = [ROOT / "Dockerfile", ROOT / "docker-compose.yml",
             *(path for folder in ("", "docs", "k8s", "containers") for path in (ROOT / folder).glob("*.md"))]
    return {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in paths}


def of_ports_and_images():
    objects, file = manifests(), compose()
    return [*settings_rules.ports(objects, file), *settings_rules.places(objects),
            *settings_rules.images(objects, file, targets()),
            *settings_rules.written_images(file, texts())]


def with_tools(check):
    """Without the tools there is one violation with the reason."""
    return lambda: check() if (WHEELS / "requirements.txt").exists() else ["the tools aren't there"]


CHECKS = (
    ("tools for the manifests", install_wheels),
    ("Dockerfile", with_tools(hadolint)),
    ("manifests", with_tools(of_manifests)),
    ("manifests of an upgrade", with_tools(of_upgrade)),
    ("production overlay", with_tools(of_production)),
    ("settings in Compose and k8s", with_tools(of_settings)),
    ("ports and images in Compose and k8s", with_tools(of_ports_and_images)),
)
