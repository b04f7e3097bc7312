"""Claims about zips that harm whoever opens them: each is refused by name before a library sees it."""

from __future__ import annotations

import stat
import time
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path

import pytest

from ingestion.errors import DocumentNotRead
from ingestion.model import RawFile
from ingestion.parse.archives import Member, checked_members, read_member, refuse_entities, refuse_unsafe_container
from ingestion.workers import Workers
from tests.ingestion.files import parsed, word

POLICY = word(lambda document: document.add_paragraph("Phones stay in bags."))
GIGABYTE = 1 << 30


def zipped(
    files: Mapping[str, bytes], *, change: Callable[[zipfile.ZipInfo], object] | None = None, packed: bool = True
) -> bytes:
    """A zip of the files in their order; `change` is made to each entry of its directory."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED)
        for info in archive.infolist():
            if change is not None:
                change(info)
    return out.getvalue()


def with_part(name: str, data: bytes, document: bytes = POLICY) -> bytes:
    """A Word document with one part added, or put in the place of the one of that name."""
    with zipfile.ZipFile(BytesIO(document)) as archive:
        return zipped({**{info.filename: archive.read(info) for info in archive.infolist()}, name: data})


def part(name: str) -> bytes:
    with zipfile.ZipFile(BytesIO(POLICY)) as archive:
        return archive.read(name)


def bomb(*, unpacked: int, stated: int, name: str = "word/document.xml") -> bytes:
    """A zip of one file of zeros, deflated: it unpacks to `unpacked` bytes, whatever it states."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    block = packer.compress(bytes(16 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)  # can be repeated as it is
    deflated = block * (unpacked // (16 << 20)) + packer.flush()

    def lie(info: zipfile.ZipInfo) -> None:
        info.compress_type, info.file_size = zipfile.ZIP_DEFLATED, stated

    return zipped({name: deflated}, change=lie, packed=False)


def reason(data: bytes, path: str = "trust/a.docx") -> str:
    with pytest.raises(DocumentNotRead) as error:
        parsed(data, path)
    return str(error.value)


# ── bombs ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("path", ["trust/a.docx", "trust/a.odt", "trust/a.pptx", "trust/a.xlsx"])
def test_ten_gigabytes_in_ten_megabytes_are_refused_in_no_time(path: str) -> None:
    data = bomb(unpacked=10 * GIGABYTE, stated=10 * GIGABYTE)
    assert len(data) < 11_000_000
    began = time.monotonic()
    with pytest.raises(DocumentNotRead) as error:
        refuse_unsafe_container(data)
    assert str(error.value) == (
        "it would unpack to 10.7 GB, which may be a zip bomb: divide it into parts of less than 1 GB, or remove it"
    )
    assert time.monotonic() - began < 1


def test_a_bomb_that_states_a_small_size_is_refused_in_a_worker_of_little_memory() -> None:
    data = bomb(unpacked=10 * GIGABYTE, stated=1000)
    with Workers(count=1, seconds=20, memory_bytes=250_000_000) as workers:
        [read] = workers.read_all([RawFile("trust/a.docx", None, data)])
    assert read.failure == (
        "one of its parts, 'word/document.xml', unpacks to another size than it states, like a zip bomb: "
        "save it again from the program it came from"
    )


def test_a_part_that_holds_less_than_it_states_is_refused() -> None:
    data = zipped({"word/document.xml": b"<a/>"}, change=lambda info: setattr(info, "file_size", 5000))
    assert "unpacks to another size than it states" in reason(data)


def test_what_unpacks_to_hundreds_of_times_its_size_is_refused() -> None:
    assert reason(bomb(unpacked=128 << 20, stated=128 << 20)).startswith("it would unpack to 1,0")


def test_a_large_part_of_little_variety_is_let_through() -> None:
    refuse_unsafe_container(with_part("word/media/plan.bmp", bytes(60 << 20)))


def test_files_that_overlap_are_refused() -> None:
    def overlap(info: zipfile.ZipInfo) -> None:
        info.header_offset = 0

    data = zipped({"a": b"words " * 1000, "b": b"words " * 1000}, change=overlap)
    assert reason(data) == "its files overlap, like those of a zip bomb: remove it, or make it again"


def test_an_archive_of_too_many_files_is_refused() -> None:
    data = zipped({f"{number}": b"" for number in range(10_001)})
    assert reason(data).startswith("it is an archive of more than 10,000 files")
    assert len(checked_members(zipped({f"{number}": b"" for number in range(10_000)}))) == 10_000


def test_a_directory_of_millions_of_files_is_not_even_read() -> None:
    data = bytearray(zipped({"a": b""}))
    end = data.rindex(b"PK\x05\x06")
    data[end:end] = bytes(5 << 20)
    data[-10:-6] = (5 << 20).to_bytes(4, "little")  # the length of the directory
    with pytest.raises(DocumentNotRead, match="more than 10,000 files"):
        checked_members(bytes(data))


# ── entities ─────────────────────────────────────────────────────────────────────────────────────────────────────────

DEFINES = (
    "its XML defines entities, which can grow without end or read other files: "
    "save it again from the program it came from"
)
LAUGHS = b"".join(
    b'<!ENTITY l%d "%s">' % (number, b"&l%d;" % (number - 1) * 10 if number else b"laugh") for number in range(10)
)
PROLOGS = {
    "billion laughs": b"<!DOCTYPE d [" + LAUGHS + b"]>",
    "quadratic": b'<!DOCTYPE d [<!ENTITY a "' + b"words " * 1000 + b'">]>',
    "a file": b'<!DOCTYPE d [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
    "an address": b'<!DOCTYPE d [<!ENTITY % a SYSTEM "http://192.0.2.1/a.dtd"> %a;]>',
    "behind a remark": b"<!-- " + b"words " * 1000 + b"--><!DOCTYPE d [<!ENTITY a 'b'>]>",
    "defaults": b"<!DOCTYPE d [<!ATTLIST p words CDATA '" + b"words " * 1000 + b"'>]>",
}


def with_prolog(xml: bytes, prolog: bytes) -> bytes:
    declaration, end, rest = xml.partition(b"?>")
    return declaration + end + prolog + rest


@pytest.mark.parametrize("prolog", PROLOGS.values(), ids=PROLOGS)
@pytest.mark.parametrize("name", ["word/document.xml", "word/_rels/document.xml.rels", "[Content_Types].xml"])
def test_a_word_document_whose_xml_defines_entities_is_refused(prolog: bytes, name: str) -> None:
    assert reason(with_part(name, with_prolog(part(name), prolog))) == DEFINES


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_entities_are_found_in_any_encoding_that_is_read(encoding: str) -> None:
    xml = b"<?xml version='1.0'?>" + PROLOGS["a file"] + b"<d>&a;</d>"
    assert reason(with_part("word/document.xml", xml.decode().encode(encoding))) == DEFINES


def test_xml_in_an_encoding_that_hides_what_it_defines_is_refused() -> None:
    xml = b"<?xml version='1.0' encoding='utf-7'?>" + PROLOGS["a file"].decode().encode("utf-7") + b"<d/>"
    assert reason(with_part("word/document.xml", xml)).startswith("its XML is in an encoding that hides")


def test_xml_that_begins_with_endless_remarks_is_refused() -> None:
    xml = b"<?xml version='1.0'?><!--" + b" " * 100_000 + b"-->" + PROLOGS["a file"] + b"<d/>"
    assert reason(with_part("word/document.xml", xml)).startswith("its XML begins with more than 64 KB of remarks")


@pytest.mark.parametrize("path", ["trust/a.html", "trust/a.htm"])
def test_a_page_that_defines_entities_is_refused(path: str) -> None:
    page = b"<!doctype html [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><html><body><p>Words &a;</p></body></html>"
    assert reason(page, path) == DEFINES


@pytest.mark.parametrize(
    "doctype",
    ["<!DOCTYPE html>", '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1.dtd">'],
)
def test_a_page_with_an_ordinary_doctype_is_read(doctype: str) -> None:
    page = f"{doctype}<html><body><p>Write <code>&lt;!ENTITY</code> so.</p></body></html>"
    assert parsed(page, "trust/a.html").sections[0].blocks[0].text == "Write <!ENTITY so."


def test_a_doctype_that_defines_nothing_is_let_through() -> None:
    refuse_entities(b'<?xml version="1.0"?><!DOCTYPE manifest PUBLIC "-//OpenOffice.org//DTD 1.0//EN" "M.dtd"><m/>')


def test_a_drawing_that_no_reader_opens_may_define_entities() -> None:
    drawing = b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY ns_svg "http://www.w3.org/2000/svg">]><svg/>'
    data = with_part("word/media/image1.svg", drawing)
    assert parsed(data, "trust/a.docx").sections[0].blocks[0].text == "Phones stay in bags."


