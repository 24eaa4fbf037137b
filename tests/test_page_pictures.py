"""What the player saw, on the page: pictures, log and trace; and what is said where there are none."""

import json
import time
from base64 import b64decode

import pytest

from harness.verdict.report import append_summary, html, json_file, markdown, write_reports
from harness.verdict.report.html import pictures
from harness.verdict.visits import Picture, Visited
from tests import html_tree
from tests.page_examples import named, under
from tests.verdict_examples import LOGIN, passed, verdict
from tests.verdict_strategies import HOSTILE
from tests.visit_examples import JPEG, LOGOUT, PAYWALL, START, looked, on_disk, visited, with_visits


@pytest.fixture
def draw(tmp_path):
    """The page of a verdict whose visits' files are there."""

    def drawn(given_verdict, *there):
        on_disk(tmp_path, *there)
        return html_tree.read(html.render(given_verdict, tmp_path))

    return drawn


def shown(root):
    """Each picture: its content, what it says to who cannot see it, its caption, and where it leads."""
    for figure in root.all("figure"):
        image = figure.one("img")
        content = b64decode(image.attributes["src"].removeprefix("data:image/jpeg;base64,"), validate=True)
        caption = figure.one("figcaption").text
        yield content, image.attributes["alt"], caption, figure.one("a").attributes["href"]


def unshown(root):
    return [each.text for each in root.all("p", "unshown")]


def test_failed_check_shows_its_visit_in_order(draw):
    evidence = under(draw(with_visits(), LOGOUT, START, PAYWALL), "Evidence")
    first, second = evidence.all("article")[0].all("details")[::2]
    files = [picture.file for picture in LOGOUT.pictures]
    assert list(shown(first)) == [
        (
            JPEG + files[0].encode(),
            "signed in (picture 1 of 2)",
            "1. signed in",
            files[0].replace(" ", "%20"),
        ),
        (
            JPEG + files[1].encode(),
            "token refused (picture 2 of 2)",
            "2. token refused",
            files[1].replace(" ", "%20"),
        ),
    ]
    assert named(first)["What was seen"][0].startswith("force-logout: 2 pictures ")
    # The other check looked at the same visit: it is on the page once.
    assert (list(shown(second)), named(second)["What was seen"]) == (
        [],
        ["Seen above: the visit force-logout"],
    )


def test_log_and_trace_are_there_after_a_failure(draw):
    first = under(draw(with_visits(), LOGOUT), "Evidence").all("article")[0].all("details")[0]
    log = first.one("details")
    assert log.one("summary").text == "Console and requests"
    assert log.one("pre").raw == "console error: refused\nGET http://x.invalid/a 401"
    assert [each.attributes["href"] for each in first.all("a")][-2:] == [
        "web/force-logout/log.txt",
        "web/force-logout/trace.zip",
    ]
    assert "playwright show-trace web/force-logout/trace.zip" in first.text


def test_visit_of_a_failure_that_is_not_told_in_full_is_shown_as_well(draw):
    failed = [looked(LOGIN, "failed", START, name=f"test_{n}", message=f"m{n}") for n in range(6)]
    failed.append(looked(LOGIN, "failed", LOGOUT, name="test_last", message="m5"))
    article = under(draw(verdict(*failed), START, LOGOUT), "Evidence").one("article")
    assert "test_last" not in " ".join(each.text for each in article.all("summary"))
    assert [caption for *_, caption, _ in shown(article)][-2:] == ["1. signed in", "2. token refused"]


def test_broken_item_leads_to_what_the_player_saw(draw):
    root = draw(with_visits(), LOGOUT)
    links = {each.text: each.attributes["href"] for each in root.one("div", "breakage").all("a")}
    assert list(links) == ["Evidence of auth.login, and what the player saw", LOGOUT.name]
    (shown,) = [each for each in root.walk() if each.attributes.get("id") == links[LOGOUT.name][1:]]
    assert shown.all("img")


def test_steps_are_told_once_where_they_are_captions(draw):
    told = "wrong\nbefore     signed in\nbefore     token refused"
    rows = [named(draw(verdict(looked(LOGIN, "failed", visit, message=told)))) for visit in (LOGOUT, START)]
    assert ["Before" in each for each in rows] == [False, True]


def test_run_in_which_all_is_well_shows_the_last_picture_of_each_visit(draw):
    seen = under(draw(with_visits(broken=False), LOGOUT, START, PAYWALL), "What the player sees")
    assert seen.one("summary").text == "3 visits, the last picture of each"
    assert [(alt, caption) for _, alt, caption, _ in shown(seen)] == [
        ("token refused (picture 2 of 2, force-logout)", "force-logout: token refused auth.login"),
        ("settled (picture 2 of 2, start)", "start: settled auth.login"),
        (
            "gate pressed (picture 1 of 1, paywall)",
            "paywall: gate pressed auth.login; purchases.logged",
        ),
    ]


def test_visits_of_failed_checks_are_not_shown_again(draw):
    seen = under(draw(with_visits(), LOGOUT, START, PAYWALL), "What the player sees")
    assert seen.one("summary").text == "2 visits, the last picture of each"
    assert "The visits of failed checks are shown with their evidence." in seen.text


def test_run_without_a_visit_says_nothing_of_it(draw):
    assert "What the player sees" not in draw(verdict(*passed(LOGIN))).text


def test_visit_of_several_processes_is_shown_once_where_all_is_well(draw):
    other = Visited("start", "web-gw1/start", (Picture("opened", "web-gw1/start/01.jpg"),), None, None)
    root = draw(verdict(looked(LOGIN, "passed", START), looked(LOGIN, "passed", other)), START, other)
    assert [caption for *_, caption, _ in shown(root)] == ["start: settled auth.login"]


# --- what is not there


