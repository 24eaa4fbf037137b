"""Allure's files, scrubbed: what allure-pytest writes is built from exceptions, before any report is."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import allure_commons
import pytest

from harness.evidence.secrets import Secrets


class AllureScrubber:
    """Removes secrets from every result, container and attachment that goes to `folder`."""

    def __init__(self, folder: Path, known: Secrets) -> None:
        self._folder, self._secrets = folder, known

    @allure_commons.hookimpl(wrapper=True)
    def report_result(self, result: Any) -> Generator[None, Any, Any]:
        self._clean(result)
        return (yield)

    @allure_commons.hookimpl(wrapper=True)
    def report_container(self, container: Any) -> Generator[None, Any, Any]:
        self._clean(container)
        return (yield)

    @allure_commons.hookimpl(wrapper=True)
    def report_attached_data(self, body: str | bytes, file_name: str) -> Generator[None, Any, Any]:
        done = yield
        # A hook cannot change its arguments, so the file is written a second time.
        text = body if isinstance(body, str) else body.decode("utf-8", "surrogateescape")
        clean = self._secrets.scrub(text)
        if clean != text:
            (self._folder / file_name).write_bytes(clean.encode("utf-8", "surrogateescape"))
        return done

    def _clean(self, node: Any) -> None:
        for name, value in vars(node).items():
            if isinstance(value, str):
                setattr(node, name, self._secrets.scrub(value))
            elif isinstance(value, list):
                for child in value:
                    if hasattr(child, "__dict__"):
                        self._clean(child)
            elif hasattr(value, "__dict__"):
                self._clean(value)


def scrub_allure(config: pytest.Config, known: Secrets) -> None:
    """Scrub what goes to --alluredir, if that is asked for, until the end of the run."""
    folder = config.getoption("allure_report_dir", None)
    if folder:
        scrubber = AllureScrubber(Path(folder), known)
        allure_commons.plugin_manager.register(scrubber)
        config.add_cleanup(lambda: allure_commons.plugin_manager.unregister(scrubber))
