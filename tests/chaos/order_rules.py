"""Rules of orders, keys, deliveries and cancelling. Each yields a line for each violation."""

import collections

NEXT = {
    "PLACED": {"PACKED", "CANCELLED"},
    "PACKED": {"OUT_FOR_DELIVERY"},
    "OUT_FOR_DELIVERY": {"DELIVERED"},
    "DELIVERED": set(),
    "CANCELLED": set(),
}


def rupees(amount):
    return f"{amount / 100:.2f}"


# ---- orders ----

def acknowledged(facts):
    """Every acknowledged order exists once, with its user and its total."""
    counted = collections.Counter(order["_id"] for order in facts.stored["orders"])
    for order, (user, total) in facts.acknowledged_orders.items():
        if counted[order] != 1:
            yield (f"order {order} of user {user} was acknowledged and exists {counted[order]} "
                   "times")
            continue
        there = facts.orders[order]
        if there["user_id"] != user:
            yield f"order {order} was acknowledged to user {user} and is of {there['user_id']}"
        if there["total"] != total:
            yield (f"order {order} was acknowledged with {rupees(total)} and has "
                   f"{rupees(there['total'])}")
    yield from two_calls_one_order(facts)


def two_calls_one_order(facts):
    """An order is acknowledged again only for its key, or for a concurrent call."""
    first = {}
    for call in facts.history.of_kind("create"):
        if not call.acknowledged:
            continue
        one = first.setdefault(call.created[0], call)
        together = call.started < one.ended and one.started < call.ended
        if (one.user, one.key) != (call.user, call.key) and not together:
            yield f"order {call.created[0]} was acknowledged for {one.name} and, later, for {call.name}"


def totals(facts):
    """A total is the sum of its lines at the products' prices, and the expected total if one was sent."""
    prices = facts.history.prices
    for order in facts.stored["orders"]:
        total = sum(line["price"] * line["quantity"] for line in order["items"])
        if not order["items"] or total != order["total"]:
            yield (f"order {order['_id']} has the total {rupees(order['total'])}, its lines "
                   f"{rupees(total)}")
        for line in order["items"]:
            if line["price"] != prices.get(line["product_id"]):
                yield (f"order {order['_id']} has product {line['product_id']} for "
                       f"{rupees(line['price'])}: not its price")
    for call in facts.history.of_kind("create"):
        if call.acknowledged and call.expected not in (None, call.created[1]):
            yield (f"{call.name} expected {rupees(call.expected)} and was acknowledged with "
                   f"{rupees(call.created[1])}")


def unacknowledged(facts):
    """An order without an acknowledgement is the result of a call without a key whose answer was lost."""
    lost = collections.Counter(call.user for call in facts.history.of_kind("create")
                               if call.unknown and not call.key)
    unknown = collections.defaultdict(list)
    for order in facts.stored["orders"]:
        if order["_id"] not in facts.acknowledged_orders:
            unknown[order["user_id"]].append(order["_id"])
    for user, orders in unknown.items():
        if len(orders) > lost[user]:
            yield (f"user {user} has {len(orders)} orders without an acknowledgement "
                   f"({', '.join(orders)}), of {lost[user]} unanswered calls without a key")


# ---- keys ----

def answers_of(calls):
    """The acknowledgements of one key, the first one first."""
    return sorted((call for call in calls if call.acknowledged), key=lambda call: call.ended)


def repetitions(facts, kind):
    """An acknowledged key gives the same bytes from then on, and no refusal."""
    for (user, key), calls in facts.history.by_key(kind).items():
        known = answers_of(calls)
        if not known:
            continue
        name = f"key {key} of user {user}"
        if len({call.body for call in known}) > 1:
            yield f"{name} gave {len(known)} answers that differ: " \
                  f"{sorted({call.body.decode(errors='replace') for call in known})}"
        for call in calls:
            if call.definite and not call.acknowledged and refused_wrongly(call, known[0]):
                yield f"{name} was acknowledged, and then refused with {call.status} {call.code}"


