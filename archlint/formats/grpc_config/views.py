"""Views of a gRPC service configuration."""

from functools import cached_property
from typing import Any

from archlint.api import Node, regex

_DURATION = regex(r"(?P<seconds>\d*\.?\d+)s\Z")
_MOST_ATTEMPTS = 5


def milliseconds(value: Any) -> float | None:
    """Return a duration (`1.5s`) in milliseconds; `None` when it is none."""
    match = _DURATION.match(value) if isinstance(value, str) else None
    return float(match["seconds"]) * 1_000 if match else None


class GrpcMethodConfig(Node):
    """An entry of `methodConfig`: what holds for the calls of the methods that it names."""

    @cached_property
    def names(self) -> list[tuple[str, str]]:
        """The services with methods that it names; an empty service stands for all, an empty method for all of the service."""
        return [
            (str(entry.get("service") or ""), str(entry.get("method") or ""))
            for entry in self.items("name")
            if isinstance(entry, dict)
        ]

    @property
    def title(self) -> str:
        """The first of its names, or `all`."""
        service, method = next(iter(self.names), ("", ""))
        return f"{service}/{method}" if method else service or "all"

    @property
    def timeout(self) -> float | None:
        """How long a call with all its tries may last in milliseconds, `None` where nothing is said."""
        return milliseconds(self.data.get("timeout"))

    @property
    def retry_key(self) -> str:
        """The key of its retry or hedging policy, or an empty string."""
        keys = ("retryPolicy", "hedgingPolicy")
        return next((key for key in keys if isinstance(self.data.get(key), dict)), "")

    @property
    def attempts(self) -> int | None:
        """How many tries a call has, the first included; more than five count as five (gRPC, A6)."""
        value = self.get(self.retry_key, "maxAttempts") if self.retry_key else None
        if not isinstance(value, int | float) or isinstance(value, bool) or value < 1:
            return None
        return min(int(value), _MOST_ATTEMPTS)

    @property
    def codes(self) -> list[str]:
        """The codes that are retried, in upper case."""
        return [str(code).upper() for code in self.items("retryPolicy", "retryableStatusCodes")]


class GrpcConfig(Node):
    """A whole configuration."""

    @cached_property
    def methods(self) -> list[GrpcMethodConfig]:
        """The entries of `methodConfig`."""
        return [
            GrpcMethodConfig(self.document, (*self.pointer, "methodConfig", index), data)
            for index, data in enumerate(self.items("methodConfig"))
            if isinstance(data, dict)
        ]

    @property
    def is_throttled(self) -> bool:
        """Whether retries stop while too many calls fail (`retryThrottling`)."""
        return isinstance(self.data.get("retryThrottling"), dict)
