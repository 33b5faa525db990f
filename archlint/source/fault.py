"""What is wrong with a text that cannot be parsed."""

from archlint.source.location import Region


class SyntaxFault(Exception):  # noqa: N818 - it is a fault of the file, not of the program
    """A text that cannot be parsed: the message is a fact in lower case, `region` the place to blame."""

    def __init__(self, message: str, region: Region) -> None:
        super().__init__(message)
        self.message = message
        self.region = region
