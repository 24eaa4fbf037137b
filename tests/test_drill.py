"""The drill of a release, played whole: each step ends as a release manager should see it."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
STEPS = [
    "The release before",
    "Before the deploy",
    "The deploy",
    "Right after the deploy",
    "During the rollout",
    "The release is mended",
    "Right after that deploy",
    "And what players do",
]


def test_drill_goes_from_before_the_deploy_to_the_mended_release(tmp_path):
    command = [sys.executable, "docs/drill/play.py", f"--reports={tmp_path}", "--without-client"]
    ended = subprocess.run(
        [*command, "--fuzz-examples=1", "--fuzz-seconds=600"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=500,
    )
    told = ended.stdout.splitlines()
    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr
    assert [line.partition(":")[0].removeprefix("== ") for line in told if line.startswith("== ")] == STEPS
    decisions = [
        line.strip().partition(":")[0] for line in told if line.startswith(("    GO:", "    NO-GO:"))
    ]
    assert decisions == ["GO", "GO", "NO-GO", "GO", "GO"]
    assert "      Scenario 3: Purchase verification failing (because of postdeploy.funnel)" in told