def test_missing_files_are_named(draw):
    root = draw(with_visits())
    assert unshown(under(root, "Evidence")) == [
        "There is no such picture: web/force-logout/01-signed in.jpg",
        "There is no such picture: web/force-logout/02-token refused.jpg",
        "The log could not be read (No such file or directory): web/force-logout/log.txt",
    ]
    assert len(unshown(under(root, "What the player sees"))) == 2


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("web", "The picture could not be read (Is a directory): web"),
        ("text.jpg", "This is no picture: text.jpg"),
        ("empty.jpg", "This is no picture: empty.jpg"),
        ("../outside.jpg", "The picture could not be read (it does not lie beside the page): ../outside.jpg"),
        ("/etc/hostname", "The picture could not be read (it does not lie beside the page): /etc/hostname"),
        ("nul\x00.jpg", "The picture could not be read (embedded null byte): nul.jpg"),
        ("\ud800.jpg", None),
    ],
)
def test_what_is_no_picture_is_named(tmp_path, file, said):
    here = tmp_path / "reports"
    (here / "web").mkdir(parents=True)
    (here / "text.jpg").write_text("<script>", "utf-8")
    (here / "empty.jpg").touch()
    (tmp_path / "outside.jpg").write_bytes(JPEG)
    odd = Visited("odd", "web/odd", (Picture("seen", file),), None, None)
    root = html_tree.read(html.render(verdict(looked(LOGIN, "passed", odd)), here))
    (only,) = unshown(root)
    assert said is None or only == said
    assert root.all("img") == []


def test_visit_without_a_picture_says_so(draw):
    root = draw(verdict(looked(LOGIN, "passed", visited("start"))))
    assert unshown(root) == ["It left no picture."]


def test_pictures_end_where_the_page_would_grow_too_large(tmp_path):
    on_disk(tmp_path, LOGOUT)
    sizes = [(tmp_path / picture.file).stat().st_size for picture in LOGOUT.pictures]
    album = pictures.Album(tmp_path, room=sum(sizes) - 1)
    said = album.visit(LOGOUT)
    assert said.count("<img ") == 1
    assert (
        "Left out, or the page would grow too large: <code>web/force-logout/02-token refused.jpg</code>"
        in said
    )


def test_page_stays_below_its_limit(tmp_path):
    """Visits by the hundred, of a client whose pictures are large."""
    many = [visited(f"v{n}", "opened") for n in range(100)]
    on_disk(tmp_path, *many)
    for visit in many:
        (tmp_path / visit.pictures[0].file).write_bytes(JPEG * 10_000)
    given_verdict = verdict(*(looked(LOGIN, "passed", visit, name=f"test_{visit.name}") for visit in many))
    began = time.process_time()
    page = html.render(given_verdict, tmp_path)
    assert time.process_time() - began < 1
    assert len(page) < pictures.ROOM * 1.5
    assert 0 < page.count("<img ") < page.count("<figure>") == 100


@pytest.mark.parametrize("text", HOSTILE)
def test_log_is_text_and_bounded(tmp_path, text):
    lines = [f"{n} {text} {'x' * 1000}" for n in range(500)]
    on_disk(tmp_path, LOGOUT)
    (tmp_path / LOGOUT.log).write_bytes("\n".join(lines).encode("utf-8", "surrogatepass"))
    first = under(html_tree.read(html.render(with_visits(), tmp_path)), "Evidence").one("article")
    log = first.all("details")[0].one("details")
    assert log.one("summary").text == "Console and requests, the last 100 lines"
    said = log.one("pre").raw.splitlines()
    assert (len(said), max(map(len, said)) <= 303, said[-1][-3:]) == (100, True, "...")
    assert {each.tag for each in log.walk()} == {"details", "summary", "pre", "p", "a"}


# --- the other reports


def test_markdown_links_what_each_visit_left():
    page = markdown.render(with_visits())
    section = page.partition("## What the player sees\n\n")[2].partition("\n\n##")[0].splitlines()
    assert section == [
        "- force-logout in `web/force-logout`: [signed in](web/force-logout/01-signed%20in.jpg), "
        "[token refused](web/force-logout/02-token%20refused.jpg), "
        "[log.txt](web/force-logout/log.txt), [trace.zip](web/force-logout/trace.zip)",
        "- start in `web/start`: [opened](web/start/01-opened.jpg), [settled](web/start/02-settled.jpg)",
        "- paywall in `web/paywall`: [gate pressed](web/paywall/01-gate%20pressed.jpg)",
    ]
    assert "What the player sees" not in markdown.render(verdict(*passed(LOGIN)))


def test_summary_names_files_that_do_not_lie_beside_it(tmp_path):
    summary = tmp_path / "summary.md"
    append_summary(with_visits(), summary)
    page = summary.read_text("utf-8")
    assert "](" not in page
    assert "- start in `web/start`: `web/start/01-opened.jpg`, `web/start/02-settled.jpg`\n" in page


def test_json_holds_what_each_test_looked_at():
    test = json.loads(json_file.render(with_visits()))["items"][0]["tests"][0]
    assert test["visits"] == [
        {
            "name": "force-logout",
            "folder": "web/force-logout",
            "pictures": [
                {"step": "signed in", "file": "web/force-logout/01-signed in.jpg"},
                {"step": "token refused", "file": "web/force-logout/02-token refused.jpg"},
            ],
            "log": "web/force-logout/log.txt",
            "trace": "web/force-logout/trace.zip",
        }
    ]


def test_written_page_holds_the_pictures(tmp_path):
    on_disk(tmp_path, LOGOUT, START, PAYWALL)
    write_reports(with_visits(), tmp_path)
    assert len(list(shown(html_tree.read((tmp_path / "verdict.html").read_text("utf-8"))))) == 4
