"""The one error for a file that a human has to mend."""


class ConfigError(Exception):
    """A file, option or variable is unusable: says what is wrong, where, and what to do.

    Rendered as one line; ends the run with exit code 4.
    """

    def __init__(self, where: str, problem: str, remedy: str) -> None:
        self.where, self.problem, self.remedy = where, problem, remedy
        super().__init__(_one_line(f"{where}: {problem}; {remedy}"))


def _one_line(text: str) -> str:
    """What cannot be seen, or would begin another line, as Python writes it: the text quotes a file."""
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)
