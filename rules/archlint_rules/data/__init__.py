"""Who owns which data, and how it is reached."""
