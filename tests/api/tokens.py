"""Tokens made by hand: JWT in its compact form (RFC 7515), also invalid ones."""

import base64
import hashlib
import hmac
import json
import time

from client import SECRETS


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(part):
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def claims_of(token):
    """Header and claims of a token, unchecked."""
    header, claims, _ = token.split(".")
    return json.loads(decode(header)), json.loads(decode(claims))


def claims(user_id, role=None, seconds=600, **more):
    """The claims of a person's token."""
    now = int(time.time())
    made = {"user_id": user_id, "role": role, "iat": now, "exp": now + seconds, "aud": "shop", **more}
    return {name: value for name, value in made.items() if value is not None}


def sign(secret, payload, alg="HS256"):
    """A token; `payload` are claims, or bytes that are signed as they are."""
    digests = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}
    if not isinstance(payload, bytes):
        payload = json.dumps(payload).encode()
    header = json.dumps({"alg": alg, "typ": "JWT"}).encode()
    signed = f"{encode(header)}.{encode(payload)}"
    digest = digests.get(alg)
    mac = hmac.new(secret.encode(), signed.encode(), digest).digest() if digest else b""
    token = f"{signed}.{encode(mac)}"
    SECRETS.add(token)
    return token


def service_token(shop, seconds=600, user_id="0" * 24):
    """A token as services make it for internal calls."""
    return sign(shop.service_secret, claims(user_id, "service", seconds, aud="shop-internal"))
