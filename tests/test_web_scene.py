"""What a visit leaves behind: told like an exchange, kept after a failure, without secrets."""

import gzip
import zipfile

import pytest

from harness.evidence.exchange import witness, witnessed
from harness.evidence.secrets import Secrets
from harness.verdict.visits import Picture, Visited
from harness.web.scene import Scene, scrubbed_copy


class Tape:
    lines = (
        "console error: canary-token refused",
        "GET http://x.invalid/a 200",
        "GET http://x.invalid/b 401",
    )


@pytest.fixture
def scene(tmp_path):
    raw = tmp_path / "raw.zip"
    with zipfile.ZipFile(raw, "w") as file:
        file.writestr("trace.network", '{"authorization": "Bearer canary-token"}')
        file.writestr("picture.jpeg", b"\xff\xd8\x00canary\xff")
    return Scene("force-logout", tmp_path / "web" / "force-logout", [Tape()], raw)


@pytest.fixture
def scrub():
    known = Secrets()
    known.add("canary-token", "token")
    return known.scrub


def test_pictures_are_numbered_and_become_steps(scene):
    names = [scene.picture(step).name for step in ("signed in", "gate pressed")]
    assert names == ["01-signed-in.jpg", "02-gate-pressed.jpg"]
    assert [each.title for each in scene.story] == ["signed in", "gate pressed", "web client (force-logout)"]


def test_told_scene_names_its_files_and_what_went_wrong(scene, scrub):
    said = scene.show(scrub)
    assert said.splitlines() == [
        "web client (force-logout)",
        f"pictures, log.txt and trace.zip in {scene.folder}/",
        "console error: <token> refused",
        "GET http://x.invalid/b 401",
    ]
    assert scene.curl(scrub) == f"playwright show-trace {scene.folder}/trace.zip"


def test_scene_without_a_trace_promises_none(scene, scrub, tmp_path):
    scene.raw = None
    assert f"pictures and log.txt in {scene.folder}/" in scene.show(scrub)
    assert scene.curl(scrub).startswith("pytest -m browser ")
    left = scene.left(tmp_path)
    assert (left.log, left.trace, scene.trace.exists()) == ("web/force-logout/log.txt", None, False)


def test_told_scene_keeps_log_and_trace_without_secrets(scene, scrub):
    scene.show(scrub)
    assert (scene.folder / "log.txt").read_text("utf-8").splitlines()[1] == "GET http://x.invalid/a 200"
    with zipfile.ZipFile(scene.trace) as trace:
        assert trace.read("trace.network") == b'{"authorization": "Bearer <token>"}'
        assert trace.read("picture.jpeg") == b"\xff\xd8\x00canary\xff"
    assert "canary-token" not in (scene.folder / "log.txt").read_text("utf-8")


def test_what_a_client_packed_is_kept_without_secrets(scene, scrub, tmp_path):
    with zipfile.ZipFile(scene.raw, "a") as trace:
        trace.writestr("body.dat", gzip.compress(b'{"session": "canary-token"}'))
    scrubbed_copy(scene.raw, tmp_path / "copy.zip", scrub)
    packed = zipfile.ZipFile(tmp_path / "copy.zip").read("body.dat")
    assert gzip.decompress(packed) == b'{"session": "<token>"}'


def test_told_scene_says_each_thing_once_where_it_was_last(scene, scrub):
    blocked = "GET http://fonts.invalid/a not let through: another host"
    told = [
        blocked,
        "GET http://x.invalid/b 401",
        *[f"GET http://x.invalid/{nth} 500" for nth in range(10)],
        blocked,
    ]
    scene.tapes[0].lines = told
    assert scene.show(scrub).splitlines()[2:] == told[1:]


def test_scene_says_what_it_left(scene, scrub, tmp_path):
    scene.picture("signed in")
    assert (scene.left(tmp_path).log, scene.left(tmp_path).trace) == (None, None)
    scene.keep(scrub)
    folder = "web/force-logout"
    pictures = (Picture("signed in", f"{folder}/01-signed-in.jpg"),)
    assert scene.left(tmp_path) == Visited(
        "force-logout", folder, pictures, f"{folder}/log.txt", f"{folder}/trace.zip"
    )


def test_scene_is_kept_once(scene, scrub):
    scene.keep(scrub)
    scene.trace.unlink()
    scene.show(scrub)
    assert not scene.trace.exists()


@pytest.mark.parametrize("content", [None, b"", b"half a zip"])
def test_scene_whose_trace_is_not_whole_keeps_its_log_alone(scene, scrub, tmp_path, content):
    scene.raw.unlink()
    if content is not None:
        scene.raw.write_bytes(content)
    scene.keep(scrub)
    assert (scene.left(tmp_path).log, scene.left(tmp_path).trace) == ("web/force-logout/log.txt", None)


def test_untold_scene_keeps_nothing(scene):
    assert not scene.folder.exists()


def test_copy_of_a_trace_has_all_its_members(scene, tmp_path):
    scrubbed_copy(scene.raw, tmp_path / "copy.zip", str)
    assert zipfile.ZipFile(tmp_path / "copy.zip").namelist() == ["trace.network", "picture.jpeg"]


def test_read_record_makes_its_scene_the_evidence(scene):
    with witnessed() as seen:
        witness(scene)
        witness(scene)
    assert seen == [scene]
