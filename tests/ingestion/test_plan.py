"""Claims about which files a refresh reads, keeps and removes."""

from dataclasses import replace

import pytest

from ingestion.errors import CannotStart, CorpusError
from ingestion.model import CORPUS, FileStamp, SchoolRecord, Slug, SourceFile, Trust
from ingestion.plan import (
    READER,
    KnownFile,
    Listing,
    RefreshPlan,
    is_same_document,
    plan_refresh,
    refuse_empty_corpus,
    refuse_lost_trust,
    refuse_mass_removal,
)

STAMP = FileStamp(size_bytes=10, modified_ns=5, sidecar=FileStamp(3, 4))
FILE = SourceFile("trust/pay.md", None, STAMP)
KNOWN = KnownFile(None, STAMP, digest="d1", reader=READER)


def plan_of(*files: SourceFile, **known: KnownFile) -> RefreshPlan:
    return plan_refresh(
        [Listing(CORPUS, "a folder", files)], {name.replace("_", "/", 1) + ".md": k for name, k in known.items()}
    )


def test_a_new_file_is_read() -> None:
    assert plan_of(FILE) == RefreshPlan(read=(FILE,))


def test_a_file_that_looks_the_same_is_kept_unread() -> None:
    assert plan_of(FILE, trust_pay=KNOWN) == RefreshPlan(keep=("trust/pay.md",))


