"""Calls each of the three operations once, on any of the backends.

Start one (`make serve`), then run `.venv/bin/python examples/client.py [URL]`.
"""

import sys

import requests

url = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:5000"

with requests.Session() as session:
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
