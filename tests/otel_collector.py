"""A collector of OpenTelemetry: takes OTLP over HTTP and decodes it by the protocol's own definitions.

Small, and real in what matters: it hears what leaves the process, not what a library believes to have sent.
"""

import contextlib
import gzip
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as ProtoSpan

PATIENCE = 60.0
ERROR = 2


@dataclass(frozen=True)
class Seen:
    """A span as it arrived; ids in hex, times in nanoseconds."""

    name: str
    trace: str
    id: str
    parent: str
    kind: str
    start: int
    end: int
    failed: bool
    about: dict[str, Any]
    events: list[str]


@dataclass
class Collector:
    """What arrived so far. `url` is its endpoint."""

    url: str = ""
    spans: list[Seen] = field(default_factory=list)
    metrics: dict[str, Any] = field(default_factory=dict)
    resources: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def take_traces(self, body: bytes) -> None:
        for told in ExportTraceServiceRequest.FromString(body).resource_spans:
            self.resources.append(_members(told.resource.attributes))
            for scope in told.scope_spans:
                self.spans += [_seen(span) for span in scope.spans]

    def take_metrics(self, body: bytes) -> None:
        for told in ExportMetricsServiceRequest.FromString(body).resource_metrics:
            for scope in told.scope_metrics:
                for metric in scope.metrics:
                    self.metrics[metric.name] = metric

    def wait(self, done: Callable[["Collector"], bool]) -> None:
        """Until this is so; an `AssertionError` after a generous while."""
        end = time.monotonic() + PATIENCE
        while not done(self):
            assert time.monotonic() < end, f"it never came; there are {[span.name for span in self.spans]}"
            time.sleep(0.02)

    def named(self, name: str) -> list[Seen]:
        return [span for span in self.spans if span.name == name]


@contextlib.contextmanager
def collecting() -> Iterator[Collector]:
    """A collector on a free port."""
    collector = Collector()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            collector.headers.append({name.lower(): value for name, value in self.headers.items()})
            (collector.take_traces if self.path == "/v1/traces" else collector.take_metrics)(body)
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing is said."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        server.daemon_threads = False
        collector.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield collector
        finally:
            server.shutdown()
            thread.join()


def _seen(span: ProtoSpan) -> Seen:
    return Seen(
        name=span.name,
        trace=span.trace_id.hex(),
        id=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        kind=ProtoSpan.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_").lower(),
        start=span.start_time_unix_nano,
        end=span.end_time_unix_nano,
        failed=span.status.code == ERROR,
        about=_members(span.attributes),
        events=[event.name for event in span.events],
    )


def _members(pairs: Any) -> dict[str, Any]:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: AnyValue) -> Any:
    return getattr(value, value.WhichOneof("value") or "string_value")
