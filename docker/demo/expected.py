"""What each switch of version 2 has to lead to in a report, and all that it may lead to. The one place that says so."""
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Expected:
    switch: str
    what: str  # for people
    endpoint: str
    proof: tuple[str, str]  # a proven finding: location (a pattern) and kind (a pattern); or ("test", metric)
    tests: tuple[str, ...] = ("divergence",)  # of the endpoint, that may fail with it
    beside: str = ""  # locations (a pattern) of further findings that it causes

    def proven_by(self, finding: dict) -> bool:
        return (finding["endpoint"] == self.endpoint and re.fullmatch(self.proof[0], finding["location"]) is not None
                and re.fullmatch(self.proof[1], finding["kind"]) is not None)

    def causes(self, finding: dict) -> bool:
        return self.proven_by(finding) or (
            finding["endpoint"] == self.endpoint and re.fullmatch(self.beside, finding["location"]) is not None)


SLOWER = ("latency_p99", "latency_p90")

EXPECTED = (
    Expected("utf8_cut", "a name cut inside a code point", "GET /accounts/{id}/label",
             (r"body(/ship_to)?", "malformed")),
    Expected("null_500", "a null legacy field is a 500", "GET /accounts/{id}/address",
             ("status", "status"), tests=("divergence", "errors")),
    Expected("page_cap", "a page ends at 1,000 orders", "GET /accounts/{id}/orders",
             (r"body/orders/\*", "missing")),
    Expected("float_price", "a price rounded through a float", "GET /orders/{id}",
             ("body/total", "value")),
    Expected("slow_query", "slow on 50,000 orders", "GET /accounts/{id}/summary",
             ("test", "latency_p99"), tests=SLOWER),
    Expected("racy_cache", "another user's data", "GET /accounts/{id}/profile",
             ("body/account", "value"), beside="body/(name|email)"),
    Expected("error_shape", "an error body in a new shape", "GET /products/{id}",
             ("body/error", "type"), beside=r"body/error/\w+"),
)
