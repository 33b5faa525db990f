"""Facts of a gRPC service configuration: the policies of the client library of the service that the document belongs to."""

from collections.abc import Iterator

from archlint.api import Fact, Policy, PolicyFact, PolicyKey, PolicyValue, regex
from archlint.formats.grpc_config.views import GrpcConfig, GrpcMethodConfig, milliseconds

_WORDS = regex(r"(?<=[a-z0-9])(?=[A-Z])")


def facts_of(config: GrpcConfig) -> Iterator[Fact]:
    """Yield a policy for every service that is named, those of single methods only where none is for the whole service.

    A service of an interface description (`shop.v1.StockService`) is looked up by its last part, as the name of one that runs.
    """
    whole = {service for entry in config.methods for service, method in entry.names if not method}
    for entry in config.methods:
        policy = policy_of(config, entry)
        if not policy.values:
            continue
        wanted = [service for service, method in entry.names if not method or service not in whole]
        for service in dict.fromkeys(wanted):
            yield PolicyFact(
                at=entry.location,
                extractor="grpc",
                confidence=0.9,
                policy=policy,
                source="",
                target=_WORDS.sub("-", service.rpartition(".")[2]).lower() or None,
            )


def policy_of(config: GrpcConfig, entry: GrpcMethodConfig) -> Policy:
    """Return what the library does: `maxAttempts` counts the first try, and the timeout is that of all tries (gRPC, A6 and deadlines)."""
    values: dict[PolicyKey, PolicyValue] = {}
    if entry.timeout is not None:
        values["timeoutMs"] = PolicyValue(entry.timeout, entry.at("timeout"))
    if entry.attempts is not None:
        values["retries"] = PolicyValue(entry.attempts - 1, entry.at(entry.retry_key, "maxAttempts"))
        if config.is_throttled:
            values["retryBudget"] = PolicyValue(True, config.at("retryThrottling"))
    if entry.codes:
        values["retryOn"] = PolicyValue(
            ",".join(entry.codes), entry.at("retryPolicy", "retryableStatusCodes")
        )
    for key, place in (("initialBackoff", "retryPolicy"), ("hedgingDelay", "hedgingPolicy")):
        wait = milliseconds(entry.get(place, key))
        if wait is not None and entry.retry_key == place:
            values["backoffMs"] = PolicyValue(wait, entry.at(place, key))
    return Policy(tool="grpc", layer="client", values=values)