def refused_wrongly(call, known):
    """Whether a refusal follows the acknowledgement, or reports a cart as empty that no other call emptied."""
    if call.started > known.ended:
        return True
    return call.code == "cart_is_empty" and call.clean and call.ended > known.started


def keys(facts):
    yield from repetitions(facts, "create")
    yield from repetitions(facts, "cancel")


def stored_keys(facts):
    """A stored key has the answer that its user got, and its order exists."""
    answers = {(user, key): answers_of(calls)[0].body for kind in ("create", "cancel")
            for (user, key), calls in facts.history.by_key(kind).items() if answers_of(calls)}
    used = {(call.user, call.key) for call in facts.history.calls if call.key}
    for entry in facts.stored["keys"]:
        _, user, key = entry["_id"].split("|", 2)
        body = as_bytes(entry["answer"])
        if (user, key) not in used:
            yield f"key {key} of user {user} is stored, and no call used it"
        elif answers.get((user, key), body) != body:
            yield f"key {key} of user {user} is stored with {body!r}, and gave {answers[user, key]!r}"
        if not any(order in body.decode(errors="replace") for order in facts.orders_of(user)):
            yield f"key {key} of user {user} is stored, and its order does not exist: {body!r}"


def as_bytes(answer):
    return answer.encode() if isinstance(answer, str) else bytes(answer)


# ---- deliveries ----

def deliveries(facts):
    """One record for each order, of the same user, and no other records."""
    for order in facts.stored["orders"]:
        records = facts.deliveries.get(order["_id"], [])
        if len(records) != 1:
            yield f"order {order['_id']} has {len(records)} delivery records"
        for record in records:
            if record.get("user_id") != order["user_id"]:
                yield (f"order {order['_id']} is of user {order['user_id']}, its delivery of "
                       f"{record.get('user_id')}")
    for order in facts.deliveries:
        if order not in facts.orders:
            yield f"a delivery record has order {order}, which does not exist"


def histories(facts):
    """Legal steps, ascending times, the status last; no acknowledged step is missing."""
    for record in facts.stored["deliveries"]:
        yield from faults_of_history(record)
    for call in facts.history.of_kind("move"):
        if call.acknowledged and not any(has_status(record, call.word)
                                         for record in facts.deliveries.get(call.order, [])):
            yield f"order {call.order} was moved to {call.word}, and its history has no such step"


def has_status(record, word):
    return any(step["status"] == word for step in record.get("history", []))


def faults_of_history(record):
    history = record.get("history") or [{"status": None, "at": None}]
    name, words = f"order {record['order_id']}", [step["status"] for step in history]
    if words[0] != "PLACED" or any(after not in NEXT.get(before, ())
                                   for before, after in zip(words, words[1:])):
        yield f"{name} has an illegal history: {' → '.join(map(str, words))}"
    if words[-1] != record["status"]:
        yield f"{name} is {record['status']}, the last of its history {words[-1]}"
    times = [step["at"] for step in history]
    if None not in times and times != sorted(times):
        yield f"{name} has a history with descending times: {', '.join(map(str, times))}"


# ---- cancelling ----

def cancelling(facts):
    """An acknowledged cancel is in order and delivery. A cancel refused as too late, or never sent, is in neither."""
    asked, done, late = set(), {}, {}
    for call in facts.history.of_kind("cancel"):
        asked.add(call.order)
        if call.acknowledged:
            done[call.order] = call
        elif call.code == "order_can_no_longer_be_cancelled":
            late[call.order] = call
    for order in facts.stored["orders"]:
        at_delivery = any(record["status"] == "CANCELLED"
                          for record in facts.deliveries.get(order["_id"], []))
        here, name = bool(order.get("cancelled")), f"order {order['_id']}"
        if here != at_delivery:
            yield f"{name}: cancelled is {here} in the order and {at_delivery} at the delivery"
        if order["_id"] in done and not (here and at_delivery):
            yield f"{name} isn't cancelled: {done[order['_id']].name} was acknowledged"
        if order["_id"] in late and (here or at_delivery):
            yield f"{name} is cancelled: {late[order['_id']].name} was refused as too late"
        if order["_id"] not in asked and (here or at_delivery):
            yield f"{name} is cancelled, and no call asked for it"