def test_words_that_speak_of_entities_are_read() -> None:
    data = word(lambda document: document.add_paragraph("Never write <!ENTITY or <!DOCTYPE d [ yourself."))
    assert parsed(data, "trust/a.docx").sections[0].blocks[0].text == "Never write <!ENTITY or <!DOCTYPE d [ yourself."


# ── names, links, passwords ──────────────────────────────────────────────────────────────────────────────────────────

LEADS_OUT = "its name leads out of its archive: rename it, and make the archive again"
LOCKED = "it is locked with a password: save it again without one"


def link(info: zipfile.ZipInfo) -> None:
    info.external_attr = (stat.S_IFLNK | 0o777) << 16


def lock(info: zipfile.ZipInfo) -> None:
    info.flag_bits |= 1


def rename(name: str) -> Callable[[zipfile.ZipInfo], None]:
    def change(info: zipfile.ZipInfo) -> None:
        info.filename = name

    return change


def test_the_files_of_an_archive_are_listed_in_its_order() -> None:
    data = zipped(
        {"leave/": b"", "leave/policy.docx": POLICY, "./leave//pay.md": b"Pay day", "behaviour.md": b"Phones"}
    )
    assert checked_members(data) == [
        Member("leave/policy.docx", "leave/policy.docx", len(POLICY), zlib.crc32(POLICY)),
        Member("leave/pay.md", "./leave//pay.md", 7, zlib.crc32(b"Pay day")),
        Member("behaviour.md", "behaviour.md", 6, zlib.crc32(b"Phones")),
    ]
    assert [read_member(data, member) for member in checked_members(data)] == [POLICY, b"Pay day", b"Phones"]


