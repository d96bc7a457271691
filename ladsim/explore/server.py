"""The live page's server: standard library only, reachable from this machine alone.

It listens on 127.0.0.1. A request must name this host, come from our own page where it says where it comes from, and,
to change anything, carry the token that only our page was given. Bodies are small, answers are JSON or files.
"""

from __future__ import annotations

import json
import re
import secrets
import shutil
import tempfile
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from ladsim.core.errors import UserError
from ladsim.core.leftovers import owned_prefix
from ladsim.core.text import plain
from ladsim.explore.jobs import Jobs
from ladsim.report.office import NEEDED
from ladsim.site.build import ASSETS as SITE_ASSETS
from ladsim.site.build import told as site_content

HOST = "127.0.0.1"
ASSETS = Path(__file__).resolve().parent / "assets"
SCRIPTS = ("person.js", "result.js", "live.js")
LARGEST_BODY = 64 * 1024
KINDS = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".html": "text/html",
    ".csv": "text/csv",
    ".json": "application/json",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class Page:
    """What the server shows, made once."""

    def __init__(self, token: str) -> None:
        content = {**site_content(), "live": live_content(), "token": token}
        content["workbook"] = find_spec(NEEDED["xlsx"]) is not None
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
        index = (SITE_ASSETS / "index.html").read_text(encoding="utf-8")
        index = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>\n', "", index)
        index = index.replace(
            '<nav aria-label="Pages">', '<nav aria-label="Pages">\n    <a href="#live" data-page="live">Try it</a>'
        )
        scripts = "".join(f'\n<script src="{name}"></script>' for name in SCRIPTS)
        index = index.replace('<script src="tour.js"></script>', f'<script src="tour.js"></script>{scripts}')
        self.files = {
            "/": ("text/html", index.encode()),
            "/data.js": ("text/javascript", f"window.LADSIM = {text};\n".encode()),
        }
        for folder in (SITE_ASSETS, ASSETS):
            for file in sorted(folder.iterdir()):
                if file.suffix in (".js", ".css"):
                    self.files[f"/{file.name}"] = (KINDS[file.suffix], file.read_bytes())


def live_content() -> dict[str, Any]:
    """Return what the form offers: every scenario, with the terms and dates of its instruments.

    A scenario without a reference (``own``) is compared with itself as it is, so that only what is changed on the page
    makes a difference.
    """
    from ladsim.policy.library import load_instruments
    from ladsim.policy.scenario import list_scenarios, load_scenario

    library = load_instruments()
    made: dict[tuple[int, Any], dict[str, Any]] = {}
    found = []
    for row in list_scenarios():
        scenario = load_scenario(row["name"], instruments=library)
        levers = []
        for held in scenario.instruments.values():
            if held.end is not None and held.end < scenario.start:
                continue
            key = (id(held), scenario.end)
            if held is not library.get(held.id):
                levers.append(_lever(held, scenario.end))
                continue
            if key not in made:
                made[key] = _lever(held, scenario.end)
            levers.append(made[key])
        own = not row["reference"]
        told = {key: str(row[key]) for key in ("name", "title", "question", "start", "end")}
        told["reference"] = str(row["name"] if own else row["reference"])
        found.append({**told, "question": " ".join(told["question"].split()), "own": own, "levers": levers})
    return {"scenarios": found}


def _lever(held: Any, last: Any) -> dict[str, Any]:
    """Return an instrument as the form shows it; a term by nationality has no single value."""
    from ladsim.policy.kinds.registry import TERMS
    from ladsim.policy.listing import doubled

    terms = []
    for name, term in held.terms.items():
        value, spec = term.at(last), TERMS[held.lever][name]
        twice = {str(day): v for day, v in doubled(held, held.lever, ("terms", name), term).items()}
        terms.append(
            {
                "name": name,
                "unit": term.unit,
                "value": value if not isinstance(value, dict) else None,
                "steps": len(term.values),
                "double": twice if len(twice) > 1 else next(iter(twice.values())),
                "low": spec.low,
                "high": None if spec.high == float("inf") else spec.high,
                "range": list(term.range) if term.range else None,
                "evidence": term.evidence,
            }
        )
    return {"id": held.id, "title": held.title, "start": str(held.start), "end": str(held.end or ""), "terms": terms}


