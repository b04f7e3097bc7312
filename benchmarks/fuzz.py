"""What does a damaged or hostile file do to the readers?

Real files of every format are damaged at random and read in bounded workers, as a refresh reads them. Bytes are
flipped, cut, repeated and exchanged with those of another file, numbers made absurd; in an office file this is done to
one of its parts, which is then packed again, so that it gets past the zip. Every try follows from the seed and its
number alone.

    nice python -m benchmarks.fuzz --tries 10000 --keep kept corpus FOLDER…

Prints how many files of each format were read, refused by name, or did what none may do:

    fault      another exception than DocumentNotRead left the reader
    broken     it was read, but with text that no database takes, or that stands in no passage
    slow       it took more than 5 seconds of a processor
    late       it was stopped after --seconds
    memory, crash

Of these the files are kept, as `NUMBER-WHAT.EXT`, and the exit status is 1. `unforeseen` counts the refusals among
those by name that a parser did not foresee, by the type of exception.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import time
import zipfile
from collections import Counter, defaultdict
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from lxml import etree

from ingestion.model import ParsedDocument, Passage, RawFile
from ingestion.worker import ReadDocument, read_document
from ingestion.workers import Workers

SUFFIXES = (".csv", ".docx", ".html", ".md", ".odt", ".pdf", ".pptx", ".txt", ".xlsx")
PACKED = (".docx", ".odt", ".pptx", ".xlsx")
MAX_SEED_BYTES = 400_000
MAX_BYTES = 4_000_000
SLOW_SECONDS = 5.0
BAD = ("fault", "broken", "slow", "late", "memory", "crash")


@dataclass(frozen=True)
class Seed:
    name: str
    suffix: str
    data: bytes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    parser.add_argument("--tries", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="the number of the first try")
    parser.add_argument("--formats", nargs="+", default=SUFFIXES, choices=SUFFIXES, metavar=".EXT")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--keep", type=Path, default=Path("fuzz-kept"), help="where files that did harm are put")
    options = parser.parse_args()
    from benchmarks.fuzz import read_and_judge  # by its module's name, which a worker can import; here it is __main__

    seeds = find_seeds(options.folders, options.formats)
    for suffix in options.formats:
        print(f"{suffix}: {len(seeds[suffix])} files to start from", file=sys.stderr)
    tries = range(options.first, options.first + options.tries)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    unforeseen: Counter[str] = Counter()
    began = time.monotonic()
    with Workers(count=options.workers, seconds=options.seconds, read=read_and_judge) as workers:
        for read in workers.read_all(damaged(seeds, options.seed, number) for number in tries):
            number, suffix = int(Path(read.path).stem), Path(read.path).suffix
            what, detail = judge(read.failure or "")
            counts[suffix][what] += 1
            if found := re.match(r"it could not be read as \w+ \((\w+)\)", detail):
                unforeseen[f"{suffix} {found[1]}"] += 1
            if what in BAD:
                print(f"{number}{suffix}: {what}: {detail}", file=sys.stderr, flush=True)
                options.keep.mkdir(parents=True, exist_ok=True)
                kept = options.keep / f"{number}-{what}{suffix}"
                kept.write_bytes(damaged(seeds, options.seed, number).data)
            if number % 1000 == 999:
                print(f"{number + 1} tries, {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    show(counts, unforeseen, took_seconds=time.monotonic() - began, seed=options.seed, tries=tries)
    sys.exit(any(counts[suffix][what] for suffix in counts for what in BAD))


def find_seeds(folders: Sequence[Path], suffixes: Sequence[str]) -> dict[str, list[Seed]]:
    """Files to start from, by format; large ones would only be slow."""
    seeds: dict[str, list[Seed]] = {suffix: [] for suffix in suffixes}
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            suffix = path.suffix.lower()
            if suffix in seeds and path.is_file() and path.stat().st_size <= MAX_SEED_BYTES:
                seeds[suffix].append(Seed(path.name, suffix, path.read_bytes()))
    return seeds


def show(
    counts: dict[str, Counter[str]], unforeseen: Counter[str], *, took_seconds: float, seed: int, tries: range
) -> None:
    print(f"{len(tries)} tries from {tries.start}, seed {seed}, {took_seconds:.0f} s")
    columns = ("read", "named", *BAD)
    print(f"{'':8}" + "".join(f"{what:>8}" for what in columns))
    for suffix in sorted(counts):
        print(f"{suffix:8}" + "".join(f"{counts[suffix][what]:>8}" for what in columns))
    print("unforeseen: " + (", ".join(f"{name} {count}" for name, count in unforeseen.most_common()) or "none"))


# ── in the worker ────────────────────────────────────────────────────────────────────────────────────────────────────


def read_and_judge(raw: RawFile) -> ReadDocument:
    """Read it, and hand back only what came of it, as "WHAT: DETAIL" in place of a failure."""
    began = time.process_time()
    read = read_document(raw)
    took_seconds = time.process_time() - began
    if read.fault is not None:
        what = f"fault: {read.fault.strip().splitlines()[-1]}"
    elif took_seconds > SLOW_SECONDS:
        what = f"slow: {took_seconds:.1f} s for {len(raw.data):,} bytes"
    elif read.document is None:
        what = f"named: {read.failure}"
    else:
        wrong = what_is_broken(read.document, read.passages)
        what = f"broken: {wrong}" if wrong else "read: "
    return ReadDocument(raw.path, None, failure=what)


def what_is_broken(document: ParsedDocument, passages: Sequence[Passage]) -> str | None:
    """Text that is no UTF-8, or holds characters that PostgreSQL or a terminal does not take; blocks in no passage."""
    texts = [repr(document.metadata), repr(document.records), *document.warnings]
    texts += [text for section in document.sections for text in (*section.heading, section.text)]
    texts += [text for passage in passages for text in (*passage.heading, passage.text)]
    for text in texts:
        if found := re.search(r"[\x00-\x08\x0e-\x1f\ud800-\udfff]", text):
            return f"{found[0]!r} in its text"
    if not all(passage.text.strip() for passage in passages):
        return "a passage without words"
    return None


def judge(answer: str) -> tuple[str, str]:
    """What happened, and the rest of the sentence: the worker's own words, or what is said of a worker that ended."""
    what, _, detail = answer.partition(": ")
    if what in ("read", "named", *BAD):
        return what, detail
    if answer.startswith("reading it took longer"):
        return "late", answer
    return ("memory" if "memory" in answer else "crash"), answer


