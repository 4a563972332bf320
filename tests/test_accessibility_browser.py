"""axe-core over every tab, light and dark, empty and in use: no serious violation, and nothing sideways on a phone."""

from __future__ import annotations

import pytest

from tests.browsing import MARKS, app_over_seeds

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")

pytestmark = MARKS

SERIOUS = {"serious", "critical"}


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with app_over_seeds(tmp_path_factory.mktemp("accessibility")) as address:
        yield address


def opened(browser, address, scheme, width=1280):
    page = browser.new_page(viewport={"width": width, "height": 860}, color_scheme=scheme)
    page.goto(f"{address}/?__theme={scheme}")
    page.get_by_label("Question", exact=True).wait_for()
    return page


def serious(page):
    """The serious violations, each with the first of the elements that it is about."""
    found = axe.Axe().run(page).response["violations"]
    return [(one["id"], one["help"], one["nodes"][0]["html"][:200]) for one in found if one["impact"] in SERIOUS]


def tabs(page):
    return page.get_by_role("tab").all_inner_texts()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_tab_has_a_serious_violation(browser, address, scheme):
    page = opened(browser, address, scheme)
    names = tabs(page)
    assert names[:2] == ["Ask", "Summarize"]
    for name in names:
        page.get_by_role("tab", name=name).click()
        page.wait_for_timeout(300)
        assert serious(page) == [], name
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nor_has_an_answer_or_an_abstention(browser, address, scheme):
    page = opened(browser, address, scheme)
    for question in ("When was the S-400 deal signed?", "Who is the president of Atlantis?"):
        page.get_by_label("Question", exact=True).fill(question)
        page.get_by_role("button", name="Ask", exact=True).click()
        page.locator("#cw-answer-pane .cw-details, #cw-answer-pane .cw-abstained").first.wait_for()
        page.wait_for_timeout(300)
        assert serious(page) == [], question
    page.close()


def test_on_a_phone_nothing_lies_beside_the_screen(browser, address):
    page = opened(browser, address, "light", width=390)
    for name in tabs(page):
        page.get_by_role("tab", name=name).click()
        page.wait_for_timeout(300)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, name
    page.close()
