"""A source as a page of a trust's website, with all that stands about the words; or as plain Markdown."""

import re
from html import escape
from itertools import groupby
from typing import NamedTuple

from tools.sample_corpus.cover import cover_rows
from tools.sample_corpus.look import look_of
from tools.sample_corpus.source import (
    Block,
    Box,
    Heading,
    Item,
    ItemList,
    PageBreak,
    Paragraph,
    Run,
    Runs,
    Source,
    Table,
    plain,
)


class Site(NamedTuple):
    host: str
    address: str
    phone: str


TRUST_SITE = Site("samphire.example", "Trust office, Harbour House", "01632 960100")
SCHOOL_SITES = {
    "saltmarsh": Site("saltmarsh.samphire.example", "School office, Saltmarsh Primary School", "01632 960200"),
    "kestrel": Site("kestrel.samphire.example", "School office, Kestrel Heath Academy", "01632 960300"),
    "rowan": Site("rowan.samphire.example", "School office, Rowan House School", "01632 960400"),
    "lantern": Site("lantern.samphire.example", "School office, Lantern Lane Infant School", "01632 960500"),
    "quayside": Site("quayside.samphire.example", "School office, Quayside School", "01632 960600"),
}
MENU = ("About us", "Our schools", "Policies", "Staff and careers", "News", "Contact")
RELATED = {
    True: ("All school policies", "Term dates", "Behaviour framework (trust)", "Contact the school office"),
    False: ("All trust policies", "Learning and development", "Vacancies", "Contact the trust office"),
}


def render_page(source: Source) -> bytes:
    """A whole page: menu, cookie banner, breadcrumb, the article, related pages, footer."""
    site = SCHOOL_SITES.get(source.school or "", TRUST_SITE)
    look = look_of(source)
    url = source.url or f"https://www.{site.host}/{source.path.name}"
    section = "Learning and development" if "cpd" in source.path.parts else "Policies"
    page = f"""<!DOCTYPE html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(source.title)} | {escape(source.organisation)}</title>
<link rel="canonical" href="{escape(url)}">
<style>
body {{ font-family: Arial, sans-serif; margin: 0; color: #222; line-height: 1.5 }}
header, footer, .cookies {{ padding: 1rem 2rem; background: #{look.accent}; color: #fff }}
header a, footer a {{ color: #fff; margin-right: 1.2rem }}
.cookies {{ background: #333 }}
.page {{ display: flex; gap: 2rem; max-width: 70rem; margin: 0 auto; padding: 1rem 2rem }}
article {{ flex: 3 }} aside {{ flex: 1 }}
table {{ border-collapse: collapse; margin: 1rem 0 }}
th, td {{ border: 1px solid #{look.accent}; padding: .3rem .6rem; text-align: left; vertical-align: top }}
th, .box {{ background: #{look.tint} }} .box {{ padding: .2rem 1rem; border: 1px solid #{look.accent} }}
</style>
</head>
<body>
<a class="skip" href="#content">Skip to main content</a>
<div class="cookies" id="cookie-banner" role="region" aria-label="Cookies">
<p>We use cookies to make this website work and to see how it is used. You can accept or refuse the second kind.</p>
<button type="button">Accept all cookies</button> <button type="button">Only necessary cookies</button>
</div>
<header>
<p><strong>{escape(source.organisation)}</strong></p>
<nav aria-label="Main menu">
{links(MENU)}
</nav>
</header>
<nav class="breadcrumb" aria-label="Breadcrumb">
<ol><li><a href="/">Home</a></li><li><a href="/{slug(section)}">{section}</a></li><li>{escape(source.title)}</li></ol>
</nav>
<div class="page">
<main id="content">
<article>
<h1>{escape(source.title)}</h1>
{details(source)}
{blocks_html(source.blocks)}
{history_html(source)}
</article>
</main>
<aside aria-label="Related pages">
<h2>Related pages</h2>
<ul>
{items(RELATED[source.school is not None])}
</ul>
</aside>
</div>
<footer>
<p>{escape(source.organisation)}, {site.address}. Telephone {site.phone}.
<a href="mailto:office@{site.host}">office@{site.host}</a></p>
<p><a href="/accessibility">Accessibility</a> <a href="/privacy">Privacy notice</a> <a href="/cookies">Cookies</a></p>
</footer>
<script>document.querySelectorAll("#cookie-banner button").forEach(button =>
  button.addEventListener("click", () => document.getElementById("cookie-banner").remove()));</script>
</body>
</html>
"""
    return re.sub(r"\n{2,}", "\n", page).encode()