# ── damage ───────────────────────────────────────────────────────────────────────────────────────────────────────────

ABSURD = (b"0", b"-1", b"65536", b"99999999", b"2147483648", b"-9223372036854775809", b"1e999", b"NaN", b"")
NESTING = (
    b"<div>",
    b"<p>",
    b"<table><tr><td>",
    b"> ",
    b"- ",
    b"* ",
    b"[",
    b"(",
    b"**",
    b"`",
    b"#",
    b"|",
    b"\t",
    b"&",
    b"\\",
)
TAG = re.compile(rb"<(\w[\w:.-]*)(?: [^<>]*)?>")


def damaged(seeds: dict[str, list[Seed]], seed: int, number: int) -> RawFile:
    """The file of one try; of formats with seeds, each as often."""
    chance = random.Random(f"{seed}:{number}")
    suffix = chance.choice([suffix for suffix in sorted(seeds) if seeds[suffix]])
    first, second = chance.choice(seeds[suffix]), chance.choice(seeds[suffix])
    if suffix in PACKED and chance.random() < 0.8:
        data = with_damaged_parts(first.data, second.data, chance)
    else:
        data = damage(first.data, second.data, chance)
    return RawFile(f"{number}{suffix}", None, data[:MAX_BYTES])


def with_damaged_parts(first: bytes, second: bytes, chance: random.Random) -> bytes:
    """An office file of which one part, or a few, are damaged; the zip around them is whole."""
    with zipfile.ZipFile(BytesIO(first)) as package, zipfile.ZipFile(BytesIO(second)) as other:
        parts = {info.filename: package.read(info) for info in package.infolist()}
        others = {info.filename: other.read(info) for info in other.infolist()}
    texts = [name for name in parts if name.endswith((".xml", ".rels"))]
    likely = [name for name in texts if re.search(r"document|content|slide\d|sheet|styles|numbering|notes|table", name)]
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        name = chance.choice(likely if likely and chance.random() < 0.8 else texts or list(parts))
        if chance.random() < 0.05:
            parts[name] = b""
        elif chance.random() < 0.05:
            parts.pop(name, None)
        elif chance.random() < 0.7:
            parts[name] = damage_tree(parts.get(name, b""), chance)[:MAX_BYTES]
        else:
            parts[name] = damage(parts.get(name, b""), others.get(name, b""), chance)[:MAX_BYTES]
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in parts.items():
            package.writestr(name, data)
    return out.getvalue()


def damage(data: bytes, other: bytes, chance: random.Random) -> bytes:
    for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
        data = chance.choice(WAYS)(data, other, chance)
    return data


def flip(data: bytes, other: bytes, chance: random.Random) -> bytes:
    flipped = bytearray(data)
    for _ in range(chance.choice((1, 2, 10, 100)) if data else 0):
        flipped[chance.randrange(len(data))] = chance.randrange(256)
    return bytes(flipped)


