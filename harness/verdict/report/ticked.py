"""A team's own checklist, as it was written, with what the verdict says of each line."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.verdict import words
from harness.verdict.model import ItemVerdict, Verdict
from harness.verdict.report.inert import code
from harness.verdict.report.inert import markdown as md
from harness.verdict.report.terminal import duration, when
from runbook.boxes import Checklist
from runbook.matching import Line

MARKER = "<!-- ticked by the release verifier -->"
_MEANING = (
    "A tick says that this run proved it, or that a person signed for this version. "
    "What was ticked by hand counts for nothing."
)
_COUNTED = ("proven", "attested", "broken", "known issue", "not proven", "to be signed")


@dataclass(frozen=True)
class Finding:
    """What the verdict says of one item of a line: `word` is one of _COUNTED, `told` goes on in Markdown."""

    word: str
    told: str

    @property
    def holds(self) -> bool:
        return self.word in ("proven", "attested")


def render(verdict: Verdict, checklist: Checklist, lines: Sequence[Line], name: str) -> str:
    """The file with boxes ticked and evidence below, between a head and lists of what was not matched.

    A box is ticked only if all its items are proven with all their checks, or attested; `name`: the file's.
    """
    items = {item.id: item for item in verdict.items}
    findings = [
        [
            _finding(verdict, items[item], line) if item in items else _by_hand(verdict, item)
            for item in line.items
        ]
        for line in lines
    ]
    text, written = checklist.text, []
    written += [text[: checklist.body], _head(verdict, lines, findings, name, checklist.newline)]
    done = checklist.body
    for line, found in zip(lines, findings, strict=True):
        box = line.box
        ticked = bool(found) and all(each.holds for each in found)
        mark = text[box.mark] if ticked == box.ticked else "x" if ticked else " "
        written += [text[done : box.mark], mark, text[box.mark + 1 : box.end]]
        written += [checklist.newline + each for each in _evidence(line, found, _indent(text, box.mark))]
        done = box.end
    written += [text[done:], _foot(verdict, checklist, lines)]
    return "".join(written)


# --- one line


def _finding(verdict: Verdict, item: ItemVerdict, line: Line) -> Finding:
    named, reason = code(item.id), md(item.reason)
    if item.decides:
        where = f"[Evidence](verdict.html#evidence-{item.id})"
        severity = f"{item.severity}, rollback scenario {item.scenario}"
        return Finding("broken", f"**BROKEN**: {named} ({severity}): {reason.removesuffix('.')}. {where}")
    if item.outcome == "broken":
        return Finding(
            "known issue", f"**known issue {md(item.known_issue or '')}**: {named} is broken: {reason}"
        )
    if line.by_person:
        return _by_person(verdict, item)
    if item.outcome == "attested":
        return Finding("attested", f"**attested**: {named}: {reason}")
    if item.outcome == "proven" and item.complete:
        return Finding("proven", f"**proven**: {named}: {reason}")
    if item.outcome == "proven":
        reason += "; run the whole checklist"
    return Finding(
        "not proven", f"**not proven**: {named}{'' if item.required else ' (not required)'}: {reason}"
    )


def _by_person(verdict: Verdict, item: ItemVerdict) -> Finding:
    proof = "not proven" if item.outcome == "attested" else item.outcome
    rest = f"what this run can prove of {code(item.id)} is {proof}"
    if item.attestations:
        return Finding("attested", f"**attested**: {md(words.signatures(item.attestations))}; {rest}")
    return Finding("to be signed", f"{_to_sign(verdict, item.id)}; {rest}")


def _by_hand(verdict: Verdict, item_id: str) -> Finding:
    """Of what no check can see."""
    signed = [each for each in verdict.by_hand if each.item == item_id]
    if signed:
        return Finding("attested", f"**attested**: {code(item_id)}: {md(words.signatures(signed))}")
    return Finding("to be signed", _to_sign(verdict, item_id))


def _to_sign(verdict: Verdict, item_id: str) -> str:
    command = f"pytest --env={verdict.environment} --attest={item_id} --by=NAME --note=TEXT"
    return f"**to be signed**: only a person can do this: {code(command)}"


def _evidence(line: Line, found: Sequence[Finding], indent: str) -> Iterator[str]:
    """Further lines of the box's own paragraph: whatever comes below it keeps its place."""
    for each in found:
        yield f"{indent}<br>{each.told}"
    if line.box.ticked and not (found and all(each.holds for each in found)):
        uncovered = "" if found else "**not covered by the suite**; "
        yield f"{indent}<br>{uncovered}it was ticked by hand, and is not any more"


