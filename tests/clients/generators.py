"""Three client generators, run on the description of this build."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
LIBRARIES = ROOT / ".deps" / "client-checks"  # run/setup.sh clients
MODULES = HERE / "node_modules"
OUT = ROOT / ".run" / "clients"
DESCRIPTION = ROOT / "build" / os.environ.get("BUILD", "release") / "openapi.json"
JAR = LIBRARIES / "openapi_generator_cli" / "openapi-generator.jar"
SECONDS = 120

# Warnings of openapi-generator for every document of OpenAPI 3.1, and for every schema named Error.
KNOWN = re.compile(r"OpenAPI 3\.1 support is still in beta|Failed to get the schema name: null|"
                   r"Error \(model name matches existing language type\)")


def run(*words, cwd=OUT):
    """(exit code, output)."""
    env = {**os.environ, "PYTHONPATH": str(LIBRARIES), "PYTHONDONTWRITEBYTECODE": "1",
           "PATH": f"{LIBRARIES / 'bin'}:{os.environ['PATH']}"}
    done = subprocess.run(words, cwd=cwd, env=env, stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS,
                          check=False)
    return done.returncode, done.stdout


def python_client():
    """openapi-python-client: the package shop_client."""
    return run(sys.executable, "-m", "openapi_python_client", "generate", "--path", DESCRIPTION,
               "--output-path", OUT / "shop_client", "--meta", "none")


def types():
    """openapi-typescript: types only, for clients with fetch()."""
    return run("node", MODULES / "openapi-typescript" / "bin" / "cli.js", DESCRIPTION, "-o",
               OUT / "description.ts")


def fetch_client():
    """openapi-generator with the target typescript-fetch."""
    return run("java", "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-jar", JAR, "generate", "-i",
               DESCRIPTION, "-g", "typescript-fetch", "-o", OUT / "fetch_client",
               "--additional-properties", "importFileExtension=.js")


GENERATORS = {"python_client": python_client, "types": types, "fetch_client": fetch_client}


def compile_typescript():
    """Compiles the TypeScript clients with the programs that use them into OUT/js."""
    for name in ("uses_types.ts", "journey.ts"):
        shutil.copy(HERE / name, OUT / name)
    (OUT / "package.json").write_text('{"type": "module"}\n')
    return run("node", MODULES / "typescript" / "bin" / "tsc", "--strict", "--target", "es2022",
               "--module", "nodenext", "--lib", "es2022,dom,dom.iterable", "--skipLibCheck",
               "--outDir", OUT / "js", "uses_types.ts", "journey.ts")


def warnings(text):
    """The warnings of a generator about the description."""
    return [line for line in text.splitlines()
            if re.search(r"warn|error|unsupported|skipp|invalid", line, re.I)
            and not re.match(r"\[main\] INFO", line) and not KNOWN.search(line)]


def generate():
    """{generator: (exit code, output)}, one after the other: each uses both cores."""
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    return {name: make() for name, make in GENERATORS.items()}
