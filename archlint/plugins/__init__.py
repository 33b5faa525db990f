"""The hooks for plugins, and the registry of what they bring."""
