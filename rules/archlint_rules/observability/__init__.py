"""Rules about what a system shows of itself: traces, logs, metrics, alerts."""
