"""Attestations: what only a person can prove, signed for one version in one environment."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, Field

from runbook import tomlfile
from runbook.errors import ConfigError
from runbook.loader import Runbook

FILE = "attestations.toml"
_KEYS = ("item", "environment", "version", "by", "note")


def _said(text: str) -> str:
    if not text.strip():
        raise ValueError("is blank; say it in words")
    return text


Said = Annotated[str, AfterValidator(_said)]


class Attestation(tomlfile.Section):
    """One entry of attestations.toml: `by` says of an item that it holds, and in `note` what they did or saw."""

    item: Said
    environment: Said
    version: Said
    by: Said
    note: Said
    at: AwareDatetime

    def counts(self, environment: str, version: str | None) -> bool:
        """Whether it is for this environment and this version; a target that names no version has none."""
        return (self.environment, self.version) == (environment, version)


class _File(tomlfile.Section):
    attestations: Annotated[tuple[Attestation, ...], Field(strict=False)] = ()


def load_attestations(path: Path, runbook: Runbook) -> tuple[Attestation, ...]:
    """All of the file, in its order; none where there is no file. Raises ConfigError."""
    if not path.exists():
        return ()
    attestations = tomlfile.read(path, _File).attestations
    for number, attestation in enumerate(attestations):
        runbook.check_item_id(attestation.item, f"{path}: attestations.{number}.item", by_hand=True)
    return attestations


def add_attestations(path: Path, new: Sequence[Attestation], runbook: Runbook) -> None:
    """Add them at the end of the file, which is made if need be; the rest of it stays as it is. Raises ConfigError."""
    load_attestations(path, runbook)  # what is added to an unusable file would be lost
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        before = path.read_text("utf-8") if path.exists() else ""
        gap = "" if not before else "\n" if before.endswith("\n") else "\n\n"
        unfinished = path.with_name(f".{path.name}.new")
        unfinished.write_text(before + gap + "\n".join(map(as_toml, new)), "utf-8")
        unfinished.replace(path)
    except OSError as error:
        raise ConfigError(str(path), f"cannot be written ({error.strerror})", "name another folder") from None


def as_toml(attestation: Attestation) -> str:
    """The entry as it stands in the file."""
    values = [(key, _quoted(getattr(attestation, key))) for key in _KEYS]
    lines = [f"{key} = {value}" for key, value in (*values, ("at", attestation.at.isoformat()))]
    return "\n".join(["[[attestations]]", *lines, ""])


def _quoted(text: str) -> str:
    # JSON's strings are TOML's, but for one character that TOML wants escaped.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
