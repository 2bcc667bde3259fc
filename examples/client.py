"""Calls each of the three operations once, on any of the backends.

Start one (`make serve`), then run `.venv/bin/python examples/client.py [URL]`.
"""

import sys

import requests

from shared.address import parse_address
from shared.errors import BadUrl


def call(url: str) -> None:
    """Print an answer of each operation; raises `requests.RequestException` without a right one."""
    with requests.Session() as session:
        session.trust_env = False  # no proxy of the environment between us and the backend

        answer = session.get(f"{url}/api/count", timeout=10)
        answer.raise_for_status()
        print("count:", answer.json()["count"])

        answer = session.post(f"{url}/api/letter_count", json={"name": "Alice"}, timeout=10)
        answer.raise_for_status()
        print("letters in Alice:", answer.json()["letter_count"])

        flower = [5.1, 3.5, 1.4, 0.2]  # sepal length and width, petal length and width, in cm
        answer = session.post(f"{url}/api/predict", json={"instances": [flower]}, timeout=10)
        answer.raise_for_status()
        print("prediction:", answer.json()["predictions"][0])


url = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:5000"
try:
    call(str(parse_address(url)))
except BadUrl as exc:
    problem = str(exc)
except requests.exceptions.SSLError:
    problem = f"no TLS is spoken at {url}, or its certificate is not trusted"
except requests.ConnectionError:
    problem = f"nothing answers at {url}; start a backend (`make serve`)"
except (requests.RequestException, LookupError, TypeError) as exc:
    problem = f"no right answer from {url}: {exc}"
else:
    sys.exit(0)
print(f"client.py: {problem}", file=sys.stderr)
sys.exit(2)
