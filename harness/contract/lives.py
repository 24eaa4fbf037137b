"""Sequences of what happens to two players, played on the target and held to the model; a failing one is shortened."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic

from harness.contract.budget import Budget
from harness.contract.model import Model, Step
from harness.contract.novelty import lives, model_of
from harness.contract.stage import Stage
from harness.errors import PromiseBroken, Unprovable
from harness.evidence.exchange import Exchange
from harness.evidence.probe import abreast

LIVES = ("life-1", "life-2", "life-3")
STEPS_AN_EXAMPLE = 6  # steps of a life for each of --fuzz-examples
TOGETHER = ("hands over", "logs in", "logs out")
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


@dataclass(frozen=True)
class Trouble:
    """How target and model differ after the step at that place of the life, and where it shows."""

    place: int
    problem: str
    seen: Exchange | None


class Course:
    """A life under way: what has happened so far, to whom, until when it may go on."""

    def __init__(self, stage: Stage, model: Model, over: float) -> None:
        self._stage, self._model, self._over = stage, model, over
        self._happened: dict[int, tuple[Step, Exchange]] = {}
        self.is_late = False

    def happened(self) -> list[tuple[Step, Exchange]]:
        """In the order of the life."""
        return [self._happened[place] for place in sorted(self._happened)]

    def up_to(self, trouble: Trouble) -> list[tuple[Step, Exchange]]:
        """The same with the step that shows the trouble as the last one: the others happened beside it or before."""
        last = self._happened.pop(trouble.place)
        return [*self.happened(), last]

    async def follow(self, path: Sequence[tuple[int, Step]]) -> Trouble | None:
        """Let steps happen one after another, until one shows a trouble."""
        for place, step in path:
            if monotonic() > self._over:
                self.is_late = True
                return None
            try:
                self._happened[place] = step, await self._stage.let(step, self._model.owned(step.actor))
            except PromiseBroken as broken:
                # What works at first is for other items to judge; what it came to in the end is the life's.
                seen = broken.exchange
                worked = any(done.happening == step.happening for done, _ in self._happened.values())
                if not worked or not isinstance(seen, Exchange):
                    raise
                self._happened[place] = step, seen
                return Trouble(place, str(broken), seen)
            self._model.apply(step)
            problem, where = await self._compared(step)
            if problem:
                return Trouble(place, problem, where)
        return None

    async def _compared(self, step: Step) -> tuple[str, Exchange | None]:
        """Where target and model differ after a step, and where that shows."""
        if step.happening in ("logs in", "logs out"):
            return await self._stage.sessions()
        touched = {step.actor, step.other} if step.happening == "hands over" else {step.actor}
        for actor in sorted(touched):
            problem, seen = await self._stage.disagreement(actor, self._model.owned(actor))
            if problem:
                return problem, seen
        return "", None

    async def settled(self) -> tuple[str, Exchange | None]:
        """The same for both players, once everything must have taken effect."""
        found: list[tuple[str, Exchange | None]] = await abreast(map(self._in_the_end, ("A", "B")))
        return next((each for each in found if each[0]), found[0])

    async def _in_the_end(self, actor: str) -> tuple[str, Exchange | None]:
        await self._stage.settle(actor)
        return await self._stage.disagreement(actor, self._model.owned(actor), last=True)


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

    async def play(self, name: str) -> Played:
        """The life of that name (one of LIVES), or the shortest found that fails like it; raises Unprovable."""
        number, length = LIVES.index(name), STEPS_AN_EXAMPLE * self._budget.examples
        steps = lives(self._budget.seed, len(LIVES), length, verifies=self._verifies)[number]
        over = monotonic() + self._budget.seconds
        played = await self._played(number, steps, over)
        return await self._shortened(number, played, over) if played.problem else played

    async def _played(self, number: int, steps: Sequence[Step], over: float) -> Played:
        model, stage = model_of(number, self._verifies), await self._stage()
        course = Course(stage, model, over)
        for scene in scenes(steps):
            found = await abreast(course.follow(path) for path in scene)
            if trouble := next((each for each in found if each is not None), None):
                happened, note = course.up_to(trouble), self._budget.note
                return Played(happened, trouble.problem, trouble.seen, note, self._curl)
            if course.is_late:
                break
        note, happened = self._budget.note, course.happened()
        if len(happened) < len(steps):
            short = f"the time was over after {len(happened)} of {len(steps)} steps"
            if len(happened) < len(steps) / 2:
                raise Unprovable(short, "give it more with --fuzz-seconds")
            note = f"{short}; {note}"
        problem, seen = await course.settled()
        return Played(happened, problem, seen, note, self._curl, later=True)

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


def scenes(steps: Sequence[Step]) -> list[list[list[tuple[int, Step]]]]:
    """The steps with their places, in scenes that follow one another; within one, each player goes a path alone.

    What concerns both players, or all of their sessions, is a scene of its own.
    """
    found: list[dict[str, list[tuple[int, Step]]]] = [{}]
    for place, step in enumerate(steps):
        if step.happening in TOGETHER:
            found += [{step.actor: [(place, step)]}, {}]
        else:
            found[-1].setdefault(step.actor, []).append((place, step))
    return [[*scene.values()] for scene in found if scene]
