"""Invented documents whose words, rows and headings are known, for `benchmarks.parsers`: PDFs and whole web pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from io import BytesIO
from typing import Any

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

Rows = Sequence[Sequence[str]]


@dataclass(frozen=True)
class Sample:
    """A document and what a reader should find in it. `words` is its main text alone, without frames and margins."""

    name: str
    data: bytes
    words: str
    rows: tuple[tuple[str, ...], ...] = ()
    headings: tuple[str, ...] = ()


LONG = (
    "Staff greet pupils at the door, learn their names in the first week, and use the words of this policy when they "
    "speak of behaviour, so that the same thing is said in every room."
)
LADDER: Rows = (
    ("Step", "What happens", "Who decides"),
    ("C1", "A warning, spoken quietly and by name", "Class teacher"),
    ("C2", "A move to another seat in the room", "Class teacher"),
    ("C3", "Detention of 15 minutes on the same day, in the room where it was given", "Head of year"),
    ("C4", "Removal to the reflection room for the rest of the lesson and a call home", "Deputy head"),
)
LEAVE: Rows = (
    ("Reason for leave", "Days", "With pay"),
    ("Moving house", "1", "Yes"),
    ("Bereavement of a close relative", "5", "Yes"),
    ("Jury service", "As needed", "Yes, less the court's allowance"),
    ("Interview for another post", "2", "Yes"),
)
TERMS: Rows = (
    ("Term", "Starts", "Ends", "Half term"),
    ("Autumn 2026", "2 September 2026", "18 December 2026", "26–30 October"),
    ("Spring 2027", "4 January 2027", "25 March 2027", "15–19 February"),
    ("Summer 2027", "12 April 2027", "21 July 2027", "31 May–4 June"),
)
PAY: Rows = (
    ("Point", "England", "Inner London", "Outer London"),
    *(
        (f"M{n}", f"£{30_000 + 1_900 * n:,}", f"£{37_000 + 1_900 * n:,}", f"£{34_500 + 1_900 * n:,}")
        for n in range(1, 7)
    ),
)
LONG_TABLE: Rows = (
    ("Day", "Duty", "Who"),
    *((f"Day {n}", f"Duty {n} at the gate, then in the hall", f"Colleague {n}") for n in range(1, 61)),
)


# ── PDFs ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

BODY = ParagraphStyle("body", fontName="Helvetica", fontSize=10, leading=13, spaceAfter=7)
BOLD = ParagraphStyle("bold", BODY, fontName="Helvetica-Bold")
HEADING = ParagraphStyle("heading", BOLD, fontSize=14, leading=18, spaceBefore=10)


def pdf_samples() -> list[Sample]:
    """Tables with and without ruled lines, and one over three pages."""
    grid = [("GRID", (0, 0), (-1, -1), 0.5, colors.black)]
    across = [("LINEBELOW", (0, 0), (-1, -1), 0.5, colors.black)]
    right = [("ALIGN", (1, 0), (-1, -1), "RIGHT")]
    return [
        _pdf("ladder, ruled", LADDER, (60, 200, 100), grid),
        _pdf("leave, ruled", LEAVE, (180, 80, 160), grid),
        _pdf("duties over three pages, ruled", LONG_TABLE, (60, 240, 120), grid),
        _pdf("ladder, no lines", LADDER, (60, 130, 100), ()),
        _pdf("leave, lines across", LEAVE, (180, 80, 160), across),
        _pdf("term dates, no lines", TERMS, (90, 110, 110, 110), ()),
        _pdf("pay, flush right, no lines", PAY, (60, 90, 90, 90), right, wraps=False),
        _pdf("duties over three pages, no lines", LONG_TABLE, (60, 240, 120), ()),
    ]


def _pdf(name: str, rows: Rows, widths: Sequence[float], style: Sequence[Any], *, wraps: bool = True) -> Sample:
    cells: list[list[Any]] = [
        [Paragraph(escape(cell), BOLD if number == 0 else BODY) if wraps else cell for cell in row]
        for number, row in enumerate(rows)
    ]
    table = Table(cells, colWidths=list(widths), repeatRows=1)
    table.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), *style]))
    headings = ("1 Purpose", "2 What stands in the table", "3 Review")
    story = [
        *(Paragraph(headings[0], HEADING), Paragraph(LONG, BODY), Paragraph(headings[1], HEADING), table),
        *(Spacer(1, 14), Paragraph(headings[2], HEADING), Paragraph(LONG, BODY)),
    ]

    def margins(canvas: Any, _: Any) -> None:
        canvas.setFont("Helvetica", 8)
        canvas.drawString(60, A4[1] - 36, "Kestrel Heath Academy")
        canvas.drawString(60, 30, f"Version 5.0 | Page {canvas.getPageNumber()}")

    out = BytesIO()
    SimpleDocTemplate(out, pagesize=A4, leftMargin=60, rightMargin=60, invariant=True).build(
        story, onFirstPage=margins, onLaterPages=margins
    )
    words = " ".join([*headings, LONG, LONG, *(cell for row in rows for cell in row)])
    return Sample(name, out.getvalue(), words, tuple(tuple(row) for row in rows), headings)


# ── web pages ────────────────────────────────────────────────────────────────────────────────────────────────────────

MENU = (
    "Home", "About us", "Our schools", "Governance", "Vacancies", "Term dates", "Policies", "News", "Parents",
    "Admissions", "Attendance", "Uniform", "School meals", "Ofsted", "Contact us", "Work with us", "Staff login",
)  # fmt: skip
RELATED = ("Exclusions guidance", "Mobile phones in schools", "Searching and screening", "Behaviour hubs")
COOKIES = "We use some essential cookies to make this website work. We would like to set additional cookies."
FOOTER = "All content is available under the licence except where otherwise stated. Registered office. Privacy notice."


def page_samples() -> list[Sample]:
    """Whole pages as sites serve them: a text, and a frame of menus, banners and links around it. Our reading was made
    with the first nine in view; for the others, written afterwards, it was changed once (menus that are no lists)."""
    prose = _main(_headings(("Phones", LONG), ("Uniform", f"{LONG} Ask the office for a loan.")))
    policy = _main(_headings(("Sanctions", LONG), ("Review", "The policy is reviewed each year.")), LADDER)
    terms = _main(f"<p>{escape('Children return at the usual time on the first day of each term.')}</p>", TERMS)
    short = _main("<p>The office is open from 8 am to 4 pm.</p>")
    values = _main(
        "<p>Our schools are calm places where every child is known.</p>"
        + "<ul><li>We are kind.</li><li>We work hard.</li><li>We tell the truth.</li></ul>"
        + "<blockquote><p>Every child, every day.</p></blockquote>"
    )
    answers = _main(
        "".join(
            f"<div class='accordion__section'><h3>{question}</h3><div class='accordion__panel' id='a{n}'>"
            f"<p>{answer}</p></div></div>"
            for n, (question, answer) in enumerate((("May I take a day's leave?", LONG), ("Who decides?", LEAVE[1][0])))
        ),
        LEAVE,
    )
    return [
        _page("a department's guidance", policy, _department),
        _page("the same, term dates", terms, _department),
        _page("a school's site, no semantic tags", prose, _school),
        _page("the same, term dates", terms, _school),
        _page("the same, a few words", short, _school),
        _page("a trust's site, menus in plain lists", values, _trust),
        _page("the same, a policy", policy, _trust),
        _page("the same, questions and answers", answers, _trust),
        _page("a page laid out by tables", prose, _tables),
        _page("later: heading in a banner of its own", policy, _banner),
        _page("later: the same, term dates", terms, _banner),
        _page("later: sections with random names", answers, _sections),
        _page("later: the same, values", values, _sections),
        _page("later: the site's name is the heading", prose, _named),
        _page("later: an article with comments", policy, _article),
        _page("later: no heading at all", terms, _bare),
    ]


@dataclass(frozen=True)
class _Main:
    html: str
    rows: Rows = ()


def _main(html: str, rows: Rows = ()) -> _Main:
    return _Main(html + (_html_table(rows) if rows else ""), rows)


def _headings(*parts: tuple[str, str]) -> str:
    return "".join(f"<h2>{escape(heading)}</h2><p>{escape(text)}</p>" for heading, text in parts)


def _html_table(rows: Rows) -> str:
    head = "".join(f"<th scope='col'>{escape(cell)}</th>" for cell in rows[0])
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows[1:])
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _page(name: str, main: _Main, frame: Any) -> Sample:
    from bs4 import BeautifulSoup

    inner = BeautifulSoup(main.html, "lxml")
    headings = tuple(tag.get_text() for tag in inner.find_all(["h2", "h3"]))
    return Sample(
        name=name,
        data=frame(main.html).encode(),
        words=f"Behaviour and routines {inner.get_text(' ')}",
        rows=tuple(tuple(row) for row in main.rows),
        headings=headings,
    )


def _links(names: Sequence[str], *, kind: str = "") -> str:
    items = "".join(f"<li{kind}><a href='/{n}'>{escape(name)}</a></li>" for n, name in enumerate(names))
    return f"<ul>{items}</ul>"


def _department(main: str) -> str:
    contents = _links(("Sanctions", "Review", "Print this page"))
    return f"""<!doctype html><html lang="en"><head><title>Behaviour and routines - Department</title></head>
