"""What the Python scripts share: the official client pointed at a sandbox, the sandbox's own controls, a receiver of webhooks."""

import hashlib
import hmac
import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl

import mailchimp_marketing
import requests
from mailchimp_marketing.api_client import ApiClientError

# How long a webhook may take to arrive.
PATIENCE = 10


def subscriber_hash(email):
    return hashlib.md5(email.lower().encode()).hexdigest()


def equal(found, wanted, where=""):
    assert found == wanted, f"{where} {found!r} is not {wanted!r}"


class Sandbox:
    """A running sandbox: its controls under /__sandbox, and clients that hold one of its tokens."""

    def __init__(self, base_url):
        self.base_url = base_url
        self.token = self.control("POST", "tokens")["access_token"]
        self.mailchimp = self.client({"access_token": self.token})

    def control(self, method, path, body=None):
        answer = requests.request(method, f"{self.base_url}/__sandbox/{path}", json=body or {})
        assert answer.ok, f"{path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def client(self, credentials):
        # The client replaces "server" everywhere in its URLs by this; empty, it leaves them alone.
        client = mailchimp_marketing.Client({**credentials, "server": "", "timeout": 10})
        client.api_client.host = f"{self.base_url}/3.0"
        return client

    def act(self, list_id, email, action, **details):
        """Does something to a member as the person, the admin, or the mail that bounces."""
        return self.control("POST", f"members/{list_id}/{email}/{action}", details)

    def pass_time(self, seconds):
        self.control("POST", "clock", {"advance_seconds": seconds})


def refused(call, *args, **kwargs):
    """Status, title and whole document of the error that a call has to end with."""
    try:
        answer = call(*args, **kwargs)
    except ApiClientError as error:
        problem = json.loads(error.text)
        equal(problem["status"], error.status_code)
        return error.status_code, problem["title"], problem
    raise AssertionError(f"was not refused: {answer}")


def nothing(answer):
    """204: the client hands out the bare response of its HTTP library."""
    equal((answer.status_code, answer.content), (204, b""))


class Receiver:
    """Takes webhooks as an application would. `on_check` runs while Mailchimp asks whether the URL works."""

    def __init__(self, on_check=lambda: None):
        self.received = []
        arrived = self.arrived = threading.Condition()
        received = self.received

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                on_check()
                self.answer()

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with arrived:
                    received.append((dict(parse_qsl(body.decode(), keep_blank_values=True)), self.headers, body))
                    arrived.notify_all()
                self.answer()

            def answer(self):
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, kind):
        """The next webhook of this kind."""
        deadline = time.monotonic() + PATIENCE
        with self.arrived:
            while True:
                for place, (fields, headers, body) in enumerate(self.received):
                    if fields["type"] == kind:
                        del self.received[place]
                        return fields, headers, body
                if not self.arrived.wait(deadline - time.monotonic()):
                    raise AssertionError(f"no {kind}, only {[fields['type'] for fields, *_ in self.received]}")


def is_signed(headers, body, secret):
    """Checks X-Mailchimp-Signature as Mailchimp's documentation tells receivers to."""
    parts = dict(part.split("=", 1) for part in headers["X-Mailchimp-Signature"].split(","))
    wanted = hmac.new(secret.encode(), f"{parts['t']}.".encode() + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(wanted, parts["v1"]) and abs(time.time() - int(parts["t"])) < 300


def run(chapters):
    """Runs chapter by chapter on the sandbox that the command line names."""
    sandbox = Sandbox(sys.argv[1])
    for chapter in chapters:
        chapter(sandbox)
        print("passed:", chapter.__name__.replace("_", " "))
