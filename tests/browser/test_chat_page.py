"""The local chat page in headless Chromium, by keyboard as a person without a mouse would."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from bot.model import Question, Reply
from bot.web.service import create_service
from tests.replies import QUOTED, QUOTED_TABLE, SAFEGUARDING, WHICH_SCHOOL
from tests.scenario.running import FakeStaffroom, running_in_a_thread, settings_for

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
PHONE = {"width": 390, "height": 844}
SMALLEST = {"width": 320, "height": 640}


def answer(question: Question) -> Reply:
    if "ladder" in question.text:
        return QUOTED_TABLE
    if "told me" in question.text:
        return SAFEGUARDING
    return QUOTED if question.asker.school else WHICH_SCHOOL


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no chromium is installed: apt-get install chromium")
        pytest.skip("no chromium is installed: apt-get install chromium")
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def staffroom() -> FakeStaffroom:
    return FakeStaffroom(replies=answer)


@pytest.fixture
def url(staffroom: FakeStaffroom, tmp_path: Path) -> Iterator[str]:
    with running_in_a_thread(create_service(staffroom, settings_for(tmp_path))) as url:
        yield url


@pytest.fixture
def page(browser: Browser, url: str) -> Iterator[Page]:
    """The page on a phone; a message on the console, such as a blocked script, fails the test."""
    context = browser.new_context(viewport=PHONE, reduced_motion="reduce")
    page = context.new_page()
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and "400 (Bad Request)" not in message.text:
            complaints.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(url)
    yield page
    context.close()
    assert complaints == []


def press_until(page: Page, key: str, selector: str) -> None:
    """Presses a key until the element has the focus; fails after thirty."""
    for _ in range(30):
        page.keyboard.press(key)
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{key} does not reach {selector}")


def test_a_question_asked_by_keyboard_is_answered_with_its_source(page: Page, staffroom: FakeStaffroom) -> None:
    press_until(page, "Tab", "#school")
    page.keyboard.type("Saltmarsh")
    press_until(page, "Tab", "#question")
    page.keyboard.type("What happens to a phone?")
    page.keyboard.press("Enter")
    article = page.locator("#conversation article")
    article.wait_for()
    assert "A phone that is seen or heard is kept in the school office until 3.15 pm." in article.inner_text()
    source = article.locator("figcaption").inner_text()
    assert "Saltmarsh Primary School, Behaviour policy, version 3.1" in source
    assert "page 4" in source
    assert page.evaluate("document.activeElement.id") == "question"
    assert page.input_value("#question") == ""
    assert staffroom.asked[0].asker.school == "saltmarsh"


def test_the_school_is_chosen_with_a_button_and_kept_for_the_next_question(
    page: Page, staffroom: FakeStaffroom
) -> None:
    page.fill("#question", "What happens to a phone?")
    page.keyboard.press("Enter")
    choice = page.get_by_role("button", name="Kestrel Heath Academy")
    choice.focus()
    page.keyboard.press("Enter")
    page.locator("figcaption").wait_for()
    assert page.input_value("#school") == "kestrel"
    page.fill("#question", "And at break?")
    page.keyboard.press("Enter")
    page.locator("article").nth(2).wait_for()
    asked = staffroom.asked
    assert [(question.text, question.asker.school) for question in asked[1:]] == [
        ("What happens to a phone?", "kestrel"),
        ("And at break?", "kestrel"),
    ]
    assert [len(question.history) for question in asked] == [0, 0, 4]


def test_a_disclosure_is_not_sent_again_with_the_next_question(page: Page, staffroom: FakeStaffroom) -> None:
    for number, text in enumerate(("What is the ladder?", "A pupil told me something", "And the ladder again?")):
        page.fill("#question", text)
        page.keyboard.press("Enter")
        page.locator("article").nth(number).wait_for()
    assert "told me" not in page.input_value("#history")
    assert [[turn.text for turn in question.history if turn.role == "user"] for question in staffroom.asked] == [
        [],
        ["What is the ladder?"],
        ["What is the ladder?"],
    ]


def test_an_example_is_asked_with_one_press(page: Page, staffroom: FakeStaffroom) -> None:
    press_until(page, "Tab", ".examples button")
    page.keyboard.press("Enter")
    page.locator("article").wait_for()
    assert staffroom.asked[0].text == "What happens if a pupil has a phone out in a lesson?"
    assert page.locator("#welcome").is_hidden()


def test_answers_are_announced_politely_and_a_problem_at_once(page: Page) -> None:
    log = page.get_by_role("log")
    assert log.get_attribute("aria-live") == "polite"
    page.focus("#question")
    page.keyboard.press("Enter")
    page.get_by_role("alert").get_by_text("I did not see a question").wait_for()


@pytest.mark.parametrize("size", [PHONE, SMALLEST])
def test_on_a_phone_nothing_is_cut_off_and_everything_can_be_touched(page: Page, size: dict[str, int]) -> None:
    page.set_viewport_size(size)  # type: ignore[arg-type]
    page.fill("#question", "What is the ladder?")
    page.keyboard.press("Enter")
    page.locator("table").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert page.evaluate(
        "() => { const t = document.querySelector('.scroll'); return t.scrollWidth <= t.clientWidth; }"
    )
    assert page.get_by_role("cell", name="Five minutes of reflection").is_visible()
    small = page.evaluate(
        """() => [...document.querySelectorAll("button, select, textarea")]
            .filter((element) => element.offsetParent && element.getBoundingClientRect().height < 44)
            .map((element) => element.outerHTML)"""
    )
    assert small == []


def test_without_javascript_a_question_is_answered_all_the_same(browser: Browser, url: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(url)
    page.select_option("#school", "saltmarsh")
    page.fill("#question", "What happens to a phone?")
    page.click(".send")
    page.locator("figcaption").wait_for()
    assert "page 4" in page.locator("figcaption").inner_text()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_from_their_background_in_light_and_dark(browser: Browser, url: str, scheme: str) -> None:
    context = browser.new_context(viewport=PHONE, color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(url)
    page.fill("#question", "What is the ladder?")
    page.keyboard.press("Enter")
    page.locator("table").wait_for()
    assert page.evaluate(LOW_CONTRAST) == []
    context.close()


LOW_CONTRAST = """() => {
  const parse = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (rgb) => {
    const [r, g, b] = rgb.slice(0, 3).map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const element of document.querySelectorAll("body *")) {
    const says = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!says || !element.offsetParent) continue;
    const [a, b] = [light(parse(getComputedStyle(element).color)), light(behind(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) found.push([ratio.toFixed(2), element.className, element.textContent.trim().slice(0, 40)]);
  }
  return found;
}"""
"""WCAG 2.2's contrast of every element that shows words of its own: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio"""