<body class="govuk-template__body"><script>document.body.className += ' js';</script>
<div id="global-cookie-message" class="gem-c-cookie-banner" role="region" aria-label="Cookies on the site">
<h2>Cookies on the site</h2><p>{COOKIES}</p><button>Accept additional cookies</button></div>
<a href="#content" class="govuk-skip-link">Skip to main content</a>
<header role="banner"><div class="gem-c-layout-super-navigation-header"><nav>{_links(MENU)}</nav>
<form role="search"><label>Search the site</label><input type="search"></form></div></header>
<div class="govuk-width-container"><nav class="gem-c-breadcrumbs" aria-label="Breadcrumb">{_links(MENU[:3])}</nav>
<main id="content" role="main"><h1>Behaviour and routines</h1>
<nav class="gem-c-contents-list" aria-label="Contents"><h2>Contents</h2>{contents}</nav>
<div class="govspeak">{main}</div>
<div class="gem-c-related-navigation"><nav aria-labelledby="r"><h2 id="r">Related content</h2>{_links(RELATED)}</nav>
</div></main>
<div class="gem-c-feedback"><h2>Is this page useful?</h2><button>Yes</button><button>No</button></div></div>
<footer role="contentinfo"><h2>Services and information</h2>{_links(MENU)}<p>{FOOTER}</p></footer></body></html>"""


def _school(main: str) -> str:
    """As a site builder's theme writes it: everything is a `div`, some with telling names."""
    news = "".join(
        f"<div class='widget-post'><a href='/n{n}'>Year {n} visit the harbour</a><span>{n} May</span></div>"
        for n in range(4, 9)
    )
    return f"""<html><head><title>Behaviour and routines | Lantern Primary</title></head><body class="page page-id-7">
<div id="cookie-law-info-bar"><span>{COOKIES} <a>Cookie settings</a> <a>Accept</a></span></div>
<div id="masthead" class="site-header"><div class="site-branding"><a href="/">Lantern Primary School</a></div>
<div id="site-navigation" class="main-navigation"><div class="menu-main-container">{_links(MENU)}</div></div></div>
<div id="page-content" class="site-content"><div class="breadcrumb">{_links(MENU[:3])}</div>
<div class="entry-header"><h1 class="entry-title">Behaviour and routines</h1></div>
<div class="entry-content">{main}
<div class="sharedaddy social-share"><h3>Share this:</h3>{_links(("Facebook", "X", "Email"))}</div></div>
<div id="secondary" class="widget-area"><div class="widget"><h3>Latest news</h3>{news}</div>
<div class="widget"><h3>Quick links</h3>{_links(MENU[4:9])}</div></div></div>
<div id="colophon" class="site-footer"><div class="site-info">{FOOTER} <a href="/">Website by Harbour Design</a></div>
<div>{_links(MENU)}</div></div></body></html>"""


