"""An identity provider of our own on 127.0.0.1: OpenID Connect's code flow, signed tokens."""

from __future__ import annotations

import base64
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

CLIENT_ID = "medaudit"
CLIENT_SECRET = "the client's secret, long enough"


@dataclass
class Provider:
    """Whom the provider vouches for, without asking anybody."""

    address: str
    claims: dict[str, Any] = field(default_factory=dict)
    age_s: float = 0
    """How long ago the person signed in there."""

    def secrets_toml(self, app: str) -> str:
        return (
            f'[auth]\nredirect_uri = "{app}/oauth2callback"\n'
            f'cookie_secret = "{secrets.token_hex(32)}"\nclient_id = "{CLIENT_ID}"\n'
            f'client_secret = "{CLIENT_SECRET}"\n'
            f'server_metadata_url = "{self.address}/.well-known/openid-configuration"\n'
        )


@contextmanager
def identity_provider() -> Iterator[Provider]:
    from joserfc import jwt
    from joserfc.jwk import RSAKey

    key = RSAKey.generate_key(2048, {"kid": "1", "use": "sig", "alg": "RS256"}, private=True)
    nonces: dict[str, str] = {}

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            return

        def reply(self, body: dict[str, Any]) -> None:
            text = json.dumps(body).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def do_GET(self) -> None:
            place = urlsplit(self.path)
            asked = {k: v[0] for k, v in parse_qs(place.query).items()}
            at = provider.address
            if place.path == "/.well-known/openid-configuration":
                self.reply(
                    {
                        "issuer": at,
                        "authorization_endpoint": f"{at}/authorize",
                        "token_endpoint": f"{at}/token",
                        "jwks_uri": f"{at}/jwks",
                        "id_token_signing_alg_values_supported": ["RS256"],
                        "code_challenge_methods_supported": ["S256"],
                    }
                )
            elif place.path == "/jwks":
                self.reply({"keys": [key.as_dict(private=False)]})
            else:
                code = secrets.token_hex(8)
                nonces[code] = asked.get("nonce", "")
                back = urlencode({"code": code, "state": asked["state"]})
                self.send_response(302)
                self.send_header("location", f"{asked['redirect_uri']}?{back}")
                self.end_headers()

        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
            basic = self.headers.get("authorization", "").removeprefix("Basic ")
            given = base64.b64decode(basic).decode()
            if given.partition(":")[0] != CLIENT_ID:
                self.send_error(401)
                return
            now = time.time() - provider.age_s
            token = {
                "iss": provider.address,
                "aud": CLIENT_ID,
                "iat": int(now),
                "exp": int(time.time() + 3600),
                "nonce": nonces.pop(form["code"][0]),
                **provider.claims,
            }
            signed = jwt.encode({"alg": "RS256", "kid": "1"}, token, key)
            self.reply(
                {"access_token": "a", "token_type": "Bearer", "expires_in": 60, "id_token": signed}
            )

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider = Provider(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
