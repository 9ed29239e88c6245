"""containers/mongo/check-volume.sh with the mongod of the tests (6.0)."""

import os
import subprocess

import pytest

from documents import ROOT

MARK = "shop-mongodb-version"
HAVE = "6.0"


def check(folder, **env):
    path = f"{ROOT / '.deps' / 'mongodb' / 'bin'}:{os.environ['PATH']}"
    return subprocess.run(["bash", ROOT / "containers/mongo/check-volume.sh", folder],
                          env={**os.environ, "PATH": path, **env}, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)


def accepted(done, folder):
    assert done.returncode == 0 and not done.stdout, done.stdout
    assert (folder / MARK).read_text().strip() == HAVE


def refused(done, folder, version):
    """Asserts the message with the found version, the options and the page, and an unchanged volume."""
    assert done.returncode == 1
    for words in (f"written by MongoDB {version}", f"mongo:{version}", "MONGO_IMAGE",
                  "docs/operations.md"):
        assert words in done.stdout, done.stdout
    assert (folder / MARK).read_text().strip() == version


def test_an_empty_volume_is_marked(tmp_path):
    accepted(check(tmp_path), tmp_path)


def test_a_marked_volume_is_accepted_again(tmp_path):
    check(tmp_path)
    (tmp_path / "WiredTiger").touch()
    accepted(check(tmp_path), tmp_path)


def test_a_volume_without_a_mark_is_of_version_6_0(tmp_path):
    (tmp_path / "WiredTiger").touch()
    accepted(check(tmp_path), tmp_path)


@pytest.mark.parametrize("version", ["5.0", "7.0"])
def test_a_volume_of_another_version_is_refused_with_the_page_to_read(tmp_path, version):
    (tmp_path / "WiredTiger").touch()
    (tmp_path / MARK).write_text(f"{version}\n")
    refused(check(tmp_path), tmp_path, version)
    refused(check(tmp_path, MONGO_UPGRADE_FROM="4.4"), tmp_path, version)


def test_a_requested_upgrade_is_accepted(tmp_path):
    (tmp_path / "WiredTiger").touch()
    (tmp_path / MARK).write_text("5.0\n")
    accepted(check(tmp_path, MONGO_UPGRADE_FROM="5.0"), tmp_path)


def test_the_named_page_exists():
    text = (ROOT / "containers/mongo/check-volume.sh").read_text(encoding="utf-8")
    title = text.split('docs/operations.md, "')[1].split('"')[0]
    assert f"## {title}\n" in (ROOT / "docs/operations.md").read_text(encoding="utf-8")
