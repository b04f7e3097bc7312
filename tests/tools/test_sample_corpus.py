"""The sample corpus's builder: what a source says, and what of it stands in the files it becomes."""
# ruff: noqa: E402 (without the libraries of the extra `corpus` the file is skipped, before the imports that need them)

from collections.abc import Callable
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any

import pypdfium2
import pytest
from docx import Document
from docx.oxml.ns import qn

for library in ("openpyxl", "pptx", "pypdf", "reportlab"):
    pytest.importorskip(library, reason="the builder's own libraries are the extra `corpus`")

from openpyxl import load_workbook
from pptx import Presentation

from tools.sample_corpus.build import main
from tools.sample_corpus.cover import cover_rows, footer_line
from tools.sample_corpus.measure import column_shares
from tools.sample_corpus.pagination import marked, openings
from tools.sample_corpus.pdf import render_pdf
from tools.sample_corpus.slides import render_slides
from tools.sample_corpus.source import (
    Box,
    Heading,
    Item,
    ItemList,
    PageBreak,
    Paragraph,
    Run,
    Source,
    SourceError,
    Table,
    read_source,
)
from tools.sample_corpus.web import render_markdown, render_page
from tools.sample_corpus.word import render_word, saved_at
from tools.sample_corpus.workbook import render_workbook

FRONT = """---
output: {output}
title: Kite policy
kind: policy
version: "3.10"
owner: Headteacher
approved_on: 2026-07-09
effective_from: 2026-09-01
review_due: 2027-07
organisation: Saltmarsh Primary School
layout: {layout}
history:
  - {{version: "3.10", date: 2026-07-09, change: Strings shortened}}
---
"""
BODY = """
## 1 Flying

Kites fly **only** on the
field. See [the map](https://example.org/map).

3. First this
   - and that
4. Then this

| Wind | Response |
|---|---|
| Calm | Wait |
| Gale | Go *indoors* |

> Never near a pylon.

\\pagebreak
### 1.1 Landing
"""


def source_of(
    body: str = BODY, *, output: str = "docx", layout: str = "table", path: str = "schools/saltmarsh/kites"
) -> Source:
    return read_source(FRONT.format(output=output, layout=layout) + body, PurePosixPath(path))


def words_in(element: Any) -> str:
    return "".join(text.text or "" for text in element.iter(qn("w:t")))


def test_a_body_is_read_as_blocks() -> None:
    assert source_of().blocks == (
        Heading(1, (Run("1 Flying"),)),
        Paragraph(
            (
                Run("Kites fly "),
                Run("only", bold=True),
                Run(" on the field. See "),
                Run("the map", link="https://example.org/map"),
                Run("."),
            )
        ),
        ItemList(
            (
                Item((Run("First this"),), depth=0, number=3),
                Item((Run("and that"),), depth=1, number=None),
                Item((Run("Then this"),), depth=0, number=4),
            )
        ),
        Table(
            header=((Run("Wind"),), (Run("Response"),)),
            rows=(
                ((Run("Calm"),), (Run("Wait"),)),
                ((Run("Gale"),), (Run("Go "), Run("indoors", italic=True))),
            ),
        ),
        Box((Paragraph((Run("Never near a pylon."),)),)),
        PageBreak(),
        Heading(2, (Run("1.1 Landing"),)),
    )


def test_a_cover_prints_what_the_source_states_as_a_person_writes_it() -> None:
    assert cover_rows(source_of(layout="lines")) == (
        ("kind", "Document type", "Policy"),
        ("version", "Version", "3.10"),
        ("owner", "Document owner", "Headteacher"),
        ("approved_on", "Date approved", "9 July 2026"),
        ("effective_from", "Effective from", "1 September 2026"),
        ("review_due", "Review date", "July 2027"),
    )
    assert footer_line(source_of()) == "Version 3.10 | Review date: July 2027"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (FRONT.format(output="docx", layout="table").replace("owner:", "ownr:"), "unknown front matter ownr"),
        (FRONT.format(output="rtf", layout="table"), "output 'rtf'"),
        (FRONT.format(output="docx", layout="table").replace("2026-07-09\ne", "9/7/26\ne"), "'9/7/26' is not a date"),
        ("## 1 Flying\n", "does not begin with front matter"),
        (FRONT.format(output="docx", layout="table") + "```\ncode\n```\n", "fence is not rendered"),
    ],
)
def test_a_source_that_cannot_be_rendered_is_named(text: str, complaint: str) -> None:
    with pytest.raises(SourceError, match=f"schools/saltmarsh/kites: .*{complaint}"):
        read_source(text, PurePosixPath("schools/saltmarsh/kites"))


