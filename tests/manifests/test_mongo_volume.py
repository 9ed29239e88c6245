"""containers/mongo/check-volume.sh, asked by the mongod that the tests have (6.0)."""

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
    """It says what it found, how to stay and where to read on, and leaves the volume alone."""
    assert done.returncode == 1
    for words in (f"written by MongoDB {version}", f"mongo:{version}", "MONGO_IMAGE",
                  "docs/operations.md"):
        assert words in done.stdout, done.stdout
    assert (folder / MARK).read_text().strip() == version


def test_an_empty_volume_is_marked(tmp_path):
    accepted(check(tmp_path), tmp_path)


def test_its_own_volume_is_accepted_again(tmp_path):
    check(tmp_path)
    (tmp_path / "WiredTiger").touch()
    accepted(check(tmp_path), tmp_path)


def test_a_volume_from_before_the_mark_was_written_by_6_0(tmp_path):
    (tmp_path / "WiredTiger").touch()
    accepted(check(tmp_path), tmp_path)


@pytest.mark.parametrize("version", ["5.0", "7.0"])
def test_another_version_s_volume_is_refused_with_the_page_to_read(tmp_path, version):
    (tmp_path / "WiredTiger").touch()
    (tmp_path / MARK).write_text(f"{version}\n")
    refused(check(tmp_path), tmp_path, version)
    refused(check(tmp_path, MONGO_UPGRADE_FROM="4.4"), tmp_path, version)


def test_an_upgrade_that_is_asked_for_is_let_through(tmp_path):
    (tmp_path / "WiredTiger").touch()
    (tmp_path / MARK).write_text("5.0\n")
    accepted(check(tmp_path, MONGO_UPGRADE_FROM="5.0"), tmp_path)


def test_the_page_that_is_named_is_there():
    text = (ROOT / "containers/mongo/check-volume.sh").read_text(encoding="utf-8")
    title = text.split('docs/operations.md, "')[1].split('"')[0]
    assert f"## {title}\n" in (ROOT / "docs/operations.md").read_text(encoding="utf-8")
