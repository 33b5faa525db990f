"""The shape of the system: dependencies, cycles, ownership, hubs."""