def _indent(text: str, mark: int) -> str:
    """What puts a line below the text of a box: quotation marks stay, all else becomes space."""
    start = max(text.rfind("\n", 0, mark), text.rfind("\r", 0, mark), -1) + 1
    return re.sub(r"[^>\t]", " ", text[start : mark - 1].removeprefix("\ufeff"))


# --- above and below


def _head(
    verdict: Verdict, lines: Sequence[Line], findings: Sequence[Sequence[Finding]], name: str, newline: str
) -> str:
    # Of several items the worst word counts for the line.
    worst = Counter(max((each.word for each in found), key=_badness) for found in findings if found)
    covered = sum(map(bool, findings))
    counts = [f"{worst[word]} {word}" for word in _COUNTED if worst[word]]
    counts += [f"{len(lines) - covered} not covered by the suite"] if len(lines) > covered else []
    facts = [
        f"Runbook: {md(name)}: {words.count(len(lines), 'line')}: {', '.join(counts)}",
        f"Environment: {md(verdict.place)}, {code(verdict.base_url)}",
        f"Version: {md(verdict.version) if verdict.version else 'unknown'}",
        f"Checked: {md(when(verdict))}, took {duration(verdict.duration_s)}",
    ]
    quoted = [f"**{verdict.decision}**: {md(verdict.summary)}", ""]
    quoted += [part for caveat in words.caveats(verdict) for part in (f"**{md(caveat)}**", "")]
    quoted += [*(f"- {fact}" for fact in facts), "", _MEANING]
    block = [MARKER, *(f"> {line}".rstrip() for line in quoted), "", ""]
    return newline.join(block)


def _badness(word: str) -> int:
    return ("attested", "proven", "to be signed", "not proven", "known issue", "broken").index(word)


def _foot(verdict: Verdict, checklist: Checklist, lines: Sequence[Line]) -> str:
    uncovered = [_uncovered(line) for line in lines if not line.items]
    covered = {item for line in lines for item in line.items}
    missing = [_missing(item) for item in verdict.items if item.id not in covered]
    parts = ["---", "## Not covered by the suite", *_list(uncovered, "Nothing: every line is.")]
    parts += ["## Not in your runbook", *_list(missing, "Nothing: every item of the suite has its line.")]
    if checklist.unread:
        parts += ["## Not read as boxes", *_list([_unread(number) for number in checklist.unread], "")]
    gap = checklist.newline * (1 if checklist.text.endswith(("\n", "\r")) else 2)
    return (
        gap
        + (checklist.newline * 2).join(part.replace("\n", checklist.newline) for part in parts)
        + checklist.newline
    )


def _list(entries: Sequence[str], nothing: str) -> list[str]:
    return ["\n".join(f"- {entry}" for entry in entries)] if entries else [nothing]


def _uncovered(line: Line) -> str:
    hint = f" ({line.why}; name one with an item comment)" if line.why.startswith("it ") else f" ({line.why})"
    by_hand = ", ticked by hand" if line.box.ticked else ""
    return f"line {line.box.line}{by_hand}: {md(line.box.text)}{hint if line.why else ''}"


def _missing(item: ItemVerdict) -> str:
    outcome = f"known issue {md(item.known_issue)}" if item.known_issue else item.outcome
    return f"{code(item.id)}: {md(item.title)}: {'**BROKEN**' if item.decides else outcome}"


def _unread(number: int) -> str:
    return f"line {number}: write it as an entry of a list, with a space between the brackets: {code('- [ ] ...')}"