def _trust(main: str) -> str:
    """As an office's own system writes it: neutral names, the menu twice, once for the telephone."""
    return f"""<html><head><title>Behaviour and routines</title></head><body>
<div class="top"><div class="row"><div class="col-3"><a href="/"><img alt="Trust"></a></div>
<div class="col-9">{_links(MENU)}</div></div></div>
<div class="m-panel">{_links(MENU)}</div>
<div class="row"><div class="col-3"><h3>In this section</h3>{_links(MENU[3:10])}</div>
<div class="col-9"><h1>Behaviour and routines</h1>{main}</div></div>
<div class="row dark"><div class="col-4"><h4>Find us</h4><p>1 Quay Street, Harbour Town</p></div>
<div class="col-4">{_links(MENU[9:])}</div><div class="col-4"><p>{FOOTER}</p></div></div>
<div class="notice-box" id="cc"><p>{COOKIES}</p><a href="#">OK</a></div></body></html>"""


def _tables(main: str) -> str:
    return f"""<html><head><title>Behaviour and routines</title></head><body><table width="100%"><tr>
<td colspan="2"><a href="/">Lantern Primary School</a></td></tr><tr><td width="160">{_links(MENU)}</td>
<td><h1>Behaviour and routines</h1>{main}</td></tr>
<tr><td colspan="2"><p>{FOOTER}</p></td></tr></table></body></html>"""


