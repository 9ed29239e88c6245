"""`make dev` in a clone whose sources are edited."""

import shutil
import signal
import subprocess

import pytest

from checks import ok
from instance import BUILD, POOLS, ROOT, SECRETS, Shop, comm, data_folder, descendants, remove_data, wait_until

SOURCES = ("Makefile", "services.tsv", "lib", "fcgi", "seed", "openapi", "nginx", "run")
BUILT = ("bin", "fcgi", "lib", "openapi", "seed", "libshop.a", "openapi.json", "version")
pytestmark = pytest.mark.once
WAIT_SECONDS = 90  # for a build on a loaded machine


def clone_into(folder):
    """Copies the sources and the build, with their modification times."""
    names = [*SOURCES, *(f"build/{BUILD}/{name}" for name in BUILT)]
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-a", ROOT / name, folder / name], check=True)
    (folder / ".deps").symlink_to(ROOT / ".deps")


class Dev:
    """A shop that `make dev` runs."""

    def __init__(self):
        self.shop = Shop("dev")
        self.shop.root = ROOT / ".run" / f"test-{BUILD}" / "dev-clone"
        self.output = self.shop.run_dir.parent / "dev.out"
        self.process = None

    def start(self):
        for folder in (self.shop.root, self.shop.run_dir):
            shutil.rmtree(folder, ignore_errors=True)
        clone_into(self.shop.root)
        for name in ("mongo", "log"):
            data_folder(self.shop.run_dir / name)
        with open(self.output, "w", encoding="utf-8") as output:
            # A shell that starts the tests in the background has them ignore SIGINT.
            self.process = subprocess.Popen(
                ["env", "--default-signal=INT", "/usr/bin/python3", self.shop.root / "run" / "dev.py"], env=self.shop.env, stdout=output,
                stderr=output, stdin=subprocess.DEVNULL, start_new_session=True)
        self.wait_for_output("the shop is up")
        SECRETS.update((self.shop.secret, self.shop.service_secret, *self.shop.passwords.values()))

    def output_text(self):
        return self.output.read_text()

    def wait_for_output(self, text, before=0):
        """Waits for a text after the first `before` characters of the output."""
        wait_until(lambda: text in self.output_text()[before:] or self.process.poll() is not None, WAIT_SECONDS, text)
        assert text in self.output_text()[before:], self.output_text()

    def edit(self, name, old, new, result):
        """Edits a source, and waits for the message of `make dev`."""
        path, before = self.shop.root / name, len(self.output_text())
        text = path.read_text()
        assert old in text, name
        path.write_text(text.replace(old, new))
        self.wait_for_output(result, before)

    def workers(self):
        return {pool: self.shop.all_workers(pool) for pool in POOLS}


@pytest.fixture(scope="module")
def dev():
    dev = Dev()
    try:
        dev.start()
        yield dev
    finally:
        if dev.process and dev.process.poll() is None:
            dev.process.terminate()
            dev.process.wait(60)
        dev.shop.script("down")
        remove_data(dev.shop.run_dir / "mongo")
        remove_data(dev.shop.run_dir / "log")
        shutil.rmtree(dev.shop.root, ignore_errors=True)


def test_an_edited_service_is_restarted_alone(dev):
    before = dev.workers()
    dev.edit("fcgi/user/service.c", "Create an account", "Create an edited account", "user, nginx restarted")
    after = dev.workers()
    assert not set(before.pop("user")) & set(after.pop("user"))
    assert before == after
    assert "Create an edited account" in str(ok(dev.shop.guest().get("/openapi.json")))
    dev.edit("fcgi/user/user_api.c", "User created successfully", "User created by an edit", "user restarted")
    person = {"name": "Asha", "email": "dev@example.com", "password": "correct horse", "otp": "1234"}
    assert ok(dev.shop.guest().post("/register", person)) == {"message": "User created by an edit"}


def test_a_compiler_error_is_shown_and_the_program_keeps_running(dev):
    before = dev.workers()
    dev.edit("fcgi/user/user_api.c", "User created by an edit", 'User " created', "not built")
    assert "user_api.c" in dev.output_text() and "error:" in dev.output_text()
    assert dev.workers() == before
    dev.edit("fcgi/user/user_api.c", 'User " created', "User created by an edit", "user restarted")


def test_an_edit_in_lib_restarts_all_pools(dev):
    before = dev.workers()
    dev.edit("lib/base/version.c", "const char", "/* edited */ const char", "restarted")
    after = dev.workers()
    assert not [pool for pool in POOLS if set(before[pool]) & set(after[pool])]


def test_nginx_is_reloaded_with_an_edited_configuration(dev):
    before = dev.workers()
    dev.edit("nginx/snippets/headers.conf.in", "X-Content-Type-Options nosniff always;",
             "X-Content-Type-Options nosniff always; add_header X-Edited yes always;", "nginx restarted")
    wait_until(lambda: dev.shop.guest().get("/products").headers.get("X-Edited") == "yes", 10, "the new header")
    dev.edit("nginx/snippets/headers.conf.in", "X-Edited yes always;", "X-Edited yes always; nonsense",
             "dev: nginx failed")
    assert "nginx keeps its present configuration" in dev.output_text()
    assert ok(dev.shop.guest().get("/products"))
    assert dev.workers() == before


def test_ending_make_dev_ends_the_shop(dev):
    processes = {dev.process.pid, *descendants(dev.process.pid)}
    dev.process.send_signal(signal.SIGINT)
    assert dev.process.wait(60) == 130, dev.output_text()
    assert not {pid: comm(pid) for pid in processes if comm(pid)}
    assert "stopped" in dev.output_text()
