"""The report of the bench: medians over the rounds, ratios, goals."""

from statistics import median

from shop import POOLS

MEMORY_GOAL_MB = 64
STREAMS_GOAL = 0.9  # of the rate with no streams

# name: (title, goal of the ratio, reference)
ROWS = {
    "list": ("catalogue list", 0.5, "static"),
    "product": ("one product", 0.3, "static"),
    "login": ("login", None, None),
    "cart_add": ("cart add", 0.9, "raw"),
    "cart_read": ("cart read", 0.6, "raw"),
    "order": ("add + order", 0.8, "raw"),
}
# The safeguards of an order in the raw driver, each beside the variant without it.
SAFETIES = (
    ("order_bare", "an order in separate writes"),
    ("order_transaction", "+ transaction: cart and order in one"),
    ("order_checkout", "+ checkout: one order at a time, nothing forgotten"),
    ("order", "+ stock: taken, looked at, settled"),
    ("order_keyed", "+ idempotency key: the answer stored"),
)
COMPARED = {"static": "static file", "raw": "raw driver"}
HEAD = ("", "requests/s", "p50 ms", "p99 ms", "raw driver/s", "p50 ms", "p99 ms",
        "ratio", "goal", "")
WIDTHS = (-15, 10, 8, 8, 13, 8, 8, 21, 7, -16)


def line(cells):
    """Cells under each other; a negative width means flush left."""
    padded = (f"{cell:{'<' if width < 0 else '>'}{abs(width)}}"
              for cell, width in zip(cells, WIDTHS))
    return "  ".join(padded).rstrip()


def figures(rounds):
    """Rate, p50 and p99: the median round of each."""
    return (f"{median(r['rate'] for r in rounds):,.0f}",
            *(f"{median(r[key] for r in rounds):.2f}" for key in ("p50_ms", "p99_ms")))


def ratio(rounds, others):
    """The median of the rounds' ratios, so that a slow round counts on both sides."""
    return median(a["rate"] / b["rate"] if b["rate"] else 0 for a, b in zip(rounds, others))


def verdict(reached):
    return "goal reached" if reached else "goal not reached"


def against_goal(name, http, raw):
    """The last cells of a row: ratio, goal, verdict."""
    _, goal, other = ROWS[name]
    if goal is None:
        return ()
    value = ratio(http[name], http["static"] if other == "static" else raw[name])
    return f"{value:.2f} × {COMPARED[other]}", f"≥ {goal}", verdict(value >= goal)


def row(name, http, raw):
    title = ROWS[name][0]
    return line((title, *figures(http[name]), *figures(raw[name]),
                 *against_goal(name, http, raw)))


def speed(http, raw):
    """The lines on rates. `http` and `raw` have for each name the results of its rounds."""
    yield line(HEAD)
    for name in ROWS:
        yield row(name, http, raw)
    yield line(("static file", *figures(http["static"])))


def streams(number, beside, memory):
    """The lines on the cost of many open streams. `memory`: additional bytes of nginx."""
    yield f"beside {number:,} open streams; nginx has {memory / 1e6:.1f} MB more with them:"
    yield f"  {'':<15}{'no streams':>12}  {'with them':>12}  {'ratio':>5}    goal"
    for name, without in beside["no streams"].items():
        rounds = beside["streams"][name]
        value = ratio(rounds, without)
        rates = (f"{median(r['rate'] for r in some):,.0f}/s" for some in (without, rounds))
        yield (f"  {ROWS[name][0]:<15}" + "  ".join(f"{rate:>12}" for rate in rates)
               + f"  {value:>5.2f}  ≥ {STREAMS_GOAL}  {verdict(value >= STREAMS_GOAL)}")


def safeties(raw):
    """The lines on the cost of each safeguard of an order, measured with the raw driver."""
    yield "what each safety of an order costs, raw driver:"
    before = None
    for name, title in SAFETIES:
        rate = median(r["rate"] for r in raw[name])
        cost = f"{ratio(raw[name], raw[before]) - 1:+.0%}" if before else ""
        yield f"  {title:<52}{rate:>8,.0f}/s  {cost:>5}"
        before = name


def memory(sums):
    """The lines on memory, from bytes of PSS."""
    counted = ("nginx", *POOLS)
    mb = {name: size / 1e6 for name, size in sums.items()}
    total = sum(mb[name] for name in counted)
    yield "memory after the load, MB of PSS: " + ", ".join(f"{n} {mb[n]:.1f}" for n in counted)
    yield (f"together {total:.1f} MB, goal ≤ {MEMORY_GOAL_MB} MB: "
           f"{verdict(total <= MEMORY_GOAL_MB)}   "
           f"(apart: mongod {mb['mongod']:.0f}, supervisor {mb['supervisor']:.0f})")