def test_columns_share_the_width_by_what_they_hold() -> None:
    table = Table(header=((Run("No"),), (Run("What to do"),)), rows=(((Run("1"),), (Run("word " * 40),)),))
    narrow, wide = column_shares(table, line=90)
    assert narrow + wide == pytest.approx(1)
    assert 6 / 90 <= narrow < 0.15


def test_a_word_document_has_real_headings_tables_and_a_text_box() -> None:
    document = Document(BytesIO(render_word(source_of())))
    headings = [(p.style.name, p.text) for p in document.paragraphs if p.style and p.style.name.startswith("Heading")]
    assert headings == [("Heading 1", "1 Flying"), ("Heading 2", "1.1 Landing")]

    cover, history, winds = document.tables
    assert [cell.text for cell in cover.rows[1].cells] == ["Version", "3.10"]
    assert [cell.text for cell in history.rows[1].cells] == ["3.10", "9 July 2026", "Strings shortened"]
    assert [[cell.text for cell in row.cells] for row in winds.rows] == [
        ["Wind", "Response"],
        ["Calm", "Wait"],
        ["Gale", "Go indoors"],
    ]
    assert [row._tr.find(f".//{qn('w:tblHeader')}") is not None for row in winds.rows] == [True, False, False]

    boxes = [words_in(box) for box in document.element.body.iter(qn("w:txbxContent"))]
    assert boxes == ["Never near a pylon."] * 2, "once in the drawing, once in its VML fallback"


def test_a_table_without_words_in_its_header_is_printed_without_one() -> None:
    source = source_of("\n| | |\n|---|---|\n| Provider | Longshore |\n")
    word_table = Document(BytesIO(render_word(source))).tables[-1]
    assert [[cell.text for cell in row.cells] for row in word_table.rows] == [["Provider", "Longshore"]]
    page = render_page(source).decode()
    assert '<tr><th scope="row">Provider</th><td>Longshore</td></tr>' in page


def test_a_word_document_says_on_each_page_what_it_is_and_of_which_date() -> None:
    section = Document(BytesIO(render_word(source_of()))).sections[0]
    assert section.header.paragraphs[0].text == "Saltmarsh Primary School\tKite policy"
    assert section.footer.paragraphs[0].text == "Version 3.10 | Review date: July 2027\tPage 1 of 1"
    fields = [field.text.strip() for field in section.footer._element.iter(qn("w:instrText"))]
    assert fields == ["PAGE", "NUMPAGES"]


def test_a_document_without_a_cover_states_its_dates_in_the_footer_alone() -> None:
    document = Document(BytesIO(render_word(source_of(layout="footer"))))
    assert [p.text for p in document.paragraphs[:3]] == ["Saltmarsh Primary School", "Kite policy", "1 Flying"]
    assert not any("July 2027" in p.text for p in document.paragraphs)
    assert "Review date: July 2027" in document.sections[0].footer.paragraphs[0].text


def test_the_trusts_template_holds_cover_values_in_content_controls() -> None:
    document = Document(BytesIO(render_word(source_of(path="trust/kites"))))
    controls = {
        control.find(f".//{qn('w:alias')}").get(qn("w:val")): words_in(control)
        for control in document.element.body.iter(qn("w:sdt"))
    }
    assert controls["Version"] == "3.10"
    assert controls["Next review"] == "July 2027"


def test_a_page_marker_stands_in_the_first_run_of_each_new_page() -> None:
    source = source_of()
    unmarked = render_word(source)
    texts = [words_in(opening) for opening in openings(Document(BytesIO(unmarked)))]
    new_pages = [texts.index("1 Flying"), texts.index("CalmWait"), texts.index("1.1 Landing")]
    pages = [1 + sum(number >= first for first in new_pages) for number in range(len(texts))]

    document = Document(BytesIO(marked(unmarked, pages, saved_at(source))))
    first_words = [words_in(marker.getparent()) for marker in document.element.body.iter(qn("w:lastRenderedPageBreak"))]
    assert first_words == ["1 Flying", "Calm", "1.1 Landing"]
    assert document.sections[0].footer.paragraphs[0].text.endswith("Page 1 of 4")


