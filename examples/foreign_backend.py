"""A backend that knows nothing of podium: Python's standard library, and a model of its own.

It tells penguins apart by bill and flipper, and serves count, letter_count, predict and health as
one might write them in an afternoon. `docs/check-your-backend.md` checks it.

    python examples/foreign_backend.py [PORT]
"""

import contextlib
import itertools
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import dist, exp

# Mean bill and flipper length of each species, in millimetres.
SPECIES = {"adelie": (38.8, 190.0), "chinstrap": (48.8, 195.8), "gentoo": (47.5, 217.2)}
counter = itertools.count(1)


def classify(row):
    weights = {name: exp(-dist(row, centre) / 5) for name, centre in SPECIES.items()}
    total = sum(weights.values())
    return max(weights, key=weights.get), [weight / total for weight in weights.values()]


class Penguins(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        if self.path == "/api/count":
            self.answer(200, {"count": next(counter)})
        elif self.path == "/api/health":
            self.answer(200, {"status": "ok"})
        else:
            self.answer(404, {"error": "not found"})

    def do_POST(self):
        content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path not in ("/api/letter_count", "/api/predict"):
            self.answer(404, {"error": "not found"})
            return
        next(counter)
        try:
            asked = json.loads(content)
            if self.path == "/api/letter_count":
                name = asked.get("name", "")
                self.answer(200, {"name": name, "letter_count": len(name)})
            else:
                found = [classify(row) for row in asked["instances"]]
                predictions, probabilities = zip(*found, strict=True)
                self.answer(
                    200,
                    {
                        "model": {"name": "penguins", "version": "3"},
                        "predictions": predictions,
                        "probabilities": probabilities,
                    },
                )
        except (ValueError, KeyError, TypeError, AttributeError):
            self.answer(400, {"error": "bad request"})

    def answer(self, status, value):
        content = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        """Says nothing."""


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8000
    with ThreadingHTTPServer(("127.0.0.1", port), Penguins) as server:
        print(f"http://127.0.0.1:{server.server_port}", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()
