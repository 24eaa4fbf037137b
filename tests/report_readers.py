"""What each report says, read from the report alone, in one form: the numbers and outcomes, by what they are of."""

import html
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, get_args
from xml.etree import ElementTree

from allure_commons.model2 import TestResult as AllureResult

from harness.verdict import Verdict
from harness.verdict.comparison import LABELS
from harness.verdict.model import IssueState, TestOutcome
from harness.verdict.report import json_file, markdown, message, terminal
from harness.verdict.report.inert import one_line
from tests.page_examples import named, page, under

STATES = "|".join(get_args(IssueState))
_ID = re.compile(r"(?:^|, )([a-z]+\.[a-z-]+)(?= \(|, |$)")
_TOTALS = re.compile(r"(\d+) \((\d+) passed, (\d+) failed, (\d+) not proven\)")
Told = dict[str, Any]


def of_json(verdict: Verdict) -> Told:
    """Of the file that holds everything; what it does not count is counted here."""
    data = json.loads(json_file.render(verdict))
    items = data["items"]
    outcomes = Counter(test["outcome"] for item in items for test in item["tests"])
    assert len(data["writes"]) == len(verdict.writes)
    compared = data["comparison"]
    return {
        "decision": data["decision"],
        "outcomes": {item["id"]: item["outcome"] for item in items},
        "counts": {item["id"]: dict(Counter(test["outcome"] for test in item["tests"])) for item in items},
        "failed": {
            item["id"]: sum(test["outcome"] == "failed" for test in item["tests"])
            for item in items
            if item["outcome"] == "broken" and item["known_issue"] is None
        },
        "totals": (outcomes.total(), *(outcomes[outcome] for outcome in get_args(TestOutcome))),
        "retries": data["retries"],
        "writes": one_line(terminal.write_counts(verdict)) or "nothing",  # JSON replaces half characters
        "duration": terminal.duration(data["duration_s"]),
        "states": sorted(issue["state"] for issue in data["known_issues"]),
        "scenarios": [(advice["scenario"], advice["because"]) for advice in data["rollback"]],
        "not proven": _by_need({item["id"]: item["required"] for item in items if _waits(item)}),
        "comparison": compared and {label: list(compared[name]) for name, label in LABELS.items()},
        "visits": sorted(
            {visit["folder"] for item in items for test in item["tests"] for visit in test["visits"]}
        ),
    }


def of_page(verdict: Verdict) -> Told:
    root = page(verdict)
    run = named(under(root, "This run"))
    said: Told = {"decision": root.one("h1").text, "outcomes": {}, "counts": {}}
    for row in root.one("table", "checklist").all("tr"):
        head, *cells = row.elements
        if cells and head.attributes["scope"] == "row":
            item = head.one("code").text
            said["outcomes"][item] = cells[0].one("b").text
            each = [entry.text.partition(" ") for entry in cells[1].all("li")]
            said["counts"][item] = {outcome: int(number) for number, _, outcome in each if number != "no"}
    sections = {section.elements[0].text: section for section in root.all("section")}
    scenarios = []
    for each in root.all("article", "scenario"):
        number = re.match(r"Scenario (\d+):", each.one("h3").text)
        if number:
            named_by = [breakage.elements[0] for breakage in each.all("div", "breakage")]
            scenarios.append((int(number[1]), [title.one("code").text for title in named_by]))
    needs: dict[str, bool] = {}
    waiting = sections.get("Not proven, and what would prove it")
    required = True
    for each in waiting.elements if waiting else []:
        required = each.text == "Required" if each.tag == "h3" else required
        needs |= {item.one("code").text: required for item in each.all("li")}
    compared = sections.get("Since the last whole run")
    return said | {
        "totals": _totals(run["Checks"][0]),
        "retries": int(run["Requests sent again (connection errors, throttling)"][0]),
        "writes": run["Wrote on the target"][0],
        "duration": named(root.one("main").elements[1])["Took"][0],
        "states": sorted(
            re.match(STATES, named(each)["State"][0])[0] for each in root.all("article", "issue")
        ),
        "scenarios": scenarios,
        "not proven": _by_need(needs),
        "comparison": compared
        and _complete(
            {
                row.one("dt").text: [code.text for code in row.all("code")]
                for row in compared.one("dl").elements
            }
        ),
        "visits": sorted(
            {match[0] for each in root.all("p", "unshown") for match in [re.search("web/[a-z-]+", each.text)]}
        ),
    }


