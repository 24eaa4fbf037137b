"""The files beside the results: environment.properties, executor.json and categories.json."""

from collections.abc import Mapping
from typing import Any

from harness import ci
from harness.verdict import Verdict
from harness.verdict.report.inert import one_line

# How the messages of results begin; the categories go by it.
NOT_PROVEN, KNOWN, UNREACHABLE = "not proven: ", "known issue ", "environment unreachable: "

# Allure 2 puts a result into each that matches, Allure 3 into the first. The patterns mean the same in Java, where
# they have to match the whole message, and in JavaScript.
_UNMARKED = f"^(?!{KNOWN}|{UNREACHABLE})[\\s\\S]*$"
CATEGORIES = [
    {
        "name": "Known issue",
        "matchedStatuses": ["failed", "broken"],
        "messageRegex": f"^{KNOWN}[\\s\\S]*$",
    },
    {
        "name": "Environment unreachable",
        "matchedStatuses": ["broken"],
        "messageRegex": f"^{UNREACHABLE}[\\s\\S]*$",
    },
    {"name": "Broken promise", "matchedStatuses": ["failed"], "messageRegex": _UNMARKED},
    {"name": "Suite error", "matchedStatuses": ["broken"], "messageRegex": _UNMARKED},
    {
        "name": "Not proven",
        "matchedStatuses": ["skipped", "unknown"],
        "messageRegex": f"^{NOT_PROVEN}[\\s\\S]*$",
    },
]


def environment_properties(verdict: Verdict) -> str:
    """What was run against what, and what came of it, as a Java properties file; the verdict is a scrubbed one."""
    facts = {
        "environment": verdict.environment,
        "address": verdict.base_url,
        "version": verdict.version or "unknown",
        "verdict": f"{verdict.decision}: {verdict.summary}",
        "started": verdict.started.isoformat(timespec="seconds"),
    }
    return "".join(f"{key}={_escaped(one_line(value))}\n" for key, value in facts.items())


def executor(variables: Mapping[str, str], environment: str) -> dict[str, Any] | None:
    """The build that the run belongs to; None without a CI runner that is known."""
    build = ci.build(variables)
    # Allure keys its history by this name: it may not change from run to run.
    return build and {**build, "reportName": f"Release checklist, {environment}"}


def _escaped(line: str) -> str:
    """A line as a value: ASCII, for those who read such a file as Latin-1."""
    units = line.replace("\\", "\\\\").encode("utf-16-be", "replace")
    pairs = (int.from_bytes(units[at : at + 2], "big") for at in range(0, len(units), 2))
    return "".join(chr(unit) if 32 <= unit < 127 else f"\\u{unit:04x}" for unit in pairs)
