"""How contradictions between a consumer and a contract are told."""

from archlint_rules.contracts.expectations import Fault

_LONGEST = 48


def sent(consumer: str, operation: str, fault: Fault) -> str:
    """Return what *consumer* sends to *operation* and the contract rules out."""
    what = f"`{short(fault.path)}`" if fault.path else "the body"
    if fault.kind == "required":
        return f"`{consumer}` sends no {what} to `{operation}`, which the contract requires"
    if fault.kind == "type":
        return f"`{consumer}` sends {what} to `{operation}` as {fault.found}, the contract has {fault.wanted}"
    if fault.kind == "value":
        return f"`{consumer}` sends {what} to `{operation}` as `{short(fault.found)}`, which the contract does not list"
    return f"`{consumer}` sends {what} to `{operation}`, which the contract does not allow"


def expected(consumer: str, operation: str, fault: Fault) -> str:
    """Return what *consumer* expects of *operation* and the contract rules out."""
    what = f"`{short(fault.path)}`" if fault.path else "the body"
    start = f"`{consumer}` expects {what} of `{operation}`"
    if fault.kind == "type":
        return f"{start} as {fault.found}, the contract has {fault.wanted}"
    if fault.kind == "value":
        return f"{start} as `{short(fault.found)}`, which the contract does not list"
    return f"{start}, which the contract does not describe"


def short(text: str) -> str:
    """Return *text* as it can stand in a message."""
    plain = " ".join(text.replace("`", "'").split())
    return plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 1]}…"
