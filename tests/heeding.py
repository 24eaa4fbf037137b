"""Signals of processes that the tests start."""

import signal


def heeding() -> None:
    """For `preexec_fn`: a shell that starts the tests in the background has Ctrl-C ignored, `nohup` the hang-up."""
    for each in (signal.SIGINT, signal.SIGHUP):
        signal.signal(each, signal.SIG_DFL)
