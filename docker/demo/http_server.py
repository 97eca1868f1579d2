"""A small HTTP/1.1 server on asyncio: keep-alive, pipelining, one answer after the other on a connection.

It serves what the demo needs and no more: bodies with a Content-Length (others are refused with 411), requests of at
most 64 KiB. The standard library's http.server has a thread for each connection, and its scheduling would be the
noisiest thing in a measurement of latency.
"""
import asyncio
import re
import sys
import uuid
from email.utils import formatdate
from http import HTTPStatus
from typing import Awaitable, Callable

MAX_REQUEST = 64 << 10
CONTENT_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,9})[ \t]*(?=\r\n|$)", re.IGNORECASE)
CHUNKED = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)
CLOSING = "Connection: close\r\n"
CLOSE = re.compile(rb"\r\nconnection:[ \t]*close", re.IGNORECASE)

# What answers: (method, target, body) to (status, body).
Application = Callable[[str, str, bytes], Awaitable[tuple[int, bytes]]]


class Connection(asyncio.Protocol):
    def __init__(self, application: Application):
        self.application = application
        self.received = bytearray()
        self.answering: asyncio.Task | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        if self.answering:
            self.answering.cancel()

    def data_received(self, data: bytes) -> None:
        self.received += data
        if len(self.received) > 2 * MAX_REQUEST:
            self.transport.abort()
        elif self.answering is None:
            self.next_request()

    def next_request(self) -> None:
        """Starts to answer the first request in what was received, where it is complete."""
        end = self.received.find(b"\r\n\r\n")
        if end < 0:
            if len(self.received) > MAX_REQUEST:
                self.refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
            return
        head = bytes(self.received[:end])
        words = head.split(b"\r\n", 1)[0].split(b" ")
        if len(words) != 3 or not words[2].startswith(b"HTTP/1."):
            return self.refuse(HTTPStatus.BAD_REQUEST)
        if CHUNKED.search(head):
            return self.refuse(HTTPStatus.LENGTH_REQUIRED)
        length = CONTENT_LENGTH.search(head)
        total = end + 4 + (int(length[1]) if length else 0)
        if total > MAX_REQUEST:
            return self.refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        if len(self.received) < total:
            return None
        body = bytes(self.received[end + 4:total])
        del self.received[:total]
        close = words[2] == b"HTTP/1.0" or CLOSE.search(head) is not None
        task = self.answer(words[0].decode("latin-1"), words[1].decode("latin-1"), body, close)
        self.answering = asyncio.get_running_loop().create_task(task)
        return None

    async def answer(self, method: str, target: str, body: bytes, close: bool) -> None:
        try:
            status, answer = await self.application("GET" if method == "HEAD" else method, target, body)
        except Exception as error:  # a bug in the application costs this request, not the connection
            print(f"{method} {target}: {error!r}", file=sys.stderr)
            status, answer = 500, b'{"error":"internal error"}'
        self.write(status, answer, close, with_body=method != "HEAD")
        self.answering = None
        if close:
            self.transport.close()
        else:
            self.next_request()

    def refuse(self, status: HTTPStatus) -> None:
        self.write(status, b'{"error":"%s"}' % status.phrase.lower().encode(), close=True)
        self.transport.close()

    def write(self, status: int, body: bytes, close: bool, with_body: bool = True) -> None:
        head = (f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n"
                f"Server: orders\r\nDate: {formatdate(usegmt=True)}\r\n"
                f"Content-Type: application/json; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
                f"X-Request-Id: {uuid.uuid4()}\r\n{CLOSING if close else ''}\r\n")
        self.transport.write(head.encode("ascii") + (body if with_body else b""))