def test_a_pdf_counts_its_pages_and_repeats_a_tables_header_on_each() -> None:
    rows = "".join(f"| {number} | Weather of day {number} |\n" for number in range(60))
    pdf = pypdfium2.PdfDocument(render_pdf(source_of("\n## 1 Log\n\n| Day | What |\n|---|---|\n" + rows, output="pdf")))
    texts = [page.get_textpage().get_text_range() for page in pdf]
    assert len(texts) == 3
    for number, text in enumerate(texts, start=1):
        assert "Saltmarsh Primary School" in text
        assert f"Page {number} of 3" in text
        assert "Version 3.10 | Review date: July 2027" in text
    assert all("Day What" in " ".join(text.split()) for text in texts[1:])
    assert [entry.get_title() for entry in pdf.get_toc()] == ["1 Log"]


def test_a_pdf_refuses_a_character_it_would_print_as_a_black_square() -> None:
    with pytest.raises(SourceError, match=r"schools/saltmarsh/kites: .*'囲'"):
        render_pdf(source_of("\n囲\n", output="pdf"))


@pytest.mark.parametrize(
    ("render", "output"),
    [(render_word, "docx"), (render_pdf, "pdf")],
)
def test_a_source_renders_to_the_same_bytes_each_time(render: Callable[[Source], bytes], output: str) -> None:
    assert render(source_of(output=output)) == render(source_of(output=output))


def test_a_deck_keeps_what_is_said_out_of_what_is_shown() -> None:
    deck = Presentation(
        BytesIO(render_slides(source_of("\n## Wind\n\n- Look up\n\nNotes: Pause here.\n", output="pptx")))
    )
    title, wind = deck.slides
    assert title.shapes.title.text == "Kite policy"
    assert wind.shapes.title.text == "Wind"
    assert wind.placeholders[1].text == "Look up"
    assert wind.notes_slide.notes_text_frame.text == "Pause here."


def test_a_web_page_states_its_details_inside_the_article() -> None:
    page = render_page(source_of(output="html")).decode()
    article = page[page.index("<article>") : page.index("</article>")]
    assert '<th scope="row">Next review</th><td>July 2027</td>' in article
    assert "<td>Go <em>indoors</em></td>" in article
    assert '<ol start="3">\n<li>First this\n<ul>\n<li>and that</li>\n</ul></li>\n<li>Then this</li>\n</ol>' in article
    assert "cookies" not in article


def test_a_markdown_file_keeps_its_front_matter_but_not_the_builders_keys() -> None:
    text = render_markdown(source_of(output="md")).decode()
    assert text.startswith("---\ntitle: Kite policy\n")
    assert "layout:" not in text
    assert "---\n\n# Kite policy\n\n## 1 Flying\n" in text
    assert "pagebreak" not in text


def test_a_workbook_has_a_sheet_for_each_heading_and_dates_that_are_dates() -> None:
    body = "\n## Days\n\n| Date | Who |\n|---|---|\n| 2026-09-01 | All |\n"
    workbook = load_workbook(BytesIO(render_workbook(source_of(body, output="xlsx"))))
    assert workbook.sheetnames == ["Days", "About this workbook"]
    assert [cell.value for cell in workbook["Days"][1]] == ["Date", "Who"]
    assert workbook["Days"]["A2"].is_date


def test_one_bad_source_is_named_and_the_others_are_built(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = tmp_path / "sources" / "trust"
    sources.mkdir(parents=True)
    (sources / "good.md").write_text(FRONT.format(output="md", layout="table") + BODY)
    (sources / "bad.md").write_text("no front matter")
    corpus = tmp_path / "corpus"
    monkeypatch.setattr("sys.argv", ["build", "--sources", str(tmp_path / "sources"), "--corpus", str(corpus)])

    assert main() == 1
    assert (corpus / "trust" / "good.md").exists()
    assert "FAILED trust/bad: does not begin with front matter" in capsys.readouterr().err
