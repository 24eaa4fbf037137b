"""Sequences of what happens to two players, played on the target and held to the model; a failing one is shortened."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic

from harness.contract.budget import Budget
from harness.contract.model import Model, Step
from harness.contract.novelty import lives, model_of
from harness.contract.stage import Stage
from harness.errors import PromiseBroken, Unprovable
from harness.evidence.exchange import Exchange

LIVES = ("life-1", "life-2", "life-3")
STEPS_AN_EXAMPLE = 6  # steps of a life for each of --fuzz-examples
SHORTENINGS = 12  # attempts to find a shorter life that fails, each with two new accounts


@dataclass(frozen=True)
class Played:
    """A life as far as it went: what happened, with its exchange, and how target and model disagreed at last.

    `later`: only once all had settled, so that it need not be the last step that shows it.
    """

    happened: list[tuple[Step, Exchange]]
    problem: str = ""
    seen: Exchange | None = None
    note: str = ""
    curl: Callable[[Exchange], str] = field(default=str, repr=False)
    later: bool = False

    @property
    def steps(self) -> list[Step]:
        return [step for step, _ in self.happened]

    def told(self) -> str:
        """The disagreement, and each step that led there with its curl line; empty where there is none."""
        if not self.problem:
            return ""
        if self.seen is not None:
            _ = self.seen.status  # to read it is what makes it evidence
        lines = [self.problem]
        for number, (step, exchange) in enumerate(self.happened, 1):
            lines += [f"step {number}: {step}", f"    {self.curl(exchange)}"]
        return "\n".join([*lines, self.note])


class Lives:
    """Plays made-up lives, each with players of its own."""

    def __init__(
        self,
        stage: Callable[[], Awaitable[Stage]],
        budget: Budget,
        curl: Callable[[Exchange], str],
        *,
        verifies: bool,
    ) -> None:
        self._stage, self._budget, self._curl, self._verifies = stage, budget, curl, verifies
        self._made_up: asyncio.Task[list[list[Step]]] | None = None

    async def play(self, name: str) -> Played:
        """The life of that name (one of LIVES), or the shortest found that fails like it; raises Unprovable."""
        number = LIVES.index(name)
        if self._made_up is None:  # once for all of them, in a thread: it takes a second
            length = STEPS_AN_EXAMPLE * self._budget.examples
            making = asyncio.to_thread(lives, self._budget.seed, len(LIVES), length, verifies=self._verifies)
            self._made_up = asyncio.create_task(making)
        steps = (await asyncio.shield(self._made_up))[number]
        over = monotonic() + self._budget.seconds
        played = await self._played(number, steps, over)
        return await self._shortened(number, played, over) if played.problem else played

    async def _played(self, number: int, steps: Sequence[Step], over: float) -> Played:
        model, stage = model_of(number, self._verifies), await self._stage()
        happened: list[tuple[Step, Exchange]] = []
        note = self._budget.note
        for step in steps:
            if monotonic() > over:
                short = f"the time was over after {len(happened)} of {len(steps)} steps"
                if len(happened) < len(steps) / 2:
                    raise Unprovable(short, "give it more with --fuzz-seconds")
                note = f"{short}; {note}"
                break
            try:
                happened.append((step, await stage.let(step, model.owned(step.actor))))
            except PromiseBroken as broken:
                # What works at first is for other items to judge; what it came to in the end is the life's.
                seen = broken.exchange
                worked = any(done.happening == step.happening for done, _ in happened)
                if not worked or not isinstance(seen, Exchange):
                    raise
                return Played([*happened, (step, seen)], str(broken), seen, note, self._curl)
            model.apply(step)
            problem, seen = await self._compared(stage, model, step)
            if problem:
                return Played(happened, problem, seen, note, self._curl)
        problem, seen = await self._settled(stage, model)
        return Played(happened, problem, seen, note, self._curl, later=True)

    async def _compared(self, stage: Stage, model: Model, step: Step) -> tuple[str, Exchange | None]:
        """Where target and model differ after a step, and where that shows."""
        if step.happening in ("logs in", "logs out"):
            return await stage.sessions()
        touched = {step.actor, step.other} if step.happening == "hands over" else {step.actor}
        for actor in sorted(touched):
            problem, seen = await stage.disagreement(actor, model.owned(actor))
            if problem:
                return problem, seen
        return "", None

    async def _settled(self, stage: Stage, model: Model) -> tuple[str, Exchange | None]:
        """The same for both players, once everything must have taken effect."""
        for actor in ("A", "B"):
            await stage.settle(actor)
            problem, seen = await stage.disagreement(actor, model.owned(actor), last=True)
            if problem:
                return problem, seen
        return "", None

    async def _shortened(self, number: int, played: Played, over: float) -> Played:
        """Without what it fails without: larger parts are tried before single steps."""
        attempts, size = 0, len(played.steps) // 2
        while size:
            start = 0
            needed = 0 if played.later else 1
            while start < len(played.steps) - needed and attempts < SHORTENINGS and monotonic() < over:
                attempts += 1
                steps = played.steps
                shorter = self._possible(number, [*steps[:start], *steps[start + size :]])
                again = await self._fails(number, shorter, over)
                if again is None:
                    start += size
                else:
                    played = again
            size //= 2
        return played

    async def _fails(self, number: int, steps: Sequence[Step], over: float) -> Played | None:
        """The life, if it fails by a disagreement too; what else befalls it must not hide the one that was found."""
        if not steps:
            return None
        try:
            again = await self._played(number, steps, over)
        except (PromiseBroken, Unprovable):
            return None
        return again if again.problem else None

    def _possible(self, number: int, steps: Sequence[Step]) -> list[Step]:
        """The steps that are possible one after another; what has become impossible is left out."""
        model, kept = model_of(number, self._verifies), list[Step]()
        for step in steps:
            if model.may(step):
                model.apply(step)
                kept.append(step)
        return kept