class Handler(BaseHTTPRequestHandler):
    """Answers requests; ``server`` holds page, jobs and token."""

    protocol_version = "HTTP/1.1"
    server: Server  # type: ignore[assignment]
    timeout = 30

    def do_GET(self) -> None:
        """Send a file of the page, news of a run, or a file of a finished run."""
        if not self._ours():
            return
        path = unquote(urlsplit(self.path).path)
        if path == "/favicon.ico":
            self._send(204, b"", "image/x-icon")
        elif path in self.server.page.files:
            kind, body = self.server.page.files[path]
            self._send(200, body, kind)
        elif found := re.fullmatch(r"/api/runs/([\w-]{1,40})", path):
            self._answer(lambda: self.server.jobs.get(found[1]).told())
        elif found := re.fullmatch(r"/api/runs/([\w-]{1,40})/people", path):
            self._answer(lambda: {"people": self.server.jobs.people(found[1])})
        elif found := re.fullmatch(r"/api/runs/([\w-]{1,40})/(\w{1,20})", path):
            self._file(found[1], found[2])
        else:
            self._refuse(404, "there is no such page")

    def do_POST(self) -> None:
        """Start a run, or stop one."""
        if not self._ours():
            return
        if not secrets.compare_digest(self.headers.get("X-Ladsim-Token", ""), self.server.token):
            self._refuse(403, "this request does not come from the page")
            return
        body = self._body()
        if body is None:
            return
        path = urlsplit(self.path).path
        if path == "/api/runs":
            self._answer(lambda: self.server.jobs.begin(body).told())
        elif found := re.fullmatch(r"/api/runs/([\w-]{1,40})/stop", path):
            self._answer(lambda: self.server.jobs.stop(found[1]).told())
        else:
            self._refuse(404, "there is no such page")

    # -- parts -------------------------------------------------------------------------------------------------------

    def _ours(self) -> bool:
        """Return whether a request names this host and comes from our own page, if it says from where it comes."""
        allowed = {f"{name}:{self.server.server_port}" for name in (HOST, "localhost")}
        origin = self.headers.get("Origin")
        if self.headers.get("Host") not in allowed:
            self._refuse(421, "this server answers to 127.0.0.1 alone")
            return False
        if origin is not None and origin not in {f"http://{name}" for name in allowed}:
            self._refuse(403, "requests from other pages are refused")
            return False
        return True

    def _body(self) -> dict[str, Any] | None:
        text = self.headers.get("Content-Length", "")
        if not text.isdigit() or int(text) > LARGEST_BODY:
            self.close_connection = True
            self._refuse(413, f"a request has at most {LARGEST_BODY:,} bytes")
            return None
        try:
            found = json.loads(self.rfile.read(int(text)) or b"{}")
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            self._refuse(400, "the request is not a JSON object")
            return None
        return found

    def _answer(self, make: Any) -> None:
        try:
            self._send(200, json.dumps(make()).encode(), "application/json")
        except UserError as error:
            self._refuse(400, plain(str(error)))

    def _file(self, name: str, which: str) -> None:
        try:
            file, body = self.server.jobs.file(name, which)
        except UserError as error:
            self._refuse(404, plain(str(error)))
            return
        self._send(200, body, KINDS.get(Path(file).suffix, "text/plain"), name=file)

    def _refuse(self, code: int, text: str) -> None:
        self._send(code, json.dumps({"error": text}).encode(), "application/json")

    def _send(self, code: int, body: bytes, kind: str, name: str | None = None) -> None:
        self.send_response(code)
        headers = {
            "Content-Type": f"{kind}; charset=utf-8",
            "Content-Length": str(len(body)),
            "Content-Security-Policy": POLICY
            if name is None
            else "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store",
        }
        if name is not None and not name.endswith(".html"):
            headers["Content-Disposition"] = f'attachment; filename="{name}"'
        for key, value in headers.items():
            self.send_header(key, value)
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing of each request."""


class Server(ThreadingHTTPServer):
    """The server, with its page and runs.

    Args:
        port: 0 for any that is free.
        fine: whether a finer run follows each first answer.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int = 0, *, fine: bool = True) -> None:
        try:
            super().__init__((HOST, port), Handler)
        except OSError as error:
            raise UserError(
                f"cannot listen here: {error.strerror}", key="port", value=port, expected="a port that is free, or 0"
            ) from None
        self.token = secrets.token_urlsafe(24)
        self.page = Page(self.token)
        self._folder = Path(tempfile.mkdtemp(prefix=owned_prefix("explore")))
        self.jobs = Jobs(self._folder, fine=fine)

    @property
    def address(self) -> str:
        """Where the page is."""
        return f"http://{HOST}:{self.server_port}/#live"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A broken connection needs no message."""

    def server_close(self) -> None:
        """End all runs and remove their files."""
        self.jobs.close()
        super().server_close()
        shutil.rmtree(self._folder, ignore_errors=True)


def serve(options: Mapping[str, Any]) -> None:
    """Serve the page until Ctrl-C.

    Args:
        options: ``port`` and ``open`` (whether a browser is opened).

    Raises:
        UserError: the port is taken or no port.
    """
    port = options.get("port", 0)
    if isinstance(port, bool) or not isinstance(port, int) or not 0 <= port <= 65535:
        raise UserError("not a port", key="port", value=port, expected="0 (any that is free) to 65535")
    server = Server(port)
    print(f"ladsim explore: {server.address}  (Ctrl-C ends it)", flush=True)
    if options.get("open", False):
        import webbrowser

        webbrowser.open(server.address)
    try:
        server.serve_forever()
    finally:
        server.server_close()
