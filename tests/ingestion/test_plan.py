"""Claims about which files a refresh reads, keeps and removes."""

from dataclasses import replace

import pytest

from ingestion.errors import CannotStart
from ingestion.model import Slug, SourceFile
from ingestion.plan import READER, KnownFile, RefreshPlan, is_unchanged, plan_refresh, refuse_mass_removal

FILE = SourceFile("trust/pay.md", None, size_bytes=10, modified_ns=5)
KNOWN = KnownFile(None, size_bytes=10, modified_ns=5, digest="d1", reader=READER)


def plan_of(*files: SourceFile, **known: KnownFile) -> RefreshPlan:
    return plan_refresh(
        {file.path: file for file in files}, {name.replace("_", "/", 1) + ".md": k for name, k in known.items()}
    )


def test_a_new_file_is_read() -> None:
    assert plan_of(FILE) == RefreshPlan(read=(FILE,), keep=(), remove=(), known_documents=0)


def test_a_file_that_looks_the_same_is_kept_unread() -> None:
    assert plan_of(FILE, trust_pay=KNOWN) == RefreshPlan(keep=("trust/pay.md",), known_documents=1)


@pytest.mark.parametrize(
    "known",
    [
        pytest.param(replace(KNOWN, size_bytes=11), id="another size"),
        pytest.param(replace(KNOWN, modified_ns=6), id="another date, even an older one"),
        pytest.param(replace(KNOWN, school=Slug("saltmarsh")), id="another school"),
        pytest.param(replace(KNOWN, reader="0"), id="read by an older reader"),
        pytest.param(replace(KNOWN, failed=True), id="failed last time"),
        pytest.param(replace(KNOWN, failed=True, has_version=False), id="failed from the first"),
    ],
)
def test_a_file_is_read_again_when_anything_about_it_differs(known: KnownFile) -> None:
    assert plan_of(FILE, trust_pay=known).read == (FILE,)


def test_a_file_with_a_problem_is_read_at_each_refresh_so_that_it_is_named() -> None:
    homeless = replace(FILE, problem="schools/xyz is not a school in trust.toml")
    assert plan_of(homeless, trust_pay=KNOWN).read == (homeless,)


def test_a_document_whose_file_went_is_removed() -> None:
    assert plan_of(trust_pay=KNOWN) == RefreshPlan(remove=("trust/pay.md",), known_documents=1)


def test_a_file_that_never_could_be_read_leaves_nothing_to_remove() -> None:
    never = replace(KNOWN, failed=True, has_version=False)
    assert plan_of(trust_pay=never) == RefreshPlan(known_documents=0)


def test_a_plan_is_sorted_by_path() -> None:
    files = [replace(FILE, path=path) for path in ("c.md", "a.md", "b.md")]
    plan = plan_refresh({file.path: file for file in files}, {})
    assert [file.path for file in plan.read] == ["a.md", "b.md", "c.md"]


@pytest.mark.parametrize(
    ("known", "school", "digest", "expected"),
    [
        (KNOWN, None, "d1", True),
        (KNOWN, None, "d2", False),
        (KNOWN, Slug("saltmarsh"), "d1", False),
        (replace(KNOWN, reader="0"), None, "d1", False),
        (replace(KNOWN, failed=True), None, "d1", True),
        (replace(KNOWN, has_version=False), None, "d1", False),
        (None, None, "d1", False),
    ],
)
def test_a_file_is_unchanged_when_the_same_bytes_were_read_for_the_same_school(
    known: KnownFile | None, school: Slug | None, digest: str, expected: bool
) -> None:
    assert is_unchanged(known, school=school, digest=digest) is expected


@pytest.mark.parametrize(
    ("removed", "documents", "stops"),
    [(2, 10, False), (3, 10, True), (9, 9, False), (20, 100, False), (21, 100, True), (10, 10, True), (0, 0, False)],
)
def test_removing_more_than_a_fifth_of_ten_or_more_documents_stops(removed: int, documents: int, stops: bool) -> None:
    plan = RefreshPlan(remove=tuple(f"trust/{n:03}.md" for n in range(removed)), known_documents=documents)
    if not stops:
        refuse_mass_removal(plan)
        return
    with pytest.raises(CannotStart, match=rf"remove {removed} of {documents} documents .*--allow-mass-removal"):
        refuse_mass_removal(plan)
