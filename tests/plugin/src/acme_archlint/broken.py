"""A plugin that cannot be imported."""

raise RuntimeError("acme is out of order")
