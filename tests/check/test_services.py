"""Generated files: after a change of services.tsv the check reports each file that `make generate` would renew."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import drift

ROOT = Path(__file__).resolve().parents[2]
sys.path += [str(ROOT / "run"), str(ROOT / "tests")]
import generate  # noqa: E402
import services  # noqa: E402

ANOTHER = "example\texample\texample_db\t8099\t9099\t50\t32\t192\tRATE_LIMIT\tEXAMPLE_KEY\n"
WITH_A_LIST = {"Dockerfile", "docker-compose.yml", "containers/mongo/set-up.js", "docs/monitoring/prometheus.yml",
               "k8s/11-secrets.yaml", "k8s/12-network-policies.yaml", "k8s/21-seed.yaml", "k8s/40-gateway.yaml",
               "k8s/41-streams.yaml", "k8s/42-internal.yaml", "k8s/production/kustomization.yaml"}


@pytest.fixture
def tree(tmp_path):
    """A copy of the generator's inputs."""
    names = ["services.tsv", generate.POOL_TEMPLATE, *(str(path.relative_to(ROOT)) for pattern in generate.BLOCKS
                                                       for path in ROOT.glob(pattern))]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    assert changed(tmp_path) == set()
    return tmp_path


def changed(root):
    return {str(path.relative_to(root)) for path in generate.changes(root)}


def replace(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def manifest(row, name):
    """The manifest of a pool, whose number follows from its row in the table."""
    return f"k8s/{30 + row}-{name.replace('_', '-')}.yaml"


def add(tree):
    with open(tree / "services.tsv", "a", encoding="utf-8") as table:
        table.write(ANOTHER)


@pytest.mark.parametrize("old, new, names", [
    ("\t8003\t", "\t8013\t", {"Dockerfile", "docker-compose.yml", "k8s/40-gateway.yaml"}),
    ("\t9004\t", "\t9014\t", {"docker-compose.yml"}),
    ("\tcart_db\t", "\torder_db\t", {"containers/mongo/set-up.js", "k8s/21-seed.yaml"}),
    ("\t64\t256\t", "\t64\t384\t", {"k8s/30-user.yaml"}),
    ("\tPUBLIC_URL\t", "\tPUBLIC_URL,LOG_LEVEL\t", {"docker-compose.yml", "k8s/31-product.yaml"}),
    ("\tOTP_CODE\n", "\t-\n", {"docker-compose.yml"}),
])
def test_a_changed_cell_reports_the_files_that_use_it(tree, old, new, names):
    replace(tree / "services.tsv", old, new)
    assert changed(tree) == names


def test_another_service_is_in_every_list(tree):
    add(tree)
    assert changed(tree) == WITH_A_LIST | {manifest(len(services.NAMES), "example")}
    for path, text in generate.changes(tree).items():
        generate.write(path, text)
    assert changed(tree) == set()
    compose = (tree / "docker-compose.yml").read_text(encoding="utf-8")
    assert "\n      EXAMPLE_KEY: ${EXAMPLE_KEY:-}\n      RATE_LIMIT: ${RATE_LIMIT:-on}\n    volumes" in compose


def test_a_removed_service_leaves_no_manifest(tree):
    table = tree / "services.tsv"
    lines = table.read_text(encoding="utf-8").splitlines(keepends=True)
    last = services.NAMES[-1]
    table.write_text("".join(line for line in lines if not line.startswith(f"{last}\t")), encoding="utf-8")
    gone = manifest(len(services.NAMES) - 1, last)
    assert changed(tree) == WITH_A_LIST | {gone}
    assert generate.changes(tree)[tree / gone] is None


@pytest.mark.parametrize("name, old, new", [
    ("k8s/31-product.yaml", "memory: 192Mi", "memory: 256Mi"),
    ("docker-compose.yml", "${DELIVERY_SIMULATION:-on}", "${DELIVERY_SIMULATION:-off}"),
    ("k8s/production/kustomization.yaml", "  - ../32-cart-order.yaml\n", ""),
])
def test_an_edit_of_a_generated_line_is_reported(tree, name, old, new):
    replace(tree / name, old, new)
    assert changed(tree) == {name}


@pytest.mark.parametrize("name, old, new, problem", [
    ("docs/monitoring/prometheus.yml", "# end\n", "", "docs/monitoring/prometheus.yml: a block without `end`"),
    ("k8s/41-streams.yaml", "@NAME@_POOL", "@Name@_POOL", "k8s/41-streams.yaml: no column @Name@"),
    ("k8s/pool.yaml.in", "@title@", "@titel@", "k8s/pool.yaml.in: no column @titel@"),
    ("services.tsv", "\tPUBLIC_URL\t", "\tPUBLIC_URL,-\t", "services.tsv: '-' is not a setting's name"),
    ("services.tsv", "\t-\n", "\n", "services.tsv"),
])
def test_a_malformed_template_or_table_is_reported(tree, name, old, new, problem):
    replace(tree / name, old, new)
    with pytest.raises(generate.Malformed, match=problem):
        generate.changes(tree)


def test_the_check_prints_the_command_that_renews_a_file(tree):
    for name in ("generate.py", "service_table.py"):
        (tree / "run").mkdir(exist_ok=True)
        shutil.copy(ROOT / "run" / name, tree / "run" / name)
    program = [sys.executable, "-B", tree / "run/generate.py"]

    def run(*words):
        done = subprocess.run([*program, *words], stdout=subprocess.PIPE, text=True, check=False)
        return done.returncode, done.stdout.splitlines()
    replace(tree / "services.tsv", "\t9004\t", "\t9014\t")
    assert run("--check") == (1, ["docker-compose.yml differs from what services.tsv says: run `make generate`"])
    assert run() == (0, ["docker-compose.yml"])
    assert run("--check") == (0, [])


IMAGES = [f"{name.replace('_', '-')}-service" for name in services.NAMES]


@pytest.mark.parametrize("text, faults", [
    (f"for name in {' '.join(services.NAMES)} example; do\n", []),
    (f"for name in {' '.join(services.NAMES)}; do\n", ["a.md:1: lists services without example"]),
    ("\n" + ", ".join(IMAGES) + "\n", ["a.md:2: lists services without example"]),
    ("\n".join(IMAGES), ["a.md: names all images but example-service"]),
    ("a user buys a product\n", []),
])
def test_a_list_in_a_text_without_the_newest_service_is_found(tmp_path, text, faults):
    (tmp_path / "a.md").write_text(text, encoding="utf-8")
    assert drift.lists_in_texts(tmp_path, ["a.md"], (*services.NAMES, "example")) == faults


@pytest.mark.parametrize("old, new", [
    ("| user | 8001 |", "| user | 8011 |"),
    ("| user | 8001 |", "| person | 8001 |"),
    ("| delivery | 8004 |", "delivery 8004"),
])
def test_a_readme_with_other_services_is_found(tmp_path, old, new):
    shutil.copy(ROOT / "README.md", tmp_path)
    assert drift.services_in_readme(tmp_path, services.ROWS) == []
    replace(tmp_path / "README.md", old, new)
    assert drift.services_in_readme(tmp_path, services.ROWS) != []
