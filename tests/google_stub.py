"""A stand-in for Google's log-in, as a real HTTP server: its consent page and its token endpoint.

It checks what Google checks: the client and its secret, the redirect address, PKCE (RFC 7636), and that a code is used once.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt

CLIENT_ID, CLIENT_SECRET = "rowan-test.apps.example", "not-so-secret"


class GoogleStub:
    """`person` is who is signed in to Google (an id_token's claims), or None for somebody who presses Cancel."""

    def __init__(self) -> None:
        self.person: dict[str, Any] | None = None
        self.claims: dict[str, Any] = {}  # what the id_token says otherwise than it should
        self.codes: dict[str, dict[str, str]] = {}
        self.refused: list[str] = []  # why token requests were turned down
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> "GoogleStub":
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def authorize(self, asked: dict[str, str]) -> str:
        """Where the consent page sends the browser."""
        if self.person is None:
            return f"{asked['redirect_uri']}?{urlencode({'error': 'access_denied', 'state': asked['state']})}"
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def token(self, sent: dict[str, str]) -> tuple[int, dict[str, Any]]:
        asked = self.codes.pop(sent.get("code", ""), None)
        wrong = self._wrong(asked, sent)
        if asked is None or wrong:
            self.refused.append(wrong or "unknown code")
            return 400, {"error": "invalid_grant", "error_description": wrong}
        now = int(time.time())
        claims = {"iss": "https://accounts.google.com", "aud": CLIENT_ID, "iat": now, "exp": now + 3600}
        # allauth takes the token straight from Google over TLS, so it does not check the signature (OpenID Connect 3.1.3.7).
        id_token = jwt.encode({**claims, **(self.person or {}), **self.claims}, secrets.token_hex(32), "HS256")
        return 200, {"access_token": secrets.token_urlsafe(16), "expires_in": 3600, "token_type": "Bearer", "id_token": id_token}

    def _wrong(self, asked: dict[str, str] | None, sent: dict[str, str]) -> str:
        if asked is None:
            return "unknown code"
        if (sent.get("client_id"), sent.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return "unknown client"
        if sent.get("redirect_uri") != asked["redirect_uri"]:
            return "another redirect_uri"
        digest = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        if asked.get("code_challenge") != base64.urlsafe_b64encode(digest).rstrip(b"=").decode():
            return "PKCE failed"
        return ""

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                url = urlsplit(self.path)
                if url.path != "/authorize":
                    return self.send_error(404)
                self.send_response(302)
                self.send_header("Location", stub.authorize(_flat(url.query)))
                self.end_headers()
                return None

            def do_POST(self) -> None:
                sent = _flat(self.rfile.read(int(self.headers["Content-Length"])).decode())
                status, answer = stub.token(sent)
                body = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        return Handler


def _flat(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query).items()}
