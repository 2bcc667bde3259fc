"""Servers before a backend: TLS, and a gateway that asks for a key under a prefix."""

import contextlib
import socket
import ssl
import threading
from dataclasses import replace

import trustme

from contract_tests.http.messages import Answer
from tests.contract_tests.wrong_backends.tiny_server import Content, Head, Incoming, TinyServer


class Gateway(TinyServer):
    """Serves an application under a prefix, to whoever has the key.

    Its refusals tell what they were sent, as a debugging page would.
    """

    def __init__(self, app, prefix="/v1", field=("X-Key", "let-me-in-4711")):
        self.prefix, self.field = prefix, field
        super().__init__(app)

    def answer(self, incoming: Incoming, head: Head) -> tuple[Answer, Content]:
        if self.field not in head.fields or not head.target.startswith(self.prefix + "/"):
            content = repr(head).encode()
            fields = (("Content-Length", str(len(content))),)
            return Answer(403, fields, content), Content(incoming, head, lambda: None)
        inner = replace(head, target=head.target.removeprefix(self.prefix))
        return super().answer(incoming, inner)


class TlsFront:
    """Ends TLS before a server, and hands both directions on as they come."""

    def __init__(self, port, host="127.0.0.1"):
        self.authority = trustme.CA()
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.authority.issue_cert(host).configure_cert(self._context)
        self._listener = socket.create_server((host, 0), backlog=256)
        self._port = port
        self._open = set()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def url(self):
        host, port = self._listener.getsockname()[:2]
        return f"https://{host}:{port}"

    def close(self):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.close()
        self._thread.join()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=[connection], daemon=True).start()

    def _serve(self, connection):
        with contextlib.suppress(OSError):
            self._pump(connection)
        self._open.discard(connection)
        connection.close()

    def _pump(self, connection):
        """Both directions in one thread each; the client's end is handed on, and answers after."""
        self._open.add(connection)
        outside = self._context.wrap_socket(connection, server_side=True)
        self._open.add(outside)
        with outside, socket.create_connection(("127.0.0.1", self._port)) as inside:
            back = threading.Thread(target=self._hand_back, args=[inside, outside], daemon=True)
            back.start()
            with contextlib.suppress(OSError):
                while data := outside.recv(64 * 1024):
                    inside.sendall(data)
            with contextlib.suppress(OSError):
                inside.shutdown(socket.SHUT_WR)
            back.join()
        self._open.discard(outside)

    @staticmethod
    def _hand_back(inside, outside):
        with contextlib.suppress(OSError):
            while data := inside.recv(64 * 1024):
                outside.sendall(data)
            outside.unwrap()
