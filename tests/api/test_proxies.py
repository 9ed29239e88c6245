"""A proxy in front of the shop: nginx with default settings and a proxy_pass."""

import subprocess
import time

import pytest

from checks import ok
from client import Client
from internal_client import WAY, InternalClient
from instance import choose_ports, wait_until
from journey import status
from subscribers import Subscriber, path_of

SOON = 1
CLOSED_WITHIN = 5
# It speaks HTTP/1.0 to the shop, sends the upstream's name as Host, and buffers answers.
CONFIG = """daemon off; worker_processes 1; pid nginx.pid; error_log stderr;
events {{ }}
http {{
    access_log off;
    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path a; scgi_temp_path b; uwsgi_temp_path c;
    upstream shop {{ server 127.0.0.1:{shop}; }}
    server {{
        listen 127.0.0.1:{port};
        location / {{ proxy_pass http://shop; }}
    }}
}}
"""


@pytest.fixture(scope="module")
def front(shop, tmp_path_factory):
    """The shop's ports with the proxy's in place of the gateway's."""
    folder = tmp_path_factory.mktemp("front")
    port, = choose_ports(1)
    (folder / "nginx.conf").write_text(CONFIG.format(shop=shop.ports["gateway"], port=port))
    process = subprocess.Popen(["/usr/sbin/nginx", "-p", folder, "-c", "nginx.conf"],
                               stderr=subprocess.DEVNULL)
    ports = {**shop.ports, "gateway": port}
    try:
        wait_until(lambda: answers(ports), 5, "the proxy answers")
        yield ports
    finally:
        process.terminate()
        process.wait(10)


def answers(ports):
    try:
        return Client(ports).get("/healthz").status == 200
    except OSError:
        return False


def test_events_arrive_one_by_one_through_a_buffering_proxy(shop, shopper, front):
    internal_client = InternalClient(shop)
    order_id = internal_client.place(shopper.user_id)
    client = Client(front, shopper.token)
    with Subscriber(client, order_id) as subscriber:
        subscriber.wait_for_states("PLACED", seconds=SOON)
        for n, word in enumerate(WAY[1:], 2):
            began = time.monotonic()
            internal_client.move(order_id, word)
            assert subscriber.wait_for_states(*WAY[:n]) - began < SOON
        subscriber.wait_for_end(CLOSED_WITHIN)
        assert not subscriber.errors
    answer = client.get(path_of(order_id), headers={"Last-Event-ID": subscriber.last_id})
    assert answer.status == 204, answer
    assert ok(status(client, order_id))["status"] == "DELIVERED"
