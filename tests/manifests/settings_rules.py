"""The settings that the binaries print (--config), compared with those of Compose and the manifests."""

import os
import re
import subprocess

import services
from documents import DASHED_POOLS, POOLS, ROOT, containers_of, of_kind, pods, resolve

PROGRAMS = (*POOLS, "seed")
# Variables of the process, not settings of the shop.
PROCESS = {"MALLOC_ARENA_MAX", "MONGOC_DISABLE_SHM", "HOME", "TZ"}
# The addresses of other services differ by design.
PLACES = {"MONGODB_URI", "MONGODB_PASSWORD", "JWT_SECRET", "JWT_SECRET_OLD", "SERVICE_SECRET",
          "SERVICE_SECRET_OLD", "LISTEN", "INTERNAL_URL", "INTERNAL_NAME", "STREAMS", "STREAMS_LISTEN", "GATEWAY_STATUS",
          "STREAMS_REDIS", "STREAMS_REDIS_IF_THERE", *services.POOLS}
STATUS_PORT = 8089  # of the gateway's probes
GIVEN = "given-elsewhere-" * 4
SECRET_LEAST = 32  # bytes


def program_of(image):
    """The program of the shop that runs in an image; None for other images."""
    name = image.rsplit("/", 1)[-1].split(":")[0]
    base = name.removesuffix("-service").replace("-", "_")
    return base if base in PROGRAMS or base == "gateway" else None


def binary(name):
    return ROOT / "build" / os.environ.get("BUILD", "release") / "bin" / name


def config(name):
    """{setting: default} of a binary; None if it is required."""
    lines = subprocess.run([binary(name), "--config"], stdout=subprocess.PIPE, text=True,
                           check=True).stdout.splitlines()
    rows = [line.split("\t") for line in lines]
    return {row[0]: None if row[1] == "required" else row[1] for row in rows}


def gateway_variables():
    """The variables that nginx/render.sh reads, and those that the image's start adds."""
    text = (ROOT / "nginx" / "render.sh").read_text(encoding="utf-8")
    names = set(re.search(r"^VARIABLES=\((.*?)\)", text, re.S | re.M).group(1).split())
    names |= {*services.PORTS, *services.POOLS}
    more = (ROOT / "containers" / "nginx.sh").read_text(encoding="utf-8")
    return names | set(re.findall(r"\$\{?([A-Z][A-Z_]+)", more)) | {
        "CORS_ORIGINS", "TRUSTED_PROXIES", "SERVER_NAMES", "API_DOCS", "SECURITY_CONTACT",
        "STREAMS_REDIS"}


def k8s_environments(objects):
    """[(place, program, {name: value}, names that other values use)]"""
    rows = []
    for found, pod in pods(objects):
        for container in containers_of(pod):
            program = program_of(container["image"])
            if program:
                parts = {name for row in container.get("env", [])
                         for name in re.findall(r"\$\(([A-Z_]+)\)", str(row.get("value", "")))}
                rows.append((f"k8s {found['metadata']['name']}", program,
                             resolve(container, objects), parts))
    return rows


def compose_environments(file):
    """The same for the Compose file, with the defaults of ${NAME:-default}."""
    rows = []
    for name, service in file["services"].items():
        program = program_of(service.get("image", ""))
        if not program or "entrypoint" in service:  # another program of the image
            continue
        given = service.get("environment") or {}
        if isinstance(given, list):
            given = dict(row.split("=", 1) for row in given)
        rows.append((f"Compose {name}", program,
                     {key: substituted(value) for key, value in given.items()}, set()))
    return rows


def substituted(value):
    """${NAME:-default} as its default, ${NAME:?…} as a placeholder."""
    text = str("" if value is None else value)
    text = re.sub(r"\$\{[A-Z0-9_]+:?-([^}]*)\}", r"\1", text)
    return re.sub(r"\$\{[A-Z0-9_]+:?\?[^}]*\}|\$\{[A-Z0-9_]+\}", GIVEN, text)


def plain(name):
    """A secret may come as a file whose path is in NAME_FILE."""
    return name.removesuffix("_FILE")


def known_names(environments):
    """Every name is read by its program: an unknown one would be ignored silently."""
    faults = []
    for where, program, values, parts in environments:
        known = gateway_variables() if program == "gateway" else {*config(program)}
        faults += [f"{where}: {name} is no setting of {program}" for name in values
                   if plain(name) not in known | parts | PROCESS]
    return faults


def complete(environments):
    """Required settings are given."""
    return [f"{where}: {name} isn't given"
            for where, program, values, _ in environments if program != "gateway"
            for name, default in config(program).items()
            if default is None and name not in {plain(given) for given in values}]