def test_an_archive_on_disk_is_read_there(tmp_path: Path) -> None:
    path = tmp_path / "all.zip"
    path.write_bytes(zipped({"a.md": b"Words"}))
    [member] = checked_members(path)
    assert read_member(path, member) == b"Words"


@pytest.mark.parametrize(
    ("name", "change", "problem"),
    [
        ("../leave.md", None, LEADS_OUT),
        ("a/../../leave.md", None, LEADS_OUT),
        ("a\\..\\..\\leave.md", None, LEADS_OUT),
        ("/etc/leave.md", None, LEADS_OUT),
        ("\\\\server\\leave.md", None, LEADS_OUT),
        ("C:\\leave.md", None, LEADS_OUT),
        ("c:leave.md", None, LEADS_OUT),
        ("leave.md", rename("leave.md\x00.exe"), LEADS_OUT),
        ("leave.md", link, "it is a link in its archive: put the file itself there"),
        ("leave.md", lock, LOCKED),
        (
            "leave.md",
            lambda info: setattr(info, "compress_type", 14),
            "it is packed in a way that is not read: make the archive again as an ordinary zip",
        ),
        ("more.zip", None, "it is an archive within an archive: unpack it there"),
        ("more.TAR.gz", None, "it is an archive within an archive: unpack it there"),
    ],
)
def test_a_file_that_must_not_be_taken_out_is_named(
    name: str, change: Callable[[zipfile.ZipInfo], None] | None, problem: str
) -> None:
    data = zipped({name: b"Words"}, change=change)
    [member] = checked_members(data)
    assert member.problem == problem
    with pytest.raises(DocumentNotRead) as error:
        read_member(data, member)
    assert str(error.value) == problem


def test_names_that_only_look_dangerous_are_taken() -> None:
    names = ["..leave.md", "a..b/c.md", "notes: part 1.md", "leave…md"]
    assert [member.problem for member in checked_members(zipped(dict.fromkeys(names, b"")))] == [None] * 4


def test_two_files_of_one_name_are_both_named() -> None:
    data = zipped({"a.md": b"one", "./a.md": b"two", "b.md": b"three"})
    twice = "its archive holds two files of this name: rename one of them"
    assert [(member.name, member.problem) for member in checked_members(data)] == [
        ("a.md", twice),
        ("a.md", twice),
        ("b.md", None),
    ]


@pytest.mark.parametrize(
    ("name", "change", "problem"),
    [
        ("../document.xml", None, f"one of its parts, '../document.xml', must not be read: {LEADS_OUT}"),
        ("word/document.xml", lock, f"one of its parts, 'word/document.xml', must not be read: {LOCKED}"),
    ],
)
def test_a_document_with_such_a_part_is_refused(
    name: str, change: Callable[[zipfile.ZipInfo], None] | None, problem: str
) -> None:
    assert reason(zipped({name: b"<a/>"}, change=change)) == problem


def test_a_document_may_hold_other_documents_and_archives() -> None:
    data = with_part("word/embeddings/all.zip", zipped({"a.xlsx": b"Words"}))
    assert parsed(data, "trust/a.docx").sections[0].blocks[0].text == "Phones stay in bags."


# ── damage ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("data", [b"", b"PK", b"words", zipped({"a.md": b"Words"})[:-5], bytes(100_000)])
def test_what_is_no_archive_is_named_and_a_document_left_to_its_reader(data: bytes) -> None:
    with pytest.raises(DocumentNotRead) as error:
        checked_members(data)
    assert str(error.value) == "it is no zip archive, or was cut short: make the archive again"
    refuse_unsafe_container(data)


def test_a_file_whose_bytes_were_damaged_is_named() -> None:
    data = bytearray(zipped({"a.md": b"Words", "b.md": b"More"}, packed=False))
    data[data.index(b"Words")] ^= 1
    damaged, whole = checked_members(bytes(data))
    with pytest.raises(DocumentNotRead) as error:
        read_member(bytes(data), damaged)
    assert str(error.value) == "its archive is damaged there: make the archive again"
    assert read_member(bytes(data), whole) == b"More"


def test_a_file_is_never_longer_than_its_archive_states() -> None:
    data = bomb(unpacked=GIGABYTE, stated=5, name="a.md")
    [member] = checked_members(data)
    tracemalloc.start()
    try:
        with pytest.raises(DocumentNotRead, match="its archive is damaged there"):
            read_member(data, member)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_an_archive_that_changes_after_it_was_listed_is_named() -> None:
    [member] = checked_members(zipped({"a.md": b"Words"}))
    for changed in (zipped({"a.md": b"Other"}), zipped({"b.md": b"Words"})):
        with pytest.raises(DocumentNotRead) as error:
            read_member(changed, member)
        assert str(error.value) == "its archive changed while it was being read: run refresh again"
