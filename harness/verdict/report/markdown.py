"""The verdict as a page for a ticket, a chat or a build's summary."""

from collections.abc import Iterator

from harness.verdict import comparison, waiting, words
from harness.verdict.model import ItemVerdict, RollbackAdvice, Verdict
from harness.verdict.report.inert import code, fenced, place
from harness.verdict.report.inert import markdown as md
from harness.verdict.report.terminal import TESTS_SHOWN, duration, write_counts

MESSAGES_SHOWN = 5  # different ones, of an item
MESSAGE_LENGTH = 4000  # characters
_HEAD = 1000  # of them, from the beginning


def render(verdict: Verdict, *, links: bool = True) -> str:
    """The decision first, then whatever asks for action, then the checklist and the run's traces.

    `links`: whether it lies beside the files that it names.
    """
    blocks = [
        *_head(verdict),
        *_section("What is broken", _broken(verdict)),
        *_section("Since the last whole run", _comparison(verdict)),
        *_section("Known issues", _known_issues(verdict)),
        *_section("Attested by a person", _attested(verdict)),
        *_section("Not proven, and what would prove it", _not_proven(verdict)),
        *_section("Notes", _notes(verdict)),
        *_section("Checklist", _checklist(verdict)),
        *_section("Regions", _regions(verdict)),
        *_section("What the player sees", _visits(verdict, links)),
        *_section("What this run changed on the target", _writes(verdict)),
        *_section("Retries", [f"Connection errors retried: {verdict.retries}"]),
    ]
    return "\n\n".join(blocks) + "\n"


def _section(title: str, body: Iterator[str] | list[str]) -> Iterator[str]:
    blocks = list(body)
    if blocks:
        yield f"## {title}"
        yield from blocks


def _head(verdict: Verdict) -> Iterator[str]:
    yield f"# {verdict.decision}: {md(verdict.summary)}"
    yield "\n\n".join(f"**{md(said)}**" for said in (*words.caveats(verdict), words.meaning(verdict)))
    # The summary holds its first line; the rest may be the end of the target's log.
    if verdict.unreachable is not None and len(verdict.unreachable.strip().splitlines()) > 1:
        yield fenced(cut(verdict.unreachable))
    version = md(verdict.version) if verdict.version else "unknown"
    facts = (
        f"- Environment: {md(verdict.place)}, {code(verdict.base_url)}",
        f"- Version: {version}",
        f"- Started: {verdict.started.isoformat(timespec='seconds')}, took {duration(verdict.duration_s)}",
        f"- Checks: {words.totals(verdict)}",
        f"- Exit code: {verdict.exit_code}",
    )
    yield "\n".join(facts)
    yield "\n".join(["What to do now:", "", *_steps(verdict)])
    if way := waiting.way_to_go(verdict):
        yield f"**{md(way)}**"


def _steps(verdict: Verdict) -> Iterator[str]:
    for advice in verdict.rollback:
        scenario = f"Scenario {advice.scenario}: {advice.title}. Call: {'; '.join(advice.escalate_to)}"
        yield f"- **{md(advice.first_action)}** {md(scenario)}"
    yield from (f"- **{md(step)}**" for step in words.to_do(verdict))


def _broken(verdict: Verdict) -> Iterator[str]:
    by_id = {item.id: item for item in verdict.items}
    for advice in verdict.rollback:
        yield f"### Scenario {advice.scenario}: {md(advice.title)}"
        yield "\n".join(_what_to_do(advice))
        for item_id in advice.because:
            yield from _broken_item(verdict, by_id[item_id])


def _what_to_do(advice: RollbackAdvice) -> Iterator[str]:
    yield f"- **First: {md(advice.first_action)}**"
    then = [f"- Then: {md(step)}" for step in advice.steps]
    stop = [f"- {words.how_to_stop(advice)}: {md(step)}" for step in advice.stop_purchases]
    yield from stop + then if advice.stop_first else then + stop
    yield from (f"- Shows: {md(words.sign(symptom))}" for symptom in advice.symptoms)
    yield f"- **Call: {'; '.join(md(contact) for contact in advice.escalate_to)}**"