def accepted(environments):
    """Each binary accepts its values; secrets are padded to a valid length."""
    faults = []
    for where, program, values, _ in environments:
        if program not in POOLS:
            continue
        env = {plain(name): GIVEN if name.endswith("_FILE") else value
               for name, value in values.items()}
        # Each secret has a different value, as in production.
        env |= {name: f"{name} {value}" for name, value in env.items()
                if "_SECRET" in name and len(value) >= SECRET_LEAST}
        env["MONGODB_URI"] = "mongodb://account@somewhere/?replicaSet=rs0"
        done = subprocess.run([binary(program), "--check"], env=env, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode:
            faults += [f"{where}: {line}" for line in done.stdout.splitlines()]
    return faults


def effective(environments, program, defaults):
    """{name: value} as a program reads them: an empty value means the default."""
    return {plain(name): value or defaults.get(plain(name)) or ""
            for _, program_name, values, parts in environments if program_name == program
            for name, value in values.items()
            if name not in parts and plain(name) not in PLACES | PROCESS}


def agree(compose, k8s):
    """Compose and the manifests give a program the same settings, except settings that neither names."""
    faults = []
    for program in (*PROGRAMS, "gateway"):
        defaults = runner_settings() if program == "gateway" else config(program)
        first, second = (effective(rows, program, defaults) for rows in (compose, k8s))
        for name in sorted({*first, *second}):
            one, other = (values.get(name, defaults.get(name) or "") for values in (first, second))
            if one != other:
                faults.append(f"{program}: {name} is {one!r} in Compose and {other!r} in k8s")
    return faults


def demo_settings(environments):
    """Production has no demo settings."""
    return [f"{where}: {name} is {value}" for where, _, values, _ in environments
            for name, value in values.items()
            if (plain(name), value) in (("SEED_DEMO", "on"), ("ALLOW_DEMO", "yes"),
                                        ("AUTH_REQUIRED", "off"), ("OTP_CODE", "1234"))]


def pool_ports(environments):
    """A pool listens on the port that its gateway uses."""
    listens = {program: values["LISTEN"] for _, program, values, _ in environments
               if "LISTEN" in values}
    return [f"{where}: {name} is {value}, and {program} listens on {listens.get(program)}"
            for where, program_name, values, _ in environments if program_name == "gateway"
            for name, value in values.items() if name.endswith("_POOL")
            for program in [name.removesuffix("_POOL").lower()]
            if listens.get(program, "").split(":")[-1] != value.split(":")[-1]]


SEED_RIGHTS = "DATABASES.seed = Object.values(DATABASES).flat();"
ACCOUNT_ROLES = "const roles = DATABASES[user].map((db) => ({ role: 'readWrite', db }));"


def _databases(script):
    """{account: its database} of a database's script."""
    rows = re.search(r"const DATABASES = \{(.*?)\};", script, re.S)[1]
    return dict(re.findall(r"^\s*(\w+): \['(\w+)'\],$", rows, re.M))


def accounts(objects):
    """Compose and the manifests make an account for each service, which has access to its own database only, and
    one for the seed, which has access to all of them. test_privileges.py tests a local run's."""
    scripts = {"Compose": (ROOT / "containers/mongo/set-up.js").read_text(encoding="utf-8")}
    scripts["k8s"] = next(found["data"]["prepare-database.js"] for found in of_kind(objects, "ConfigMap")
                          if "prepare-database.js" in found["data"])
    faults = [f"{where}: accounts {_databases(script)}, not those of services.tsv"
              for where, script in scripts.items() if _databases(script) != services.column("database")]
    return faults + [f"{where}: not in the script that makes accounts: {line}"
                     for where, script in scripts.items() for line in (SEED_RIGHTS, ACCOUNT_ROLES)
                     if line not in script]


def volume_checks(objects):
    """Compose and the manifests check a volume in the same way before mongod starts."""
    script = (ROOT / "containers/mongo/check-volume.sh").read_text(encoding="utf-8")
    held = [found["data"]["check-volume.sh"] for found in of_kind(objects, "ConfigMap")
            if "check-volume.sh" in found["data"]]
    return [] if held == [script] else ["check-volume.sh of the manifests is not that of containers/"]


def runner_settings():
    """{name: default} of a local run."""
    done = subprocess.run(["bash", ROOT / "run" / "shop.sh", "settings"], stdout=subprocess.PIPE,
                          text=True, check=True)
    return {row[0]: row[1] for row in (line.split("\t") for line in done.stdout.splitlines())}


def ports(objects, file):
    """The published ports are the same in the runner's settings, Compose and the manifests."""
    settings = runner_settings()
    wanted = [int(settings[name]) for name in ("GATEWAY_PORT", *services.PORTS)]
    gateway = next(pod for found, pod in pods(objects) if found["metadata"]["name"] == "gateway")
    opened = {row["name"]: row["containerPort"] for row in gateway["spec"]["containers"][0]["ports"]}
    faults = []
    if sorted(opened.values()) != sorted([*wanted, STATUS_PORT]):
        faults.append(f"k8s: the gateway opens {sorted(opened.values())}, not {sorted(wanted)} and "
                      f"{STATUS_PORT}")
    only_ingress_from_outside = next(pod for found, pod in pods(objects) if found["metadata"]["name"] == "gateway-internal")
    internal = [row["containerPort"] for row in only_ingress_from_outside["spec"]["containers"][0]["ports"]]
    if internal != [int(settings["INTERNAL_PORT"])]:
        faults.append(f"k8s: gateway-internal opens {internal}, not {settings['INTERNAL_PORT']}")
    for name, port in zip(DASHED_POOLS, wanted[1:]):
        rows = [row for found in of_kind(objects, "Service") for row in found["spec"]["ports"]
                if found["metadata"]["name"] == f"{name}-service"]
        if [(row["port"], opened.get(row["targetPort"])) for row in rows] != [(8000, port)]:
            faults.append(f"k8s: {name}-service doesn't lead from port 8000 to {port}")
    published = sorted(substituted(row) for row in file["services"]["gateway"].get("ports", []))
    expected = sorted(f"{address}:{port}:{port}" for address in ("127.0.0.1", "[::1]") for port in wanted)
    if published != expected:
        faults.append(f"Compose: the gateway's ports are {published}, not {expected}")
    return faults


def places(objects):
    """Every address in the manifests is that of a Service with that port."""
    there = {f"{found['metadata']['name']}:{row['port']}" for found in of_kind(objects, "Service")
             for row in found["spec"]["ports"]}
    faults = []
    for where, _, values, _ in k8s_environments(objects):
        for name, value in values.items():
            address = value.removeprefix("http://")
            if name in PLACES and name.endswith(("_POOL", "_URL", "STREAMS", "GATEWAY_STATUS")) and address not in there:
                faults.append(f"{where}: {name}: no Service {address}")
    return faults


def database_options(objects):
    """Every mongod has these options. Without the last its log would contain customers' data, without
    the one before it would answer with parts of its memory (CVE-2025-14847)."""
    starts = {name: (ROOT / name).read_text(encoding="utf-8")
              for name in ("run/launch.sh", "containers/mongo/start.sh")}
    starts["k8s"] = " ".join(word for found, pod in pods(objects) if found["kind"] == "StatefulSet"
                             for word in pod["spec"]["containers"][0]["command"])
    return [f"{name}: mongod without {option}" for name, text in starts.items()
            for option in ("--setParameter transactionLifetimeLimitSeconds=3",
                           "--setParameter diagnosticDataCollectionEnabled=false",
                           "--networkMessageCompressors disabled",
                           "--slowOpSampleRate 0") if option not in text]


def images(objects, file, stages):
    """The images are the same in all files: targets of the Dockerfile, built by Compose, run by the manifests."""
    built = {service["image"]: service.get("build", {}).get("target")
             for service in file["services"].values() if service.get("build")}
    run = {container["image"] for _, pod in pods(objects) for container in containers_of(pod)
           if program_of(container["image"])}
    faults = [f"k8s runs {image}, which Compose doesn't build" for image in sorted(run - set(built))]
    names = [service["image"] for service in file["services"].values() if service.get("build")]
    # Docker with containerd's image store refuses a second one.
    faults += [f"Compose builds {image} twice" for image in built if names.count(image) > 1]
    faults += [f"Compose builds {image}, which k8s doesn't run" for image in sorted(set(built) - run)
               if program_of(image)]
    faults += [f"{image}: the Dockerfile has no target {target}"
               for image, target in sorted(built.items()) if target not in stages]
    return faults + [f"{image} is built from target {target}" for image, target in sorted(built.items())
                     if program_of(image) and target != image.split(":")[0]]


def written_images(file, texts):
    """`docker build` in a text has the name and tag of the image that Compose builds and k8s runs. NAME
    stands for any of them."""
    built = {service["image"] for service in file["services"].values() if service.get("build")}
    tags = {image.rpartition(":")[2] for image in built}
    return [f"{where}: docker build -t {image}, but Compose's images are {', '.join(sorted(built))}"
            for where, text in texts.items()
            for image in re.findall(r"docker build\b[^\n`]*? -t \"?([^\s\"`]+)", text)
            if image not in built | {f"{name}:{tag}" for tag in tags for name in ("NAME", "$name")}]
