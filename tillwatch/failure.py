"""A command that cannot do what was asked says so in one line and leaves with a code."""


class CommandFailed(Exception):  # noqa: N818 - past tense, as all events here
    """`code` 1: what was asked for failed. `code` 2: the usage or the configuration is wrong. The text is one line."""

    def __init__(self, text: str, code: int = 1) -> None:
        super().__init__(text)
        self.code = code
