"""Other model servers are started, checked and ended; one that cannot be is out with its reason."""

import argparse
import sys
from pathlib import Path

import psutil
import pytest

from benchmarks.errors import PeerOut, WrongAnswers
from benchmarks.peers import command
from benchmarks.peers.environments import make_environment, serving
from benchmarks.peers.peer import Peer
from tests.benchmarks.miniature import Miniature, response, wrong_once_in
from tests.programs import need

OURS = Path(sys.prefix)
ECHO = """
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(content)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def peer(*arguments, prepare=()):
    """A server of this environment, which answers what it is sent."""
    return Peer("echo", ("pip",), arguments, "/predict", list, list, prepare)


def test_a_peer_is_asked_for_the_row_and_ended():
    with serving(peer("-c", ECHO, "{port}"), OURS, OURS, None) as url:
        [child] = [one for one in psutil.Process().children() if ECHO in one.cmdline()]
        server = command._peer_server(peer(), url, ["setosa"], "setosa")
        assert (server.content, server.answer) == (b'["setosa"]', b'["setosa"]')
        with pytest.raises(PeerOut, match=r"^echo answers otherwise; it printed: "):
            command._peer_server(peer(), url, ["setosa"], "virginica")
    assert not child.is_running()


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (peer("-c", "raise SystemExit('no model')"), "cannot be started; it printed: no model"),
        (
            peer("-c", ECHO, "{port}", prepare=("-c", "raise SystemExit('no model')")),
            "does not take the model; it printed: no model",
        ),
    ],
)
def test_a_peer_that_cannot_be_started_is_out_with_what_it_printed(broken, why):
    with pytest.raises(PeerOut, match=why), serving(broken, OURS, OURS, None):
        pytest.fail("it does not serve")


@pytest.mark.long
def test_a_peer_that_cannot_be_installed_is_out(monkeypatch, tmp_path):
    monkeypatch.setenv("PODIUM_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(PeerOut, match="echo cannot be installed; it printed: ERROR: "):
        make_environment(peer())


def test_each_answer_under_load_is_compared():
    need("wrk")

    right = response(b'{"count":0}')
    chosen = argparse.Namespace(connections=2, duration=1)
    always = wrong_once_in(1, lambda connection, *_: connection.sendall(right))

    def but_for_one(connection, number, _):
        connection.sendall(response(b'{"count":1}') if number == 20 else right)

    def measure(send):
        with Miniature(send).running() as miniature:
            url = f"{miniature.url}/api/count"
            return command._wrk(command._Server("mini", url, b"{}", b'{"count":0}'), chosen, None)

    assert measure(always) > 0
    with pytest.raises(WrongAnswers, match=r"mini failed under predict \(1 answers of wrk"):
        measure(but_for_one)


def test_the_fastest_stack_is_to_be_six_times_as_fast_as_the_fastest_peer(capsys):
    rates = {"ours": [600.0, 660.0], "other": [100.0, 100.0], "slow": [10.0, 10.0]}
    assert command._print(rates, ["ours"]) == 0
    assert "| other | 100/s | 6.30 |" in capsys.readouterr().out
    assert command._print(rates | {"other": [200.0, 200.0]}, ["ours"]) == 1
