"""Deployments that all tests of the contract share."""

import signal
from concurrent.futures import ThreadPoolExecutor

import pytest
from deployed import DEPLOYMENTS_BESIDE_RELEASE, ON_ONE_DATABASE, Player, Target


@pytest.fixture(scope="session")
def deployments(tmp_path_factory: pytest.TempPathFactory):
    """All deployments. Most start while the first tests run, because each start-up costs half a second."""
    logs = tmp_path_factory.mktemp("logs")
    running = {"release": Target(logs / "release").ready()}
    for name, settings in DEPLOYMENTS_BESIDE_RELEASE.items():
        database = ("--database", str(logs / "heroes.sqlite")) if name in ON_ONE_DATABASE else ()
        running[name] = Target(logs / name, *database, **settings)
    yield running
    for name, target in running.items():
        if name == "release":
            target.process.send_signal(signal.SIGTERM)
        else:
            target.process.stdin.close()  # --until-eof: the process ends with its parent
    # Each promises to be gone within half a second; together, on a busy machine, they get more.
    assert {target.process.wait(timeout=20) for target in running.values()} == {0}


@pytest.fixture(scope="session", autouse=True)
def unanswered(deployments: dict[str, Target]):
    """A verification that RevenueCat never answers, begun early because it takes two seconds to give up."""
    target = deployments["release"].ready()
    player = target.player()
    player.buys()
    target.revenuecat.put(f"/control/outages/{player.name}", json={"mode": "hang"})
    with ThreadPoolExecutor(1) as pool:
        yield player, pool.submit(player.verify)


@pytest.fixture
def target(deployments: dict[str, Target]) -> Target:
    return deployments["release"].ready()


@pytest.fixture
def player(target: Target) -> Player:
    return target.player()
