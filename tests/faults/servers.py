"""The servers that a run of faults talks to, and their certificates. They stay while programs come and go, answer with a
body that depends on the request alone, and echo what comes through a tunnel.
"""
import json
import os
import pathlib
import socket
import ssl
import subprocess
import threading

LARGE = 300_000  # bytes: does not fit into a socket's buffer at once


def answer(method: str, target: str, sent: bytes, wrong: bool = False) -> bytes:
    size = LARGE if "large" in target else 10
    body = {"method": method, "target": target, "sent": len(sent), "price": 11 if wrong else 10, "fill": "x" * size}
    return json.dumps(body).encode()


class Certificate:
    """For localhost by name and number; its own CA."""

    def __init__(self, folder: pathlib.Path, name: str):
        self.file, self.key = folder / f"{name}.pem", folder / f"{name}.key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-days", "2", "-subj", f"/CN={name}", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                        "-keyout", self.key, "-out", self.file], check=True, capture_output=True)
        os.chmod(self.key, 0o600)

    def server(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file, self.key)
        return context


class Upstream:
    """A thread a connection. Where a request asks for it, the connection closes after the answer."""

    def __init__(self, name: str, tls: ssl.SSLContext | None = None):
        self.name, self.tls = name, tls
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, host: str = "127.0.0.1") -> str:
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}"

    def _accept(self):
        while True:
            client, _ = self.listener.accept()
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket):
        try:
            if self.tls:
                client = self.tls.wrap_socket(client, server_side=True)
            with client, client.makefile("rb") as stream:
                while line := stream.readline():
                    method, target, _ = line.decode().split(" ")
                    fields = {}
                    while (field := stream.readline()) not in (b"\r\n", b""):
                        fields[field.split(b":")[0].lower()] = field.split(b":", 1)[1].strip()
                    if b"upgrade" in fields:
                        return self._echo(client, stream)
                    sent = stream.read(int(fields.get(b"content-length", 0)))
                    body = answer(method, target, sent, self.name == "candidate")
                    last = "last" in target  # the next request needs another connection, which resumes its session
                    head = (f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n" +
                            ("Connection: close\r\n" if last else "") + "\r\n")
                    client.sendall(head.encode() + (b"" if method == "HEAD" else body))
                    if last:
                        return
        except OSError:
            pass  # the program ended, or a fault closed the connection: the next one comes

    @staticmethod
    def _echo(client: socket.socket, stream):
        client.sendall(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        while part := stream.read1(65536):
            client.sendall(part)
