"""A pytest plugin: nothing is gathered ahead, so each chain of probes runs alone, when a test asks for it."""

from harness.evidence.gathering import Gathering

Gathering.submit = lambda self, nodes: None  # type: ignore[method-assign]