def _banner(main: str) -> str:
    menu = "".join(f"<div class='item'><a href='/{n}'>{escape(name)}</a></div>" for n, name in enumerate(MENU))
    return f"""<html><head><title>Behaviour and routines</title></head><body><div class="navwrap">{menu}</div>
<div class="hero"><h1>Behaviour and routines</h1><a class="btn" href="/apply">Apply for a place</a></div>
<div class="wrap"><div class="inner">{main}</div></div>
<div class="bottom"><div>Harbour Trust, 1 Quay Street, Harbour Town. Telephone 01632 960100</div>{_links(MENU[:6])}
<div>{FOOTER}</div></div></body></html>"""


def _sections(main: str) -> str:
    return f"""<html><head><title>Behaviour and routines</title></head><body><div jsname="x7" class="fktJzd">
<div class="M63kCb">{_links(MENU, kind=" class='oNsfjf'")}</div><div class="UtePc">
<section class="yaqOZd"><div class="LS81yb"><h1 id="h.1">Behaviour and routines</h1></div></section>
<section class="yaqOZd"><div class="LS81yb">{main}</div></section>
<section class="yaqOZd lQAHbd"><div class="LS81yb"><p>Harbour Trust</p><p>01632 960100</p></div></section></div>
<div class="dZA9kd"><div>This site uses cookies from its maker to deliver its services.</div><a>Learn more</a>
<a>Got it</a></div></div></body></html>"""


def _named(main: str) -> str:
    return f"""<html><head><title>Lantern Primary - Behaviour and routines</title></head><body>
<div class="logo"><h1><a href="/">Lantern Primary School</a></h1><span>A place to grow</span></div>
<table class="menubar"><tr>{"".join(f"<td><a href='/{n}'>{escape(name)}</a></td>" for n, name in enumerate(MENU))}</tr>
</table><div class="page"><h2>Behaviour and routines</h2>{main}</div>
<div class="strip">{_links(MENU[5:12])}</div><p class="small">© Lantern Primary School. Website by Harbour Design.</p>
</body></html>"""


def _article(main: str) -> str:
    return f"""<html><head><title>Behaviour and routines</title></head><body><header><nav>{_links(MENU)}</nav></header>
<div class="container"><article class="post"><header><h1>Behaviour and routines</h1></header>{main}
<footer class="entry-meta">Posted in <a href="/c">Policies</a></footer></article>
<div id="comments" class="comments-area"><h2>One thought</h2><p>Thank you for this.</p></div>
<aside><h2>Recent posts</h2>{_links(RELATED)}</aside></div><footer><p>{FOOTER}</p></footer></body></html>"""


def _bare(main: str) -> str:
    return f"""<html><head><title>Behaviour and routines</title></head><body><center><font size="5">
<b>Behaviour and routines</b></font></center><p>{" | ".join(f"<a href='/{name}'>{name}</a>" for name in MENU[:8])}</p>
{main}<hr><p><small>{FOOTER}</small></p></body></html>"""
