"""A local server that speaks Twilio's messages API: form POST, JSON answers, error codes, lists, signed callbacks."""

import base64
import itertools
import json
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from twilio.request_validator import RequestValidator

ACCOUNT = "AC" + "0" * 32
TOKEN = "un-jeton-de-test"
PATH = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
CUT = "cut"  # take the message, then close the connection without an answer
HANG = "hang"  # take the message, then keep the line open until `release`


class TwilioServer:
    """`plan` the next answers: (status, code), CUT or HANG; without a plan every message is taken."""

    def __init__(self):
        self.messages = []
        self.asked = []
        self.posts = 0
        self.plan = []
        self.plan_lists = []
        self.taken_then = {}
        self.hanging = threading.Event()
        self.release = threading.Event()
        self._numbers = itertools.count(1)
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.twilio = self
        self._http.daemon_threads = True
        self.base = f"http://127.0.0.1:{self._http.server_port}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    def start(self):
        self._thread.start()

    def stop(self):
        self.release.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def take(self, form):
        message = {
            "sid": f"SM{next(self._numbers):032d}",
            "to": form["To"],
            "from": form.get("From"),
            "body": form["Body"],
            "status": "queued",
            "error_code": None,
            "date_created": datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S +0000"),
            "date_sent": None,
            "account_sid": ACCOUNT,
            "callback": form.get("StatusCallback"),
            "validity": form.get("ValidityPeriod"),
        }
        self.messages.append(message)
        return message

    def callback(self, message, status, error_code=None, token=TOKEN):
        """The form and the signature that Twilio would post to our status callback."""
        form = {"MessageSid": message["sid"], "MessageStatus": status, "To": message["to"], "AccountSid": ACCOUNT}
        if error_code:
            form["ErrorCode"] = str(error_code)
        return form, RequestValidator(token).compute_signature(message["callback"], form)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def twilio(self):
        return self.server.twilio

    def log_message(self, *args):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        form = {key: values[0] for key, values in parse_qs(body.decode()).items()}
        if not self._is_allowed():
            return
        self.twilio.posts += 1
        step = self.twilio.plan.pop(0) if self.twilio.plan else 201
        if isinstance(step, tuple) and step[0] != 201:
            self._refuse(*step)
            return
        message = self.twilio.take(form)
        if step == HANG:
            self.twilio.hanging.set()
            self.twilio.release.wait(60)
        if step in (CUT, HANG):
            self.close_connection = True
            return
        self._answer(201, message)

    def do_GET(self):
        if not self._is_allowed():
            return
        query = {key: values[0] for key, values in parse_qs(urlsplit(self.path).query).items()}
        self.twilio.asked.append(query)
        if self.twilio.plan_lists:
            self._refuse(*self.twilio.plan_lists.pop(0))
            return
        found = [one for one in reversed(self.twilio.messages) if one["to"] == query.get("To", one["to"])]
        self._answer(200, {"messages": found, "next_page_uri": None, "page": 0, "page_size": 50, "uri": PATH})

    def _is_allowed(self):
        expected = "Basic " + base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
        if urlsplit(self.path).path != PATH or self.headers.get("Authorization") != expected:
            self._refuse(401, 20003)
            return False
        return True

    def _refuse(self, status, code):
        self._answer(status, {"code": code, "message": "refused", "status": status, "more_info": ""})

    def _answer(self, status, content):
        payload = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)


def wait_until(condition, *, what, seconds=60):
    """For other processes: ask again until it is so; the limit only ends a test that has failed."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"never came: {what}")
        time.sleep(0.02)