@pytest.mark.parametrize(
    "known",
    [
        pytest.param(replace(KNOWN, stamp=replace(STAMP, size_bytes=11)), id="another size"),
        pytest.param(replace(KNOWN, stamp=replace(STAMP, modified_ns=6)), id="another date, even an older one"),
        pytest.param(replace(KNOWN, stamp=replace(STAMP, sidecar=None)), id="a sidecar that was not there"),
        pytest.param(replace(KNOWN, stamp=replace(STAMP, sidecar=FileStamp(4, 4))), id="another size of the sidecar"),
        pytest.param(replace(KNOWN, stamp=replace(STAMP, sidecar=FileStamp(3, 5))), id="another date of the sidecar"),
        pytest.param(replace(KNOWN, school=Slug("saltmarsh")), id="another school"),
        pytest.param(replace(KNOWN, stamp=replace(STAMP, tag='W/"2"')), id="another tag"),
        pytest.param(replace(KNOWN, source="dfe"), id="of another source"),
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


def test_of_a_file_that_must_not_be_read_the_edition_before_is_removed() -> None:
    homeless = replace(FILE, problem="the folder Kestrel/ does not say whose it is")
    assert plan_of(homeless, trust_pay=KNOWN).remove == ("trust/pay.md",)
    assert plan_of(homeless, trust_pay=replace(KNOWN, failed=True, has_version=False)).remove == ()


def test_a_document_whose_file_went_is_removed() -> None:
    assert plan_of(trust_pay=KNOWN) == RefreshPlan(remove=("trust/pay.md",))


def test_a_file_that_never_could_be_read_leaves_nothing_to_remove() -> None:
    never = replace(KNOWN, failed=True, has_version=False)
    assert plan_of(trust_pay=never) == RefreshPlan()


def test_a_plan_is_sorted_by_path() -> None:
    files = [replace(FILE, path=path) for path in ("c.md", "a.md", "b.md")]
    plan = plan_of(*files)
    assert [file.path for file in plan.read] == ["a.md", "b.md", "c.md"]


@pytest.mark.parametrize(
    ("known", "school", "digest", "expected"),
    [
        (KNOWN, None, "d1", True),
        (KNOWN, None, "d2", False),
        (KNOWN, Slug("saltmarsh"), "d1", False),
        (replace(KNOWN, source="dfe"), None, "d1", False),
        (replace(KNOWN, reader="0"), None, "d1", True),
        (replace(KNOWN, failed=True), None, "d1", True),
        (replace(KNOWN, has_version=False), None, "d1", False),
        (None, None, "d1", False),
    ],
)
def test_a_document_is_the_same_when_its_bytes_were_read_for_the_same_school_from_the_same_source(
    known: KnownFile | None, school: Slug | None, digest: str, expected: bool
) -> None:
    assert is_same_document(known, replace(FILE, school=school), digest=digest) is expected


def test_another_corpus_folder_that_is_empty_is_likelier_not_mounted() -> None:
    with pytest.raises(CannotStart, match=r"holds no document, and the index holds 1, .*--allow-mass-removal"):
        refuse_empty_corpus([Listing(CORPUS, "elsewhere")], {"trust/pay.md": KNOWN})
    refuse_empty_corpus([Listing(CORPUS, "elsewhere", (FILE,))], {"trust/pay.md": KNOWN})
    refuse_empty_corpus([Listing(CORPUS, "elsewhere")], {})


def test_a_source_of_one_document_is_not_emptied_without_a_question() -> None:
    known = {"handbooks/all.docx": replace(KNOWN, source="handbooks")}
    plan = plan_refresh([Listing("handbooks", "a share")], known)
    with pytest.raises(CannotStart, match="remove 1 of 1 documents of the source handbooks"):
        refuse_mass_removal(plan, [Listing("handbooks", "a share")], known, replaced=frozenset())


def test_of_a_source_that_is_down_every_document_stays_and_nothing_is_read() -> None:
    known = {"trust/pay.md": KNOWN, "dfe/a.html": replace(KNOWN, source="dfe")}
    never = {"dfe/b.html": replace(KNOWN, source="dfe", failed=True, has_version=False)}
    listings = [Listing(CORPUS, "a folder", (FILE,)), Listing("dfe", "a website", problem="it does not answer")]
    assert plan_refresh(listings, known | never) == RefreshPlan(keep=("dfe/a.html", "trust/pay.md"))


def test_documents_of_an_archive_that_cannot_be_opened_stay() -> None:
    archive = replace(FILE, path="trust/all.zip")
    known = dict.fromkeys(("trust/all.zip/pay.md", "trust/all.zip/hr/leave.md", "trust/gone.md"), KNOWN)
    plan = plan_refresh([Listing(CORPUS, "a folder", (archive,))], known)
    assert (plan.read, plan.remove) == ((archive,), ("trust/gone.md",))
    assert plan.keep == ("trust/all.zip/hr/leave.md", "trust/all.zip/pay.md")


def test_documents_of_an_archive_that_must_not_be_read_are_removed() -> None:
    archive = replace(FILE, path="elsewhere/all.zip", problem="the folder elsewhere/ does not say whose it is")
    known = {"elsewhere/all.zip/pay.md": KNOWN}
    assert plan_refresh([Listing(CORPUS, "a folder", (archive,))], known).remove == ("elsewhere/all.zip/pay.md",)


def test_documents_of_a_source_that_is_no_longer_stated_are_removed() -> None:
    known = {"trust/pay.md": KNOWN, "dfe/a.html": replace(KNOWN, source="dfe")}
    assert plan_refresh([Listing(CORPUS, "a folder", (FILE,))], known).remove == ("dfe/a.html",)


def test_a_new_file_that_looks_like_one_that_went_was_moved() -> None:
    plan = plan_of(replace(FILE, path="trust/hr/pay.md"), trust_pay=KNOWN)
    assert plan.moved == {"trust/hr/pay.md": "trust/pay.md"}
    assert (len(plan.read), plan.remove) == (1, ("trust/pay.md",))


def test_of_several_files_that_look_alike_the_one_with_the_same_name_was_moved() -> None:
    files = [replace(FILE, path="trust/hr/leave.md"), replace(FILE, path="trust/hr/pay.md")]
    assert plan_of(*files, trust_pay=KNOWN, trust_leave=KNOWN).moved == {
        "trust/hr/leave.md": "trust/leave.md",
        "trust/hr/pay.md": "trust/pay.md",
    }
    assert plan_of(*files, trust_pay=KNOWN).moved == {"trust/hr/leave.md": "trust/pay.md"}, "its digest will tell"


def refuse(plan: RefreshPlan, documents: int, **replaced: frozenset[str]) -> None:
    known = {f"trust/{n:03}.md": KNOWN for n in range(documents)}
    refuse_mass_removal(plan, [Listing(CORPUS, "a folder")], known, **{"replaced": frozenset(), **replaced})


@pytest.mark.parametrize(
    ("removed", "documents", "stops"),
    [
        (1, 1, False),
        (1, 3, False),
        (2, 3, True),
        (2, 10, False),
        (3, 10, True),
        (20, 100, False),
        (21, 100, True),
        (0, 0, False),
    ],
)
def test_removing_more_than_a_fifth_of_a_source_stops(removed: int, documents: int, stops: bool) -> None:
    plan = RefreshPlan(remove=tuple(f"trust/{n:03}.md" for n in range(removed)))
    if not stops:
        refuse(plan, documents)
        return
    with pytest.raises(CannotStart, match=rf"remove {removed} of {documents} documents \(.*--allow-mass-removal"):
        refuse(plan, documents)


def test_what_was_moved_did_not_go() -> None:
    gone = tuple(f"trust/{n:03}.md" for n in range(5))
    refuse(RefreshPlan(remove=gone, moved={f"new/{path}": path for path in gone}), 5)


def test_a_place_that_is_another_now_may_lose_all_it_had() -> None:
    gone = tuple(f"trust/{n:03}.md" for n in range(5))
    refuse(RefreshPlan(remove=gone), 5, replaced=frozenset({CORPUS}))


def test_a_mass_removal_for_want_of_a_home_says_so() -> None:
    homeless = SourceFile("trust/000.md", None, STAMP, problem="the folder Kestrel/ does not say whose it is: move it")
    plan = RefreshPlan(read=(homeless,), remove=("trust/000.md", "trust/001.md", "trust/002.md"))
    with pytest.raises(CannotStart, match=r"\(the first: trust/000.md: the folder Kestrel/ does not say whose it is"):
        refuse(plan, 10)


SAMPHIRE = Trust(name="Samphire", schools=(SchoolRecord(Slug("saltmarsh"), "Saltmarsh"),))
SCHOOLS_OWN = {"schools/saltmarsh/phones.md": replace(KNOWN, school=Slug("saltmarsh"))}


@pytest.mark.parametrize(
    ("known_trust", "known"),
    [
        pytest.param(SAMPHIRE, SCHOOLS_OWN, id="a trust with schools and their documents"),
        pytest.param(SAMPHIRE, {}, id="a trust with schools that have no document yet"),
        pytest.param(Trust(), SCHOOLS_OWN, id="documents of a school"),
    ],
)
def test_a_trust_file_that_went_from_a_corpus_with_schools_stops_the_refresh(
    known_trust: Trust, known: dict[str, KnownFile]
) -> None:
    with pytest.raises(CorpusError, match=r"^trust.toml is missing .*Put trust.toml back\.$"):
        refuse_lost_trust(Trust(), known_trust=known_trust, known=known)


@pytest.mark.parametrize(
    ("trust", "known_trust", "known"),
    [
        pytest.param(Trust(), Trust(), {}, id="the first refresh of a plain folder"),
        pytest.param(Trust(), Trust(), {"a.md": KNOWN}, id="a plain folder again"),
        pytest.param(Trust(), Trust(name="Samphire"), {"trust/a.md": KNOWN}, id="a trust without schools"),
        pytest.param(SAMPHIRE, SAMPHIRE, SCHOOLS_OWN, id="trust.toml is there"),
        pytest.param(Trust(name="Samphire"), SAMPHIRE, SCHOOLS_OWN, id="trust.toml is there and states no schools"),
    ],
)
def test_a_corpus_that_never_had_schools_or_states_its_trust_is_refreshed(
    trust: Trust, known_trust: Trust, known: dict[str, KnownFile]
) -> None:
    refuse_lost_trust(trust, known_trust=known_trust, known=known)
