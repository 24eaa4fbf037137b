"""The verdict as a message for a chat: Slack's Block Kit, within its limits, and nothing in it calls anybody."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from harness.verdict import comparison, words
from harness.verdict.model import ItemVerdict, RollbackAdvice, Verdict
from harness.verdict.report.inert import one_line
from harness.verdict.report.terminal import duration, when

# Of Slack's reference for blocks and text objects.
BLOCKS, HEADER, SECTION = 50, 150, 3000
LINE = 400  # characters of one item or list; the page has the rest
ITEMS = 6  # broken items told of a scenario


def render(verdict: Verdict, where: str) -> str:
    """A request's body for an incoming webhook; `where`: the address of the build, or the path of the page."""
    text = f"{escaped(verdict.decision)}: {escaped(verdict.place)}: {escaped(verdict.summary)}"
    blocks = [_header(verdict), *_sections(verdict), _where(where)]
    return json.dumps({"text": cut(text, SECTION), "blocks": blocks}, indent=2) + "\n"


def escaped(text: str) -> str:
    """One line that Slack shows as it is: no entity, link or mention, neither in brackets nor bare."""
    line = one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # Some chats that take Slack's format act on a bare @here; e-mail addresses are left alone.
    return re.sub(r"(?<!\w)@(?=\w)", "@\u200b", line)


def cut(text: str, limit: int) -> str:
    """At most `limit` UTF-16 units of an escaped text; an entity is kept whole or left out."""
    units = text.encode("utf-16-le")
    if len(units) <= 2 * limit:
        return text
    kept = units[: 2 * (limit - 1)].decode("utf-16-le", "ignore")
    return re.sub(r"&\w{0,3}$", "", kept) + "…"


def _header(verdict: Verdict) -> dict[str, Any]:
    version = f", version {escaped(verdict.version)}" if verdict.version else ""
    title = f"{verdict.decision}: {escaped(verdict.place)}{version}"
    return {"type": "header", "text": {"type": "plain_text", "text": cut(title, HEADER), "emoji": False}}


def _sections(verdict: Verdict) -> Iterator[dict[str, Any]]:
    yield _section(words.meaning(verdict), [*words.caveats(verdict), verdict.summary])
    room = BLOCKS - 6  # for the other sections, the header and where to look
    for advice in verdict.rollback[:room]:
        yield _mrkdwn(_scenario(verdict, advice))
    steps = words.to_do(verdict)
    if steps:
        yield _section("What to do now", (f"• {step}" for step in steps))
    if verdict.comparison is not None:
        changed = comparison.lines(verdict.comparison, verdict.items)
        then = f"Since the last whole run: {comparison.base(verdict.comparison)}"
        yield _section(then, ["; ".join(f"{label.lower()}: {items}" for label, items in changed)])
    yield _section("This run", _facts(verdict))


def _scenario(verdict: Verdict, advice: RollbackAdvice) -> Iterator[str]:
    by_id = {item.id: item for item in verdict.items}
    yield f"*Scenario {advice.scenario}: {_short(advice.title)}*"
    yield f"*First:* {_short(advice.first_action)}"
    yield f"*Call:* {_short('; '.join(advice.escalate_to))}"
    yield from (_item(verdict, by_id[item_id]) for item_id in advice.because[:ITEMS])
    if len(advice.because) > ITEMS:
        yield f"• and {len(advice.because) - ITEMS} more"


def _item(verdict: Verdict, item: ItemVerdict) -> str:
    told = f"`{item.id}`, {words.told_of(item, verdict)}"
    return f"• {cut(escaped(item.title), LINE // 4)} ({told}): {cut(escaped(item.reason), LINE // 2)}"


def _facts(verdict: Verdict) -> Iterator[str]:
    waiting = [item.required for item in verdict.items if item.outcome == "not proven" or item.open]
    yield f"Not proven: {sum(waiting)} required, {len(waiting) - sum(waiting)} not required"
    yield f"Known issues: {len(verdict.known_issues)}"
    yield f"Checks: {words.totals(verdict)}"
    yield f"Address: {verdict.base_url or 'unknown'}"
    yield f"Started: {when(verdict)}, took {duration(verdict.duration_s)}"


def _section(title: str, lines: Iterable[str]) -> dict[str, Any]:
    """A title that stands out, and lines that still have to be escaped."""
    return _mrkdwn([f"*{_short(title)}*", *(cut(escaped(line), SECTION // 4) for line in lines)])


def _short(text: str) -> str:
    return cut(escaped(text), LINE)


def _mrkdwn(lines: Iterable[str]) -> dict[str, Any]:
    # verbatim: nothing is turned into a link or a mention but what is written as one.
    text = {"type": "mrkdwn", "text": cut("\n".join(lines), SECTION), "verbatim": True}
    return {"type": "section", "text": text}


def _where(where: str) -> dict[str, Any]:
    shown = escaped(where)
    if re.fullmatch(r"https?://[^\s|@]+", shown):
        shown = f"<{shown}|The build, with the page verdict.html>"
    else:
        shown = f"The page: {shown}"
    text = {"type": "mrkdwn", "text": cut(shown, SECTION), "verbatim": True}
    return {"type": "context", "elements": [text]}