def of_markdown(verdict: Verdict) -> Told:
    text = re.sub(r"(`{3,})text\n.*?\n\1\n", "", markdown.render(verdict), flags=re.DOTALL)
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    sections = dict(zip(parts[1::2], parts[2::2], strict=True))
    broken = re.split(r"^### Scenario (\d+): .*$", sections.get("What is broken", ""), flags=re.MULTILINE)
    rows = re.findall(
        r"^\| \**([a-z ]+?)\** \| `([a-z.-]+)` \| .* \| (?:yes|no) \| ([a-z0-9, ]+) \| ",
        sections["Checklist"],
        re.MULTILINE,
    )
    compared = sections.get("Since the last whole run")
    wrote = _bare(sections["What this run changed on the target"].strip())
    waiting = re.findall(
        r"^- .* \((required|not required)\): ((?:`[a-z.-]+`[^`\n]*)+)$",
        sections.get("Not proven, and what would prove it", ""),
        re.MULTILINE,
    )
    return {
        "decision": re.match(r"# ([A-Z-]+): ", text)[1],
        "outcomes": {item: outcome for outcome, item, _ in rows},
        "counts": {
            item: {outcome: int(number) for number, outcome in re.findall(r"(\d+) ([a-z ]+)", tests)}
            for _, item, tests in rows
        },
        "totals": _totals(re.search(r"^- Checks: (.+)$", text, re.MULTILINE)[1]),
        "retries": int(re.search(r"retried: (\d+)", sections["Retries"])[1]),
        "writes": "nothing" if wrote == "Nothing." else wrote,
        "duration": re.search(r"^- Started: .*, took (.+)$", text, re.MULTILINE)[1],
        "states": sorted(
            re.findall(rf"^- .*?\(\**({STATES})\**\): `", sections.get("Known issues", ""), re.MULTILINE)
        ),
        "scenarios": [
            (int(number), re.findall(r"^#### .* \(`([a-z.-]+)`, [^`]*\)$", told, re.MULTILINE))
            for number, told in zip(broken[1::2], broken[2::2], strict=True)
        ],
        "not proven": _by_need(
            {item: need == "required" for need, ids in waiting for item in re.findall("`([a-z.-]+)`", ids)}
        ),
        "comparison": compared and _changes(_bare(line[2:]) for line in compared.strip().splitlines()[1:]),
        "visits": sorted(
            set(re.findall(r"^- .* in `(web/[a-z-]+)`: \[", sections.get("What the player sees", ""), re.M))
        ),
    }


def of_terminal(verdict: Verdict, width: int = 120) -> Told:
    sections: dict[str, list[str]] = {}
    block: list[str] = []
    for line, _ in terminal.render(verdict, width):
        if re.fullmatch(r"[A-Z]{2}[A-Za-z, ]+", line):
            block = sections.setdefault(line, [])
        elif line and not re.match(r"[A-Z-]+: ", line):
            block.append(line)
        else:
            block = sections.setdefault(line.partition(": ")[0], [])
    decision = next(name for name in reversed(sections) if name)
    row = re.compile(r"(proven|broken|not proven|attested) +([a-z]+\.[a-z-]+)(?:  |$)", re.IGNORECASE)
    rows = [row.match(line) for line in sections.get("CHECKLIST", [])]
    run = _paragraphs(sections["THIS RUN"])
    waiting = {
        item: told[1] == "required"
        for line in sections.get("NOT PROVEN, and what would prove it", [])
        if (told := re.match(r"  (not required|required): (.+)$", line))
        for item in _ID.findall(told[2])
    }
    known = _paragraphs(sections.get("KNOWN ISSUES", []))
    scenarios = [
        line for line in _paragraphs(sections.get("WHAT TO DO", [])) if re.match(r"Scenario \d+: ", line)
    ]
    compared = sections.get("SINCE THE LAST WHOLE RUN")
    return {
        "decision": decision,
        # What a partial run did not come to is named below only.
        "outcomes": dict.fromkeys(waiting, "not proven") | {row[2]: row[1].lower() for row in rows if row},
        "failed": _failed(sections.get("BROKEN", [])),
        "totals": _totals(run[0]),
        "writes": run[1].removeprefix("wrote on the target: "),
        "retries": int(run[2].rpartition(": ")[2]),
        "duration": next(line for line in sections[decision] if ", took " in line).rpartition(", took ")[2],
        "states": sorted(re.search(rf"\(({STATES})\): ", line, re.IGNORECASE)[1].lower() for line in known),
        "scenarios": [
            (
                int(re.match(r"Scenario (\d+)", line)[1]),
                re.search(r".*\(because of (.*?)\)", line)[1].split(", "),
            )
            for line in scenarios
        ],
        "not proven": _by_need(waiting),
        "comparison": compared and _changes(_paragraphs(compared)[1:]),
    }


