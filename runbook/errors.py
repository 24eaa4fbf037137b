"""The one error for a file that a human has to mend."""


class ConfigError(Exception):
    """A file, option or variable is unusable: says what is wrong, where, and what to do.

    Rendered as one line; ends the run with exit code 4.
    """

    def __init__(self, where: str, problem: str, remedy: str) -> None:
        self.where, self.problem, self.remedy = where, problem, remedy
        super().__init__(f"{where}: {problem}; {remedy}")