def _broken_item(verdict: Verdict, item: ItemVerdict) -> Iterator[str]:
    yield f"#### {md(item.title)} ({code(item.id)}, {words.told_of(item, verdict)})"
    yield f"- Promised: {md(item.promise)}\n- Observed: {md(item.reason)}"
    by_message: dict[str, list[str]] = {}
    for test in item.tests:
        if test.outcome == "failed":
            by_message.setdefault(test.message, []).append(test.nodeid)
    for message, nodeids in list(by_message.items())[:MESSAGES_SHOWN]:
        more = [f"and {len(nodeids) - TESTS_SHOWN} more"] if nodeids[TESTS_SHOWN:] else []
        yield "Failed: " + ", ".join([*(code(nodeid) for nodeid in nodeids[:TESTS_SHOWN]), *more])
        yield fenced(cut(message))
    if len(by_message) > MESSAGES_SHOWN:
        others = words.count(len(by_message) - MESSAGES_SHOWN, "other message")
        yield f"And {others}: see verdict.json."


def cut(said: str) -> str:
    """At most MESSAGE_LENGTH of it: without its middle, for what came back, and how to repeat it, stand last."""
    if len(said) <= MESSAGE_LENGTH:
        return said
    return f"{said[:_HEAD]}\n... (cut; the whole is in verdict.json)\n{said[_HEAD - MESSAGE_LENGTH :]}"


def _comparison(verdict: Verdict) -> Iterator[str]:
    if verdict.comparison is not None:
        changed = comparison.lines(verdict.comparison, verdict.items)
        lines = [f"- That was: {md(comparison.base(verdict.comparison))}"]
        yield "\n".join([*lines, *(f"- {label}: {md(items)}" for label, items in changed)])


def _known_issues(verdict: Verdict) -> Iterator[str]:
    lines = []
    for known in verdict.known_issues:
        issue = known.issue
        state = f"**{known.state}**" if known.bad else known.state
        lines.append(
            f"- {md(issue.ticket)} ({state}): {code(issue.item or issue.test or '')}: {md(issue.reason)} "
            f"Owner {md(issue.owner)}, expires {issue.expires}. {known.remedy}".rstrip()
        )
    if lines:
        yield "\n".join(lines)


def _attested(verdict: Verdict) -> Iterator[str]:
    lines = [
        f"- {code(item.id)}: {md(words.signatures([signed]))}"
        for item in verdict.items
        if item.outcome == "attested"
        for signed in item.attestations
    ]
    lines += [f"- {code(each.item)}: {md(words.signatures([each]))}" for each in verdict.by_hand]
    if lines:
        yield "\n".join(lines)


def _not_proven(verdict: Verdict) -> Iterator[str]:
    lines = []
    for required in (True, False):
        groups = waiting.by_reason(
            [item for item in waiting.not_proven(verdict) if item.required == required]
        )
        need = "required" if required else "not required"
        for reason, items in groups.items():
            ids = ", ".join(f"{code(item.id)} ({cases})" if cases else code(item.id) for item, cases in items)
            lines.append(f"- {md(reason)} ({need}): {ids}")
    if lines:
        yield "\n".join(lines)


def _notes(verdict: Verdict) -> Iterator[str]:
    if verdict.notes:
        yield "\n".join(f"- {md(note)}" for note in verdict.notes)


def _checklist(verdict: Verdict) -> Iterator[str]:
    rows = ["| Outcome | Item | What | Required | Tests | Why |", "|---|---|---|---|---|---|"]
    for item in verdict.items:
        outcome = f"**{item.outcome}**" if item.decides else item.outcome
        required = "yes" if item.required else "no"
        tests = ", ".join(f"{number} {name}" for name, number in words.counts(item).items()) or "none"
        what = f"`{item.id}` | {md(item.title)} | {required} | {tests} | {md(waiting.in_short(item))}"
        rows.append(f"| {outcome} | {what} |")
    yield "\n".join(rows)


def _regions(verdict: Verdict) -> Iterator[str]:
    if verdict.regions:
        rows = [
            f"| Item | {' | '.join(map(md, verdict.regions))} |",
            "|---" * (len(verdict.regions) + 1) + "|",
        ]
        rows += [f"| `{item.id}` | {' | '.join(item.regions.values())} |" for item in verdict.items]
        yield "\n".join(rows)


def _visits(verdict: Verdict, links: bool) -> Iterator[str]:
    """All of them, with what they left."""
    visits = {visit.folder: visit for item in verdict.items for test in item.tests for visit in test.visits}
    lines = []
    for visit in visits.values():
        files = [(picture.step, picture.file) for picture in visit.pictures]
        files += [(path.rpartition("/")[2], path) for path in (visit.log, visit.trace) if path is not None]
        left = [f"[{md(said)}]({place(path)})" if links else code(path) for said, path in files]
        lines.append(f"- {md(visit.name)} in {code(visit.folder)}: {', '.join(left) or 'no picture'}")
    if lines:
        yield "\n".join(lines)


def _writes(verdict: Verdict) -> Iterator[str]:
    yield md(write_counts(verdict)) or "Nothing."
