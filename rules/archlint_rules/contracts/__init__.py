"""What services promise each other, and whether it is written down and holds."""
