"""Whatever a person writes as an address gives one outcome, whoever takes it."""

import os
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from shared.address import listen_hosts, parse_address
from shared.errors import BadHost, BadUrl
from tests.benchmarks.locust_run import long_enough
from tests.benchmarks.miniature import Miniature

ROOT = Path(__file__).parents[2]
LOCUST = ("-m", "locust", "-f")
RUN = ("LetterCount", "--headless", "-u", "1", "--only-summary", "--host")
NOTHING_ASKED = re.compile(r"Aggregated +0 ")
CLIENTS = {
    "client.py": ("examples/client.py",),
    "load": ("-m", "podium", "load", "--operation", "letter_count", "--duration", "0.2", "--url"),
    "locustfile": (*LOCUST, "benchmarks/locustfile.py", *RUN),
    "engine's locustfile": (*LOCUST, "benchmarks/engine/locustfile.py", *RUN),
}
CLOSED = "http://127.0.0.1:1"
PROXIES = dict.fromkeys(
    ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"), CLOSED
)


@pytest.fixture(scope="module")
def plain_port():
    """The port of a server that answers whatever is no HTTP with 400, as most do."""
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        yield server.server_port
        server.shutdown()


def ask(client: str, url: str) -> "subprocess.CompletedProcess[str]":
    """A client of the project asks the backend at `url`; the environment names a dead proxy."""
    if "locustfile" not in client:
        return ask_by(CLIENTS[client], url)
    found = []

    def run(seconds: str) -> "subprocess.CompletedProcess[str]":
        found.append(ask_by(CLIENTS[client], url, "-t", seconds))
        return found[-1]

    return long_enough(run, lambda: not NOTHING_ASKED.search(found[-1].stdout + found[-1].stderr))


def ask_by(command, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = {name: text for name, text in os.environ.items() if name.lower() != "no_proxy"}
    return subprocess.run(
        [sys.executable, *command, *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment | PROXIES,
        timeout=100,
        check=False,
    )


@pytest.mark.parametrize(("client", "path"), [*((name, "/") for name in CLIENTS), ("load", "/v1/")])
def test_a_slash_or_path_behind_an_address_and_a_proxy_do_no_harm(client, path) -> None:
    with Miniature().running() as miniature:
        done = ask(client, f"{miniature.url}{path}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert miniature.asked


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://user:secret@127.0.0.1:1", "a name or password before"),
        ("http://127.0.0.1:1/?key=secret", "with a query or fragment"),
        ("127.0.0.1:1", "is no address of a backend"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_and_no_secret_told(client, url, says) -> None:
    done = ask(client, url)
    told = done.stdout + done.stderr
    assert done.returncode == 2, told
    assert says in told
    assert "secret" not in told
    assert "Traceback" not in told


@pytest.mark.parametrize("url", [" http://127.0.0.1:5000", "http://127.0.0.1:5000/ \r\n"])
def test_white_space_around_an_address_does_no_harm(url) -> None:
    assert str(parse_address(url)) == "http://127.0.0.1:5000"


@pytest.mark.parametrize(
    "url",
    [
        *("http://[::1]5000", "http://[v1.a]:5000", "http://127.0.0.1 :5000"),
        *("http://127.0.0.1:5000\t0", "http://127.0.0.1\n:5000", "http://a%00b", "http://a,b"),
        *("http://'127.0.0.1':5000", "http://<host>:5000", "http:\\\\127.0.0.1"),
    ],
)
def test_a_slip_in_a_host_is_refused_and_not_made_another_address(url) -> None:
    with pytest.raises(BadUrl, match="is no address of a backend"):
        parse_address(url)


@pytest.mark.parametrize("zone", ["%eth0", "%25eth0"])
def test_no_client_takes_an_address_with_a_zone(zone) -> None:
    """requests and most servers do not; the server's side is refused it too."""
    with pytest.raises(BadUrl, match="has a zone"):
        parse_address(f"http://[fe80::1{zone}]:5000")


@pytest.mark.parametrize("host", ["127.0.0.1:5000", "[::1]:5000", "http://127.0.0.1", "a/b"])
def test_a_host_to_listen_on_with_more_than_it_is_pointed_to_the_port(host) -> None:
    with pytest.raises(BadHost, match="--port"):
        listen_hosts(host)


def test_all_addresses_of_ipv6_are_refused_at_once_where_it_is_turned_off() -> None:
    """A server can be bound to them there, and would be waited for in vain."""
    off = "ip link set lo up && echo 1 > /proc/sys/net/ipv6/conf/lo/disable_ipv6"
    alone = ("unshare", "--user", "--net", "--map-root-user", "sh", "-c")
    if subprocess.run([*alone, off], capture_output=True, check=False).returncode:
        pytest.skip("only Linux with network namespaces has networks at will")
    serve = (sys.executable, "-m", "podium", "serve", "wsgi", "--host", "::")
    done = subprocess.run(
        [*alone, f'{off} && exec "$@"', "sh", *serve],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=100,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert done.stderr == "podium: cannot listen on ::, port 5000: no client can connect to it\n"


@pytest.mark.parametrize("client", CLIENTS)
def test_tls_with_a_backend_that_speaks_none_is_told_so(client, plain_port) -> None:
    done = ask(client, f"https://127.0.0.1:{plain_port}")
    told = done.stdout + done.stderr
    assert done.returncode != 0
    assert "TLS" in told or "WRONG_VERSION_NUMBER" in told
    assert "Traceback" not in told


def test_the_example_without_a_backend_says_so_in_a_sentence() -> None:
    done = ask("client.py", CLOSED)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"client.py: nothing answers at {CLOSED}; start a backend (`make serve`)\n"
    )


@pytest.mark.parametrize(
    ("url", "says"),
    [(CLOSED, "Connection refused"), ("https://127.0.0.1:PORT", "speaks plain HTTP")],
)
@pytest.mark.parametrize("command", ["check", "fuzz"])
def test_a_backend_that_cannot_be_reached_is_told_before_any_work(
    command, url, says, tmp_path, plain_port
) -> None:
    with Miniature().running() as miniature:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "podium", command),
                *("--url", url.replace("PORT", str(plain_port))),
                *(("--url", miniature.url) if command == "fuzz" else ("--case", "1.1.1")),
            ],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            timeout=100,
            check=False,
        )
    assert done.returncode == 2, done.stdout + done.stderr
    assert "no backend answers at" in done.stderr
    assert says in done.stderr
    assert not list(tmp_path.iterdir())
