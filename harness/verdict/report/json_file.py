"""The verdict for machines; docs/verdict.md documents every key."""

import json

from harness.verdict.model import Verdict


def render(verdict: Verdict) -> str:
    """One JSON object in ASCII, so that no control character reaches a terminal that shows the file."""
    text = json.dumps(verdict.to_json(), ensure_ascii=False, default=str)
    # Many readers refuse a lone surrogate (from undecodable bytes); the detour makes it U+FFFD.
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return json.dumps(json.loads(text), indent=2) + "\n"
