"""Draws the pages in this folder: four runs of the suite against the embedded deployment, one for each decision.

`make pictures`; needs `chromium-headless-shell`, or another that the variable BROWSER names. With `--phone` or `--dark`
the pictures are of the page on a phone, or in the dark, and `--into DIR` puts them elsewhere.
"""

import argparse
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from palette import shrink

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
FAULTS = "auth.alg-none-accepted-at-snapshot,client.401-ignored,purchases.outage-grants"
BROWSER = [
    os.environ.get("BROWSER", "chromium-headless-shell"),
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    *("--hide-scrollbars", "--disable-lcd-text", "--allow-file-access-from-files"),
]
HIGHEST = 5000  # pixels of a picture
ATTEMPTS = 4  # a busy machine may break a promise about time


def main() -> None:
    """Run, and draw what came of it."""
    options = argparse.ArgumentParser(description="draw the pages of the four decisions")
    options.add_argument("--into", type=Path, default=HERE, metavar="DIR")
    options.add_argument("--phone", action="store_true")
    options.add_argument("--dark", action="store_true")
    chosen = options.parse_args()
    chosen.into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        for decision, page in pages(Path(place)):
            for picture in draw(page, chosen.into / decision.lower(), chosen.phone, chosen.dark):
                say(f"{picture}: {picture.stat().st_size // 1000} kB")


def pages(place):
    """(decision, page) of each run; that of the broken release is compared with the healthy one before it."""
    local = (ROOT / "environments" / "local.toml").read_text("utf-8")
    local = local.replace("settles_within_s = 1\n", "settles_within_s = 4\n")  # this machine may be busy
    staging = local.replace(
        "[target.start.variables]\n", '[target.start.variables]\nAPP_VERSION = "{version}"\n'
    )
    without_secret = staging.replace('secret_env = "REVENUECAT_WEBHOOK_SECRET"\n', "")
    assert len({local, staging, without_secret}) == 3, "environments/local.toml has changed"
    nowhere = f'[target]\nbase_url = "http://127.0.0.1:{free_port()}"\nready_within_s = 2\n'
    for decision, text, version, faults in (
        ("GO", staging, "1.4.1", ""),
        ("NO-GO", staging, "1.4.2", FAULTS),
        ("INCONCLUSIVE", without_secret, "1.4.2", ""),
        ("UNREACHABLE", nowhere, "", ""),
    ):
        # The broken release comes after the healthy one; the others are first runs.
        reports = place / ("releases" if "GO" in decision else decision)
        run(decision, text.replace("{version}", version), reports, faults)
        yield decision, reports / "staging" / "verdict.html"


def run(decision, environment, reports, faults):
    """Run the suite; it has to end in that decision."""
    file = reports / "staging.toml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(environment, "utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        f"--env={file}",
        f"--reports={reports}",
        "-q",
        "-p",
        "no:cacheprovider",
    ]
    answer = reports / "staging" / "verdict.json"
    for _ in range(ATTEMPTS):
        subprocess.run(command, cwd=ROOT, env={**os.environ, "REFERENCE_FAULTS": faults}, capture_output=True)
        verdict = json.loads(answer.read_text("utf-8"))
        say(f"{verdict['decision']}: {verdict['summary']}")
        broken = [item["id"] for item in verdict["items"] if item["outcome"] == "broken"]
        if (verdict["decision"], len(broken)) == (decision, 3 if faults else 0):
            return
        answer.unlink()  # or the next attempt is compared with this one
    raise SystemExit(f"the run that should be {decision} is not")


def draw(page, stem, phone=False, dark=False):
    """The whole page as `stem`.png, and -2, -3 where it is long; a frame is as narrow as a phone, no window is."""
    width = 390 if phone else 1280
    colours = ["--blink-settings=preferredColorScheme=0"] if dark else []
    pictures = []
    with tempfile.TemporaryDirectory() as place:
        # Its policy forbids to measure it.
        text = re.sub(r"<meta http-equiv[^>]*>", "", page.read_text("utf-8"))
        (Path(place) / "page.html").write_text(text, "utf-8")
        frame = Path(place) / "frame.html"
        measured = "document.title = this.contentDocument.documentElement.scrollHeight"
        frame.write_text(framed(width, 100, attributes=f'onload="{measured}"'), "utf-8")
        dom = browse(place, f"--window-size={max(width, 500)},600", "--dump-dom", f"file://{frame}")
        height = int(re.search(r"<title>(\d+)</title>", dom)[1])
        parts = -(-height // HIGHEST)
        part = -(-height // parts)
        for nth in range(parts):
            picture = stem.with_name(f"{stem.name}{f'-{nth + 1}' if nth else ''}.png")
            frame.write_text(framed(width, height, above=nth * part), "utf-8")
            taken = f"--screenshot={picture}"
            browse(place, *colours, f"--window-size={width},{part}", taken, f"file://{frame}")
            picture.write_bytes(shrink(picture.read_bytes()))
            pictures.append(picture)
    return pictures


def framed(width, height, above=0, attributes=""):
    """A page that shows the other one, without what is `above`."""
    style = f"border: 0; width: {width}px; height: {height}px; margin-top: -{above}px"
    body = '<body style="margin: 0; overflow: hidden">'
    return f'<!doctype html>{body}<iframe src="page.html" style="{style}" {attributes}></iframe>'


def browse(place, *arguments):
    command = [*BROWSER, f"--user-data-dir={place}/profile", "--virtual-time-budget=2000", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout


def free_port():
    """One on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def say(text):
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
