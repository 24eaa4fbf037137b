"""Any verdict: whatever was found, in whatever words, the decision is made as it is in a run."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, get_args

from hypothesis import Phase, settings
from hypothesis import strategies as st

from harness.verdict import KnownIssue, TestResult, Verdict, decide
from harness.verdict.comparison import Earlier
from harness.verdict.model import Call, ItemOutcome, Leg
from harness.verdict.visits import Picture, Visited
from runbook.loader import Item, Runbook, Scenario, Symptom
from tests.verdict_examples import RUNBOOK, STARTED, TODAY, facts, issue, signed

# To explain what of a whole verdict mattered takes minutes, and says little.
thorough = settings(phases=set(Phase) - {Phase.explain})
# What a target may send in order to be taken for something else than text.
HOSTILE = (
    "<script>alert(1)</script>",
    '"onmouseover="alert(1)',
    "'><img src=x onerror=alert(1)>",
    "]]></style></script><!--",
    "</pre></details></main>",
    "&lt;b&gt; &#60; &amp",
    "javascript:alert(1)",
    "| a | b |\n|---|---|\n```\n# no heading\n[x](http://evil.invalid)",
    "\x1b[31mred\x1b[0m \x1b]0;title\x07\x9b1m\x00\x7f\x85",
    "\u202egnp.exe\u2066\u200b\ufeff\ud800\u2028",
)
OUTCOMES: list[list[Any]] = [["passed"], ["passed", "not proven"], ["passed", "failed", "not proven"]]
# How much of a run it was; most are whole.
EXTENTS = [(), (), (), ("partial",), ("interrupted",), ("partial", "interrupted"), ("unreachable",)]
texts = st.text(max_size=30) | st.sampled_from(HOSTILE)
# As TOML files give them: never empty, and whole characters.
words = texts.map(lambda text: text.encode("utf-8", "ignore").decode()).filter(str.strip)
lists = st.lists(words, min_size=1, max_size=3).map(tuple)


@st.composite
def messages(draw: st.DrawFn) -> str:
    """Of a failed test: as explained, or any text."""
    if draw(st.booleans()):
        return draw(texts)
    said = (draw(texts).replace("\n", "\n" + " " * 11) for _ in range(3))
    head, body, url = (" ".join(text.splitlines()) for text in said)
    lines = [
        head,
        "    +  where 1 = f()",
        "    curl -i -X GET http://x",
        "checked    it works (smoke/x.py:7)",
    ]
    lines += [
        "promised   much",
        "before     GET /a answered 200",
        f"observed   GET /b answered 500\n{' ' * 11}{body}",
    ]
    return "\n".join([*lines, f"repeat     curl -i -X GET {url}", "rollback   scenario 1: x"])


@st.composite
def items(draw: st.DrawFn, known: Item) -> Item:
    changes: dict[str, Any] = {name: draw(words) for name in ("title", "promise", "proof")}
    severity = draw(st.sampled_from(["blocker", "critical", "normal"]))
    return known.model_copy(update={**changes, "severity": severity, "scenario": draw(st.integers(1, 3))})


@st.composite
def scenarios(draw: st.DrawFn, known: Scenario) -> Scenario:
    changes: dict[str, Any] = {name: draw(words) for name in ("title", "first_action")}
    changes |= {name: draw(lists) for name in ("steps", "escalate_to")}
    changes["symptoms"] = tuple(Symptom(text=text) for text in draw(lists) or ("as usual",))
    return known.model_copy(update={**changes, "stop_purchases": draw(st.booleans())})


@st.composite
def runbooks(draw: st.DrawFn) -> Runbook:
    return replace(
        RUNBOOK,
        items=tuple(draw(items(item)) for item in RUNBOOK.items),
        scenarios=tuple(draw(scenarios(scenario)) for scenario in RUNBOOK.scenarios),
    )


@st.composite
def visits(draw: st.DrawFn) -> Visited:
    """With a picture at least; the files are not there."""
    name = draw(st.sampled_from(["start", "force-logout", "products"]))
    folder = f"web/{name}"
    steps = draw(st.lists(texts, min_size=1, max_size=3))
    pictures = tuple(Picture(step, f"{folder}/{nth}-{step}.jpg") for nth, step in enumerate(steps))
    kept = [f"{folder}/{file}" if draw(st.booleans()) else None for file in ("log.txt", "trace.zip")]
    return Visited(name, folder, pictures, *kept)


@st.composite
def results(draw: st.DrawFn) -> list[TestResult]:
    """Each with a node id of its own, as pytest has them."""
    outcomes = draw(st.sampled_from(OUTCOMES))
    cases = st.tuples(st.sampled_from(RUNBOOK.ids), st.sampled_from(outcomes), texts, messages())
    drawn = draw(st.lists(cases, max_size=12))
    if draw(st.booleans()):
        drawn += [(item, "passed", "", "") for item in RUNBOOK.ids]
    looked = draw(st.lists(visits(), max_size=2))
    return [
        TestResult(f"smoke/x.py::test_it_{nth % 3}[{nth}-{case}]", item, outcome, message, 0, seen)
        for nth, (item, outcome, case, message) in enumerate(drawn)
        for seen in [tuple(looked[nth % 3 :])]
    ]


known_issues: st.SearchStrategy[KnownIssue] = st.builds(
    issue,
    item=st.sampled_from(RUNBOOK.ids),
    owner=words,
    ticket=words,
    reason=words,
    expires=st.sampled_from([TODAY, TODAY - timedelta(1)]),
) | st.builds(issue, test=st.sampled_from(["*", "smoke/x.py::test_it_1*"]), ticket=words)

attestations = st.builds(
    signed,
    st.sampled_from([*RUNBOOK.ids, "stores.listings"]),
    version=st.sampled_from(["1.4.2", "1.4.1"]),
    environment=st.just("staging") | words,
    by=words,
    note=words,
)

times = st.floats(0, 9000)
calls = st.builds(Call, texts, times, times)
legs = st.builds(Leg, words, times, times, st.lists(calls, max_size=3).map(tuple), st.integers(0, 99))

writes = st.fixed_dictionaries({}, optional={"kind": texts, "name": texts})

runs = st.fixed_dictionaries(
    {
        "environment": st.just("staging") | words,
        "base_url": texts,
        "version": st.none() | st.just("1.4.2") | texts,
        "left_out": st.frozensets(st.sampled_from(RUNBOOK.ids)),
        "finished": st.floats(0, 9000).map(lambda seconds: STARTED + timedelta(seconds=seconds)),
        "writes": st.lists(writes, max_size=4).map(tuple),
        "retries": st.integers(0, 99),
        "notes": st.lists(words, max_size=3, unique=True).map(tuple),
        "course": st.lists(legs, max_size=2).map(tuple),
    }
)


@st.composite
def earlier_runs(draw: st.DrawFn) -> Earlier:
    """With items that came and went since, and known issues."""
    ids = draw(st.lists(st.sampled_from([*RUNBOOK.ids, "auth.gone", "gates.gone"]), unique=True))
    outcome = st.sampled_from(get_args(ItemOutcome))
    items = [{"id": each, "outcome": draw(outcome), "known_issue": draw(st.none() | words)} for each in ids]
    return Earlier.model_validate(
        {
            "decision": draw(st.sampled_from(["GO", "NO-GO", "INCONCLUSIVE"])),
            "environment": "staging",
            "version": draw(st.none() | texts),
            "started": STARTED - timedelta(days=draw(st.integers(0, 9))),
            "partial": False,
            "interrupted": False,
            "unreachable": None,
            "items": items,
        }
    )


@st.composite
def verdicts(draw: st.DrawFn) -> Verdict:
    """Every decision is among them; a run that did not reach its target has no results."""
    extent = draw(st.sampled_from(EXTENTS))
    incomplete = {kind: draw(texts) if kind == "unreachable" else True for kind in extent}
    run = facts(**draw(runs), **incomplete)
    return decide(
        draw(runbooks()),
        run,
        draw(results()) if run.unreachable is None else [],
        not_required=draw(st.lists(st.sampled_from([*RUNBOOK.ids, "auth.login:test_it_2*"]), max_size=3)),
        waivers=draw(st.lists(known_issues, max_size=2)),
        attestations=draw(st.lists(attestations, max_size=2)),
        today=TODAY,
        earlier=draw(st.none() | earlier_runs()),
    )