def details(source: Source) -> str:
    """What the page says of itself: a table, or a definition list where the layout is not a table."""
    rows = cover_rows(source)
    if not rows:
        return ""
    if source.layout == "table":
        body = "\n".join(f'<tr><th scope="row">{label}</th><td>{escape(value)}</td></tr>' for _, label, value in rows)
        return f'<table class="document-details">\n<caption>Document details</caption>\n{body}\n</table>'
    body = "\n".join(f"<dt>{label}</dt><dd>{escape(value)}</dd>" for _, label, value in rows)
    return f'<dl class="document-details" aria-label="Document details">\n{body}\n</dl>'


def history_html(source: Source) -> str:
    if not source.history:
        return ""
    header = ((Run("Version"),), (Run("Date"),), (Run("Change"),))
    rows = tuple(((Run(e.version),), (Run(e.date),), (Run(e.change),)) for e in source.history)
    return "<h2>Version history</h2>\n" + table_html(Table(header, rows))


def blocks_html(blocks: tuple[Block, ...]) -> str:
    return "\n".join(block_html(block) for block in blocks)


def block_html(block: Block) -> str:
    match block:
        case Heading(level, runs):
            tag = f"h{min(level + 1, 6)}"
            return f'<{tag} id="{slug(plain(runs))}">{runs_html(runs)}</{tag}>'
        case Paragraph(runs):
            return f"<p>{runs_html(runs)}</p>"
        case ItemList(entries):
            return list_html(list(entries), depth=0)
        case Table():
            return table_html(block)
        case Box(inner):
            return f'<div class="box">\n{blocks_html(inner)}\n</div>'
        case PageBreak():
            return ""


def list_html(entries: list[Item], *, depth: int) -> str:
    """One list, with the lists within it inside the entry that they follow."""
    ordered = entries[0].number is not None
    start = f' start="{entries[0].number}"' if ordered and entries[0].number != 1 else ""
    tag = "ol" if ordered else "ul"
    parts: list[str] = []
    for inner, group in groupby(entries, key=lambda entry: entry.depth > depth):
        if inner:
            parts[-1] += "\n" + list_html(list(group), depth=depth + 1)
        else:
            parts += [runs_html(entry.runs) for entry in group]
    body = "\n".join(f"<li>{part}</li>" for part in parts)
    return f"<{tag}{start}>\n{body}\n</{tag}>"


def table_html(table: Table) -> str:
    if not table.has_header:
        rows = (f'<th scope="row">{runs_html(row[0])}</th>{cells_html(row[1:])}' for row in table.rows)
        head = ""
    else:
        rows = (cells_html(row) for row in table.rows)
        head = "".join(f'<th scope="col">{runs_html(cell)}</th>' for cell in table.header)
        head = f"<thead><tr>{head}</tr></thead>\n"
    body = "\n".join(f"<tr>{row}</tr>" for row in rows)
    return f"<table>\n{head}<tbody>\n{body}\n</tbody>\n</table>"


def cells_html(row: tuple[Runs, ...]) -> str:
    return "".join(f"<td>{runs_html(cell)}</td>" for cell in row)


def runs_html(runs: Runs) -> str:
    return "".join(run_html(run) for run in runs)


def run_html(run: Run) -> str:
    text = escape(run.text, quote=False).replace("\n", "<br>")
    if run.bold:
        text = f"<strong>{text}</strong>"
    if run.italic:
        text = f"<em>{text}</em>"
    return f'<a href="{escape(run.link)}">{text}</a>' if run.link else text


def links(names: tuple[str, ...]) -> str:
    return "\n".join(f'<a href="/{slug(name)}">{name}</a>' for name in names)


def items(names: tuple[str, ...]) -> str:
    return "\n".join(f'<li><a href="/{slug(name)}">{name}</a></li>' for name in names)


def slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def render_markdown(source: Source) -> bytes:
    """The source as someone keeps a Markdown file: front matter without the builder's own keys, title, body."""
    _, front, body = source.text.split("---\n", 2)
    kept = "".join(line for line in front.splitlines(keepends=True) if not re.match(r"(output|layout):", line))
    body = re.sub(r"^\\pagebreak\s*\n", "", body, flags=re.MULTILINE).strip()
    return f"---\n{kept}---\n\n# {source.title}\n\n{body}\n".encode()
