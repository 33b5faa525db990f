"""Text, data and places: everything that knows how a file is written."""