def cut_short(data: bytes, other: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def leave_out(data: bytes, other: bytes, chance: random.Random) -> bytes:
    start, end = stretch(data, chance)
    return data[:start] + data[end:]


def repeat(data: bytes, other: bytes, chance: random.Random) -> bytes:
    start, end = stretch(data, chance)
    times = min(chance.choice((1, 3, 50, 5000)), 1_000_000 // max(1, end - start))
    return data[:end] + data[start:end] * times + data[end:]


def splice(data: bytes, other: bytes, chance: random.Random) -> bytes:
    start, end = stretch(data, chance)
    from_other, to_other = stretch(other, chance)
    return data[:start] + other[from_other:to_other] + data[end:]


def make_absurd(data: bytes, other: bytes, chance: random.Random) -> bytes:
    """A number made another."""
    numbers = list(re.finditer(rb"\d+", data[: 1 << 20]))
    if not numbers:
        return data
    found = chance.choice(numbers)
    return data[: found.start()] + chance.choice(ABSURD) + data[found.end() :]


def nest(data: bytes, other: bytes, chance: random.Random) -> bytes:
    """Something opened a thousand times over: a tag of the file itself, or what opens in HTML and Markdown."""
    tags = [found[0] for found in TAG.finditer(data[: 1 << 18])]
    opening = chance.choice(tags) if tags and chance.random() < 0.5 else chance.choice(NESTING)
    at = (
        chance.randrange(len(data) + 1)
        if chance.random() < 0.5
        else data.rfind(b"\n", 0, chance.randrange(len(data) + 1)) + 1
    )
    times = chance.choice((10, 300, 3000, 30_000))
    closing = b""
    if (found := TAG.match(opening)) and chance.random() < 0.7:
        closing = (b"</" + found[1] + b">") * times
    return data[:at] + opening * times + chance.choice((b"", b"words", b"\n")) + closing + data[at:]


def insert(data: bytes, other: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    strange = (
        b"\x00",
        b"\xff\xfe",
        b"\xed\xa0\x80",
        b"&#0;",
        b"&#xD800;",
        b"&#x1F600;",
        "\u202e".encode(),
        b"\r",
        b"\x0c",
    )
    return data[:at] + chance.choice(strange) * chance.choice((1, 1, 100)) + data[at:]


def move_tag(data: bytes, other: bytes, chance: random.Random) -> bytes:
    """One element's tag in the place of another's: markup that is well made but makes no sense."""
    tags = list(TAG.finditer(data[: 1 << 20]))
    if len(tags) < 2:
        return data
    one, another = chance.choice(tags), chance.choice(tags)
    return data.replace(b"<" + one[1], b"<" + another[1], 1).replace(
        b"</" + one[1] + b">", b"</" + another[1] + b">", 1
    )


def damage_tree(xml: bytes, chance: random.Random) -> bytes:
    """XML that is well made, with elements left out, repeated, moved, renamed, nested, and numbers made absurd."""
    try:
        root = etree.fromstring(xml, etree.XMLParser(resolve_entities=False, huge_tree=True))
    except etree.XMLSyntaxError:
        return damage(xml, xml, chance)
    for _ in range(chance.choice((1, 2, 5, 20))):
        elements = [element for element in root.iter("*") if element is not root]
        if not elements:
            break
        element, another = chance.choice(elements), chance.choice(elements)
        parent = element.getparent()
        match chance.choice(("leave out", "repeat", "move", "rename", "nest", "number", "number", "strip", "text")):
            case "leave out":
                parent.remove(element)
            case "repeat":
                for _ in range(min(chance.choice((1, 10, 2000)), 100_000 // (1 + len(list(element.iter()))))):
                    parent.insert(parent.index(element), deepcopy(element))
            case "move":
                if not any(above is element for above in another.iterancestors()) and another is not element:
                    another.append(element)
            case "rename":
                element.tag = another.tag
            case "nest":
                for _ in range(chance.choice((1, 5, 60))):
                    inner = deepcopy(element) if len(list(element.iter())) < 200 else etree.Element(element.tag)
                    element.append(inner)
                    element = inner
            case "number" if element.attrib:
                element.set(chance.choice(list(element.attrib)), chance.choice(ABSURD).decode())
            case "strip" if element.attrib:
                del element.attrib[chance.choice(list(element.attrib))]
            case "text":
                element.text = chance.choice(("", "\u202e", "\ufeff", "word " * 5000, "x" * 100_000, "1E400"))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


WAYS = (flip, cut_short, leave_out, repeat, splice, make_absurd, make_absurd, nest, insert, move_tag, move_tag)


def stretch(data: bytes, chance: random.Random) -> tuple[int, int]:
    """From where to where: mostly a few bytes, at times a large part; at a tag's start where there is one near."""
    start = chance.randrange(len(data) + 1)
    if chance.random() < 0.5:
        start = max(data.find(b"<", start), 0)
    end = min(len(data), start + chance.choice((1, 8, 100, 2000, len(data) // 3 + 1)))
    if chance.random() < 0.5:
        close = data.find(b">", end)
        end = close + 1 if 0 <= close - end < 2000 else end
    return start, end


if __name__ == "__main__":
    main()
