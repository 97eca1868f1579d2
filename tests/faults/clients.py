"""Clients that check every byte they get, in plain and over TLS. What they get is right, or visibly not, or the test fails.
"""
import socket
import ssl

from servers import answer

WITHIN = 60  # seconds; what takes longer hangs
PIECES = (b"a" * 10, b"b" * 70_000, b"c")  # of a tunnel


class Wrong(Exception):
    """What must not happen, happened."""


def require(holds, what: str):
    if not holds:
        raise Wrong(what)


def tls_client(certificates, version=None) -> ssl.SSLContext:
    """Trusts these certificates and no others. They are their own CA."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for certificate in certificates:
        context.load_verify_locations(certificate.file)
    if version:
        context.minimum_version = context.maximum_version = version
    return context


class Client:
    """Keeps its connection while it can. Gives True for the right answer, False for an error that can be seen."""

    def __init__(self, port: int, tls: ssl.SSLContext | None = None):
        self.port, self.tls, self.socket, self.stream = port, tls, None, None
        self.session = None  # to be resumed

    def _connect(self):
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=WITHIN)
        if self.tls:
            raw, self.socket = self.socket, None
            try:  # an end without a goodbye is an error then
                self.socket = self.tls.wrap_socket(raw, server_hostname="localhost", session=self.session,
                                                   suppress_ragged_eofs=False)
            finally:
                if not self.socket:
                    raw.close()
        self.stream = self.socket.makefile("rb")

    def close(self):
        if self.stream:
            self.stream.close()
        if self.socket:
            if self.tls:
                self.session = self.socket.session
            self.socket.close()
        self.socket = self.stream = None

    def ask(self, method: str, target: str, body: bytes = b"") -> bool:
        try:
            if not self.socket:
                self._connect()
            length = f"Content-Length: {len(body)}\r\n" if body else ""
            self.socket.sendall(f"{method} {target} HTTP/1.1\r\nHost: shop\r\n{length}\r\n".encode() + body)
            right, keeps = self._receive(method, target, body)
            if not keeps:
                self.close()
            return right
        except TimeoutError as error:
            raise Wrong(f"{method} {target}: no answer and no end within {WITHIN} s") from error
        except OSError:  # of TLS, too
            self.close()
            return False

    def _head(self) -> tuple[int, dict]:
        """(0, {}) where it is cut off."""
        status_line = self.stream.readline()
        fields = {}
        while (field := self.stream.readline()) not in (b"\r\n", b""):
            name, _, value = field.decode().partition(":")
            fields[name.lower()] = value.strip()
        return (0, {}) if field == b"" else (int(status_line.split(b" ")[1]), fields)

    def _receive(self, method: str, target: str, body: bytes) -> tuple[bool, bool]:
        status, fields = self._head()
        if not status:
            return False, False
        length = 0 if method == "HEAD" else int(fields["content-length"])
        got = self.stream.read(length)
        whole, keeps = len(got) == length, fields.get("connection") != "close"
        expected = answer(method, target, body)
        if status == 200:
            require(fields.get("content-length") == str(len(expected)), f"{method} {target}: another answer's length")
            require(method == "HEAD" or expected.startswith(got), f"{method} {target}: wrong bytes: {got[:200]!r}")
            return whole, keeps and whole
        require(500 <= status < 600 and b"price" not in got, f"{method} {target}: {status} {got[:200]!r}")
        return False, keeps and whole

    def tunnel(self) -> bool:
        """Speaks through a tunnel, a piece and its echo at a time, and ends it. What comes is a part of what was sent."""
        try:
            self.close()
            self._connect()
            self.socket.sendall(b"GET /socket HTTP/1.1\r\nHost: shop\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
            status, _ = self._head()
            require(status in (0, 101) or 500 <= status < 600, f"the tunnel is answered with {status}")
            if status != 101:
                return False
            for piece in PIECES:
                self.socket.sendall(piece)
                got = self.stream.read(len(piece))
                require(piece.startswith(got), f"wrong bytes from the tunnel: {got[:200]!r}")
                if len(got) < len(piece):
                    return False
            if not self.tls:  # Python has no half a close over TLS
                self.socket.shutdown(socket.SHUT_WR)
                require(self.stream.read() == b"", "the tunnel says what nobody said")
            return True
        except TimeoutError as error:
            raise Wrong(f"the tunnel neither goes on nor ends within {WITHIN} s") from error
        except OSError:
            return False
        finally:
            self.close()
