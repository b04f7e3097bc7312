"""Markdown, web pages and plain text are read as a person reads them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ingestion.errors import DocumentNotRead
from ingestion.model import ParsedDocument
from tests.ingestion.files import parsed, shown

Golden = Callable[[str, str], None]


def texts(document: ParsedDocument) -> list[str]:
    return [block.text for section in document.sections for block in section.blocks]


# ── Markdown ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_markdown_golden(golden: Golden) -> None:
    document = parsed(
        """---
title: "Phones: what we do"
version: 2.1
review_date: 1 September 2027
layout: page
lead: A short introduction of the site's own
---

<!-- a note to ourselves -->
# Phones: what we do

Phones are **off** and out of sight, from [gate to gate](https://example.org/gate).

## 1 If a phone is seen
{: .govuk-heading-m }

$CTA
Take it to the office.
$CTA

1. Ask for the phone.
2. Take it to the office.
   - Write down the time.

| Time | Response |
|------|----------|
| First | Kept until the end of the day |
| Second | Collected by a `parent` |

{details}
### 1.1 Refusal

> A refusal goes to
> the head of year.
{/details}

<div class="info-box">
  <h2>Impact</h2>
  <p>Fewer phones <em>are seen</em>.</p>

Words *between* tags.
</div>

<%= link_to("Ask the trust", "https://example.org") %> or go to <%= @base_url %>.
""",
        "trust/phones.md",
    )
    golden("parse/markdown.txt", shown(document))


def test_front_matter_that_is_no_yaml_is_named_with_its_line() -> None:
    with pytest.raises(DocumentNotRead, match=r"its front matter is not valid YAML \(line 3\): put quotes"):
        parsed("---\ntitle: a\nversion: b: c\n---\nwords", "a.md")


@pytest.mark.parametrize(
    "stated", ["effective_from: 2026-02-30", "effective_from: 0000-01-01", "draft: !!bool perhaps"]
)
def test_a_value_of_the_front_matter_that_cannot_be_is_named_with_its_key(stated: str) -> None:
    with pytest.raises(DocumentNotRead, match=r"its front matter states a date that no calendar has") as refused:
        parsed(f"---\ntitle: Phones\n{stated}\n---\nwords", "a.md")
    assert str(refused.value).endswith(f": correct it (line 3: {stated!r})")


def test_a_number_in_the_front_matter_is_read_as_it_is_written() -> None:
    assert parsed("---\ntitle: Phones\nversion: 2.10\n---\nwords", "a.md").metadata.version == "2.10"


def test_a_rule_at_the_top_of_markdown_is_no_front_matter() -> None:
    assert texts(parsed("---\nWords of their own\n---\n\nMore.", "a.md"))[-1] == "More."


def test_indented_markdown_is_prose_and_not_code() -> None:
    assert texts(parsed("# A\n\n    Four blanks before *these* words.", "a.md")) == ["Four blanks before these words."]


# ── web pages ────────────────────────────────────────────────────────────────────────────────────────────────────────

PAGE = """<!doctype html>
<html><head><title>CPD offer | Samphire</title><script>var menu = "x";</script><style>p {}</style></head>
<body>
<a class="skip-link" href="#main">Skip to content</a>
<div id="cookie-banner" class="cookie-banner"><p>We use cookies.</p><button>Accept</button></div>
<header><nav><ul><li><a href="/">Home</a></li><li><a href="/cpd">CPD</a></li></ul></nav></header>
<main id="main">
  <ol class="breadcrumb"><li><a href="/">Home</a></li><li><a href="/staff">Staff</a></li></ol>
  <h1>CPD offer</h1>
  <dl><dt>Version</dt><dd>1.2</dd><dt>Review date</dt><dd>31 July 2027</dd></dl>
  <p>Every adult growing.<br>Ask your line manager.</p>
  <h2 id="parental-consent">Courses</h2>
  <table>
    <caption>What is open</caption>
    <thead><tr><th>Course</th><th>Closes</th><th>Places</th></tr></thead>
    <tr><td rowspan="2">Coaching</td><td>12 February</td><td>8</td></tr>
    <tr><td>4 June</td><td>6</td></tr>
    <tr><td colspan="2">Ask about others</td><td></td></tr>
  </table>
  <ul><li>Teach<ul><li>Early career</li></ul></li><li><p>Lead</p><p>From year 3.</p></li></ul>
  <section class="menu"><h2>Menu of topics</h2><p>Reading, writing and a long talk about both.</p></section>
  <div hidden>Old offer</div>
  <table role="presentation"><tr><td><p>Left words.</p></td><td><p>Right words.</p></td></tr></table>
  <footer>Page last changed in July</footer>
</main>
<aside>News</aside>
<footer><p>© Samphire</p></footer>
</body></html>"""


def test_html_golden(golden: Golden) -> None:
    golden("parse/html.txt", shown(parsed(PAGE, "trust/cpd-offer.html")))


def test_a_page_without_a_main_part_is_read_without_its_frame() -> None:
    page = (
        "<html><body><header><h1>Leave</h1><nav><a href='/'>Home</a></nav></header>"
        "<div><p>Five days.</p></div><footer>Contact</footer></body></html>"
    )
    document = parsed(page, "leave.html")
    assert document.title == "Leave"
    assert texts(document) == ["Five days."]


def test_a_panel_that_a_button_opens_is_read() -> None:
    page = "<main><h1>FAQ</h1><button aria-controls='a'>Open</button><div id='a' hidden><p>Answer.</p></div></main>"
    assert texts(parsed(page, "faq.html")) == ["Answer."]


def test_the_character_set_that_a_page_states_is_used() -> None:
    page = "<html><head><meta charset='windows-1252'></head><body><p>Café – £5</p></body></html>"
    assert texts(parsed(page.encode("windows-1252"), "a.html")) == ["Café – £5"]


@pytest.mark.parametrize(
    "page", ["<html><body></body></html>", "<body><nav><a href='/'>Home</a></nav><div id='app'></div></body>"]
)
def test_a_page_without_content_is_not_read(page: str) -> None:
    with pytest.raises(DocumentNotRead, match="no content on the page, apart from menus and scripts"):
        parsed(page, "a.html")


MENU = "".join(f"<li><a href='/{name}'>{name.capitalize()}</a></li>" for name in ("home", "about", "schools", "news"))
COOKIES = "We use cookies to make this site work, and some more to learn how it is used."
RULE = "Phones are kept in the office until the end of the day, and are then returned to the pupil."


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(f"<div class='nav'><ul>{MENU}</ul></div><div><h1>Phones</h1><p>{RULE}</p></div>", id="named menu"),
        pytest.param(f"<div><ul>{MENU}</ul></div><div><h1>Phones</h1><p>{RULE}</p></div>", id="menu without a name"),
        pytest.param(
            f"<div>{MENU.replace('li>', 'div>')}</div><div><h1>Phones</h1><p>{RULE}</p></div>", id="menu without a list"
        ),
        pytest.param(
            f"<div id='cookie-law-bar'><p>{COOKIES}</p></div><h1>Phones</h1><p>{RULE}</p>", id="banner over the page"
        ),
        pytest.param(
            f"<div class='col'><h1>Phones</h1><p>{RULE}</p></div><div class='col'><p>© The trust. {COOKIES}</p></div>",
            id="foot without a name",
        ),
        pytest.param(
            f"<h1>Phones</h1><p>{RULE}</p><div class='widget-area'><h3>News</h3><p>Year 4 went to sea.</p></div>",
            id="side column",
        ),
        pytest.param(
            f"<h1>Phones</h1><p>{RULE}</p><h3>In this section</h3><ul>{MENU}</ul>", id="menu under a heading of its own"
        ),
        pytest.param(
            f"<h1>Phones</h1><p>{RULE}</p><div class='social-share'><h3>Share this</h3><a href='/x'>X</a></div>",
            id="buttons to share",
        ),
        pytest.param(
            f"<table><tr><td><ul>{MENU}</ul></td><td><h1>Phones</h1><p>{RULE}</p></td></tr></table>", id="laid out"
        ),
    ],
)
def test_what_stands_around_a_page_is_no_text_of_it(page: str) -> None:
    document = parsed(f"<html><body>{page}</body></html>", "phones.html")
    assert document.title == "Phones"
    assert texts(document) == [RULE]


@pytest.mark.parametrize(
    ("page", "kept"),
    [
        pytest.param(
            f"<div><h1>Phones</h1><p>{RULE} {RULE}</p></div><div><p>{RULE}</p></div>",
            [f"{RULE} {RULE}", RULE],
            id="text in a part of its own",
        ),
        pytest.param(
            f"<div><h1>Phones</h1><p>{RULE}</p></div><div><table><tr><td>First</td><td>Kept</td></tr></table></div>",
            [RULE, "First | Kept"],
            id="a table in a part of its own",
        ),
        pytest.param(
            f"<h1>Policies</h1><p>{RULE}</p><ul>{MENU.replace(chr(39) + '>', '.pdf' + chr(39) + '>')}</ul>",
            [RULE, "Home", "About", "Schools", "News"],
            id="documents to read",
        ),
        pytest.param(f"<h1>Schools</h1><ul>{MENU}</ul>", ["Home", "About", "Schools", "News"], id="a page of links"),
        pytest.param(
            f"<h1>Cookies policy</h1><div class='cookies'><p>{' '.join([COOKIES] * 8)}</p></div>",
            [" ".join([COOKIES] * 8)],
            id="a policy about cookies",
        ),
    ],
)
def test_content_that_resembles_a_frame_is_kept(page: str, kept: list[str]) -> None:
    assert texts(parsed(f"<html><body>{page}</body></html>", "a.html")) == kept


def test_a_list_of_links_in_markdown_is_text() -> None:
    links = "\n".join(f"- [{name}](#{name})" for name in ("Phones", "Uniform", "Lates", "Toilets"))
    assert texts(parsed(f"# Rules\n\n{RULE}\n\n{links}", "a.md")) == [RULE, "Phones", "Uniform", "Lates", "Toilets"]


# ── text ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_text_golden(golden: Golden) -> None:
    document = parsed(
        """Menu

Vision and Values

Our mission

The key purpose of the trust is to deliver an education in which every
child is known, and this is a line that a program wrapped at eighty.

What we value and expect

This includes:

  • Unfailing belief
  • Positive relationships - calm,
    and kind

1. Where all leaders are aspirational.
2. That is instinctive.

Harbour House
1 Quay Street

2.1 Phones

Phones stay off.
""",
        "trust/vision.txt",
    )
    golden("parse/text.txt", shown(document))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_text_in_any_common_character_set_is_read(encoding: str) -> None:
    words = "Staff café: £5 – “quoted”. Naïve résumés are read in term time, and the café’s menu too."
    assert texts(parsed(words.encode(encoding), "a.txt")) == [words]


def test_numbered_lines_in_a_row_are_a_list_and_one_alone_is_a_heading() -> None:
    document = parsed("Aims\n\n1. To bring together\n\n2. To share\n\n3. To grow.\n\n4. Review\n\nEach year.", "a.txt")
    assert [(section.heading, [block.text for block in section.blocks]) for section in document.sections] == [
        (("Aims",), ["1. To bring together", "2. To share", "3. To grow."]),
        (("4. Review",), ["Each year."]),
    ]


def test_a_lone_menu_line_is_dropped_and_a_menu_in_a_sentence_is_not() -> None:
    assert texts(parsed("Menu\n\nThe menu changes weekly.\n\nMenu", "a.txt")) == ["The menu changes weekly."]