def of_message(verdict: Verdict) -> Told:
    """It counts what is not proven and what is known, and lists the first broken items of each scenario."""
    header, *sections, _ = json.loads(message.render(verdict, "the page"))["blocks"]
    titled = {}
    for section in sections:
        title, _, lines = section["text"]["text"].partition("\n")
        titled[title.strip("*")] = lines
    run = titled["This run"]
    number = {
        name: int(re.search(rf"^{name}: (\d+)", run, re.MULTILINE)[1])
        for name in ("Not proven", "Known issues")
    }
    scenarios = [
        (int(told[1]), re.findall(r"^• .*\(`([a-z.-]+)`, [^`]*\): ", lines, re.MULTILINE))
        for title, lines in titled.items()
        if (told := re.match(r"Scenario (\d+):", title))
    ]
    since = [lines for title, lines in titled.items() if title.startswith("Since the last whole run: ")]
    return {
        "decision": header["text"]["text"].partition(": ")[0],
        "totals": _totals(run),
        "duration": re.search(r", took (.+)$", run, re.MULTILINE)[1],
        "not proven": (number["Not proven"], int(re.search(r", (\d+) not required", run)[1])),
        "states": number["Known issues"],
        "scenarios": scenarios,
        "comparison": _changes(re.split("; (?=[a-z, ]+: )", html.unescape(since[0]))) if since else None,
    }


def of_junit(path: Path) -> Told:
    """Of the file that pytest writes; whether a test failed or broke down is one to the verdict."""
    outcomes = {"failure": "failed", "error": "failed", "skipped": "not proven"}
    return _counted(
        (
            case.find("properties/property[@name='item']").get("value"),
            next((outcomes[each.tag] for each in case if each.tag in outcomes), "passed"),
        )
        for case in ElementTree.parse(path).iter("testcase")
    )


def of_allure(results: Sequence[AllureResult]) -> Told:
    """Of the results; Allure, too, has two words for what failed."""
    outcomes = {"failed": "failed", "broken": "failed", "skipped": "not proven", "passed": "passed"}
    return _counted(
        (next(label.value for label in each.labels if label.name == "item"), outcomes[each.status])
        for each in results
    )


def _counted(tests: Iterable[tuple[str, str]]) -> Told:
    told = list(tests)
    number = Counter(outcome for _, outcome in told)
    counts = {item: dict(Counter(outcome for its, outcome in told if its == item)) for item, _ in told}
    return {"totals": (len(told), *(number[outcome] for outcome in get_args(TestOutcome))), "counts": counts}


def _waits(item: dict[str, Any]) -> bool:
    return item["outcome"] == "not proven" or item["open"]


def _by_need(needs: dict[str, bool]) -> tuple[list[str], list[str]]:
    """Ids of what is required, and of what is not."""
    return tuple(
        sorted(item for item, required in needs.items() if required == need) for need in (True, False)
    )


def _totals(text: str) -> tuple[int, ...]:
    return tuple(map(int, _TOTALS.search(text).groups()))


def _bare(text: str) -> str:
    """Markdown without its escapes."""
    return html.unescape(re.sub(r"\\(.)", r"\1", text))


def _changes(lines: Iterator[str] | list[str]) -> dict[str, list[str]]:
    """`label: id, id (known issue x)` each."""
    told = (line.partition(": ") for line in lines)
    return _complete({label[0].upper() + label[1:]: _ID.findall(ids) for label, _, ids in told})


def _complete(changes: dict[str, list[str]]) -> dict[str, list[str]]:
    """A list that is empty need not be shown."""
    assert set(changes) <= set(LABELS.values())
    return {label: changes.get(label, []) for label in LABELS.values()}


def _paragraphs(lines: list[str]) -> list[str]:
    """What begins two columns in, joined with the lines that hang below it."""
    found: list[str] = []
    for line in lines:
        if line.startswith("   "):
            found[-1] += f" {line.strip()}"
        else:
            found.append(line.strip())
    return found


def _failed(lines: list[str]) -> dict[str, int]:
    """How many failed tests each broken item is said to have."""
    found: dict[str, int] = {}
    item = ""
    for line in lines:
        if start := re.match(r"  ([a-z]+\.[a-z-]+): ", line):
            item = start[1]
            found[item] = 0
        elif more := re.fullmatch(r"      and (\d+) more", line):
            found[item] += int(more[1])
        elif re.match(r"      \S", line):
            found[item] += 1
    return found
