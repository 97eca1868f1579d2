#!/usr/bin/env python3
"""The program over TLS as people run it: a start that cannot work, a reload by SIGHUP, and one whose files are broken.

    tls_program_test.py TRUEMIRROR [unittest's arguments]
"""
import http.client
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

WITHIN = 60  # seconds; a program that hangs fails the test
PROGRAM = ""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        payload = self.headers.get("X-Forwarded-Proto", "none").encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, *_):
        pass


class TlsProgram(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.certificate, self.key = self.folder / "a.pem", self.folder / "a.key"
        self.stable = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.stable.daemon_threads = True
        threading.Thread(target=self.stable.serve_forever, daemon=True).start()
        self.addCleanup(self.stable.server_close)
        self.addCleanup(self.stable.shutdown)

    def make_certificate(self, name):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-days", "2", "-subj", f"/CN={name}", "-addext", "subjectAltName=DNS:localhost", "-keyout",
                        self.key, "-out", self.certificate], check=True, capture_output=True)

    def test_a_listener_for_tls_that_a_reload_brings_waits_for_a_restart_and_is_told(self):
        self.make_certificate("one")
        url, config = f"http://127.0.0.1:{self.stable.server_port}", self.folder / "config.yaml"
        plain, port = free_port(), free_port()
        config.write_text(f"listen: {{http: '127.0.0.1:{plain}'}}\n")
        child = self.run_with(["--config", str(config), "--stable", url, "--candidate", url])
        config.write_text(f"listen: {{http: '127.0.0.1:{plain}', https: '127.0.0.1:{port}', tls: {{certificates: "
                          f"[{{certificate: '{self.certificate}', key: '{self.key}'}}]}}}}\nsample: 1%\n")
        child.send_signal(signal.SIGHUP)
        self.wait_for_log("these have changed and stay as they were until a restart: listen\n")
        self.assertEqual(self.ask(http.client.HTTPConnection("localhost", plain, timeout=WITHIN)), b"http")
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=WITHIN)

    def arguments(self, port):
        url = f"http://127.0.0.1:{self.stable.server_port}"
        return ["--stable", url, "--candidate", url, "--https", f"127.0.0.1:{port}", "--certificate",
                str(self.certificate), "--key", str(self.key)]

    def command(self, arguments):
        return [PROGRAM, "serve", "--allow-same-address", *arguments, "--admin", f"127.0.0.1:{free_port()}", "--report",
                str(self.folder / "report")]

    def start(self, port):
        return self.run_with(self.arguments(port))

    def run_with(self, arguments):
        log = open(self.folder / "log", "wb")
        child = subprocess.Popen(self.command(arguments), stderr=log, stdout=log)
        self.addCleanup(log.close)
        self.addCleanup(child.wait, WITHIN)
        self.addCleanup(child.terminate)
        self.wait_for_log("report ")
        return child

    def wait_for_log(self, text):
        end = time.monotonic() + WITHIN
        while text not in (self.folder / "log").read_text():
            self.assertLess(time.monotonic(), end, f"'{text}' was not logged:\n" + (self.folder / "log").read_text())
            time.sleep(0.05)

    def connect(self, port):
        """Trusts what is in the certificate's file now, and nothing else."""
        context = ssl.create_default_context(cafile=str(self.certificate))
        return http.client.HTTPSConnection("localhost", port, timeout=WITHIN, context=context)

    def ask(self, connection):
        connection.request("GET", "/")
        return connection.getresponse().read()

    def test_a_certificate_without_its_key_is_no_start(self):
        self.make_certificate("one")
        other = self.certificate.read_text()
        self.make_certificate("two")
        self.certificate.write_text(other)
        done = subprocess.run(self.command(self.arguments(free_port())), capture_output=True, text=True, timeout=WITHIN)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn(f"{self.key}: is not the key of the certificate in {self.certificate} (CN=one)", done.stderr)
        self.assertFalse((self.folder / "report").exists())

    def test_sighup_reads_certificates_again_and_a_bad_file_changes_nothing(self):
        self.make_certificate("one")
        port = free_port()
        child = self.start(port)
        kept = self.connect(port)
        self.assertEqual(self.ask(kept), b"https")
        self.make_certificate("two")
        child.send_signal(signal.SIGHUP)
        self.wait_for_log("reloaded: certificates")
        self.assertEqual(self.ask(self.connect(port)), b"https")  # it trusts the second certificate alone
        self.key.write_text("no key\n")
        child.send_signal(signal.SIGHUP)
        self.wait_for_log(f"reload: {self.key}: holds no private key")
        self.assertEqual(self.ask(self.connect(port)), b"https")
        self.assertEqual(self.ask(kept), b"https")  # never dropped
        child.terminate()
        self.assertEqual(child.wait(WITHIN), 0)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
