"""trust.toml is read whole, or refused with the place and the mend."""

from __future__ import annotations

import pytest

from ingestion.errors import CorpusError
from ingestion.model import Acronym, Contact, SchoolRecord, Slug, SourceRecord, Trust
from ingestion.trust import read_trust


def test_everything_that_trust_toml_may_state_is_read() -> None:
    stated = """
        [trust]
        name = "Samphire Coast"
        precedence = "school"

        [[safeguarding]]
        role = "Trust safeguarding lead"
        phone = "01632 960101"

        [[schools]]
        slug = "saltmarsh"
        name = "Saltmarsh Primary School"
        aliases = ["Saltmarsh", "the primary"]
        phase = "primary"
        slack_usergroup = "S01"
        slack_channels = ["C01", "C02"]

        [[schools.safeguarding]]
        role = "Designated safeguarding lead"
        phone = "01632 960201"

        [[schools]]
        slug = "kestrel"
        name = "Kestrel Heath Academy"

        [acronyms]
        PPA = "planning, preparation and assessment"
        ECT = { is = "early career teacher", formerly = ["NQT"] }

        [[sources]]
        name = "dfe"
        website = ["https://www.gov.uk/government/publications/ecf", "https://www.gov.uk/guidance/"]
        hosts = ["www.gov.uk", "assets.publishing.service.gov.uk"]
        paths = ["/government/publications/*"]
        max_pages = 50
        seconds_between = 2

        [[sources]]
        name = "union-2"
        sitemap = "https://union.example:8443/sitemap.xml"
        school = "kestrel"

        [[sources]]
        name = "handbooks"
        address = "zip::sftp://reader@files.example/handbooks.zip"
    """
    assert read_trust(stated.encode()) == Trust(
        name="Samphire Coast",
        precedence="school",
        safeguarding=(Contact("Trust safeguarding lead", "01632 960101"),),
        schools=(
            SchoolRecord(
                Slug("saltmarsh"),
                "Saltmarsh Primary School",
                aliases=("Saltmarsh", "the primary"),
                phase="primary",
                slack_usergroup="S01",
                slack_channels=("C01", "C02"),
                safeguarding=(Contact("Designated safeguarding lead", "01632 960201"),),
            ),
            SchoolRecord(Slug("kestrel"), "Kestrel Heath Academy"),
        ),
        acronyms=(
            Acronym("PPA", "planning, preparation and assessment"),
            Acronym("ECT", "early career teacher", ("NQT",)),
        ),
        sources=(
            SourceRecord(
                "dfe",
                website=("https://www.gov.uk/government/publications/ecf", "https://www.gov.uk/guidance/"),
                hosts=("www.gov.uk", "assets.publishing.service.gov.uk"),
                paths=("/government/publications/*",),
                max_pages=50,
                seconds_between=2.0,
            ),
            SourceRecord("union-2", school=Slug("kestrel"), sitemap="https://union.example:8443/sitemap.xml"),
            SourceRecord("handbooks", address="zip::sftp://reader@files.example/handbooks.zip"),
        ),
    )


def test_the_name_alone_is_enough_and_a_byte_order_mark_does_no_harm() -> None:
    assert read_trust('\ufeff[trust]\nname = "A"'.encode()) == Trust(name="A")


SCHOOL = '[[schools]]\nslug = "a"\nname = "A"\n'
NAMED = '[trust]\nname = "A"\n'


SOURCE = NAMED + '[[sources]]\nname = "files"\n'
SITE = SOURCE + 'website = ["https://a.example/"]\n'
TAKE_IT_OUT = (
    "holds a password; take it out, and set STAFFROOM_SOURCE_FILES_USERNAME and STAFFROOM_SOURCE_FILES_PASSWORD instead"
)


@pytest.mark.parametrize(
    ("stated", "sentence"),
    [
        (SITE + 'host = ["a"]', "sources[1].host: unknown key; did you mean hosts?"),
        (SOURCE, "sources[1]: no place is stated; state one of website, sitemap and address"),
        (
            SITE + 'address = "sftp://b.example/x"',
            "sources[1]: website and address are both stated; state one of website, sitemap and address",
        ),
        (SOURCE + "website = []", "sources[1].website: holds no address; write the one to start from"),
        (
            SOURCE + 'website = "https://a.example/"',
            "sources[1].website: should be a list in [ ], is 'https://a.example/'",
        ),
        (
            SOURCE + 'website = ["www.gov.uk/guidance"]',
            "sources[1].website: 'www.gov.uk/guidance' is not a web address; write it whole, as in https://www.gov.uk/",
        ),
        (
            SOURCE + 'sitemap = "ftp://a.example/sitemap.xml"',
            "sources[1].sitemap: 'ftp://a.example/sitemap.xml' is not a web address; write it whole, as in "
            "https://www.gov.uk/",
        ),
        (
            SITE + 'hosts = ["https://a.example/"]',
            "sources[1].hosts: 'https://a.example/' is not a host; write it as www.gov.uk, without https:// and path",
        ),
        (
            SITE + 'paths = ["guidance/*"]',
            "sources[1].paths: 'guidance/*' should begin with a slash, as in /guidance/*",
        ),
        (SITE + "max_pages = 0", "sources[1].max_pages: should be greater than or equal to 1, is 0"),
        (SITE + "seconds_between = -1", "sources[1].seconds_between: should be greater than or equal to 0, is -1"),
        (
            SITE + SITE.removeprefix(NAMED),
            "sources[2].name: 'files' is also sources[1]'s; give each source its own",
        ),
        (
            SITE.replace("files", "schools"),
            "sources[1].name: 'schools' is a folder's name in every corpus; give the source another",
        ),
        (
            SITE.replace("files", "Our Files"),
            "sources[1].name: 'Our Files' is not a source's name: use lower-case letters, digits and -",
        ),
        (
            SITE + 'school = "kestrel"\n' + SCHOOL,
            "sources[1].school: 'kestrel' is not a school in trust.toml; known are a",
        ),
        (
            SOURCE + 'address = "https://a.example/x"',
            "sources[1].address: https:// is a website's; state it as website = ['https://a.example/x']",
        ),
        (
            SOURCE + 'address = "/mnt/share"',
            "sources[1].address: '/mnt/share' is not an address; write it with its kind, as in "
            "sftp://files.example/handbooks",
        ),
        (
            SOURCE + 'address = "sftp://b.example/x"\nmax_pages = 5',
            "sources[1].max_pages: only a website has max_pages; leave it out beside address",
        ),
        (SOURCE + 'address = "sftp://ada:hunter2@b.example/x"', f"sources[1].address: {TAKE_IT_OUT}"),
        (SOURCE + 'address = "zip::sftp://ada:hunter2@b.example/x.zip"', f"sources[1].address: {TAKE_IT_OUT}"),
        (SOURCE + 'address = "sftp://ada:hun/ter2@b.example/x"', f"sources[1].address: {TAKE_IT_OUT}"),
        (SOURCE + 'website = ["https://hunter2@a.example/"]', f"sources[1].website: {TAKE_IT_OUT}"),
        (
            SOURCE + 'website = "https://ada:hunter2@a.example/"',
            "sources[1].website: should be a list in [ ], is 'https://…@a.example/'",
        ),
    ],
)
def test_what_is_wrong_with_a_source_is_named_and_no_password_told(stated: str, sentence: str) -> None:
    with pytest.raises(CorpusError) as error:
        read_trust(stated.encode())
    assert str(error.value) == f"trust.toml: {sentence}"
    assert "hunter2" not in sentence


@pytest.mark.parametrize(
    ("stated", "sentence"),
    [
        ("[trust", "trust.toml is not valid TOML: Expected ']' at the end of a table declaration (at end of document)"),
        (NAMED + "x = = 1", "trust.toml is not valid TOML: Invalid value (at line 3, column 5)"),
        ("", "trust.toml: trust: missing; add it"),
        (NAMED + "colour = 1", "trust.toml: trust.colour: unknown key; known are name, precedence"),
        (NAMED + "[[school]]", "trust.toml: school: unknown key; did you mean schools?"),
        (
            NAMED + '[[schools]]\nslug = "a"\nname = "A"\n[[schools]]\nslug = "b"\nname = "B"\nnmae = "B"',
            "trust.toml: schools[2].nmae: unknown key; did you mean name?",
        ),
        (
            NAMED + SCHOOL + '[[schools.safeguarding]]\nrole = "Lead"\nfone = "1"\nphone = "1"',
            "trust.toml: schools[1].safeguarding[1].fone: unknown key; did you mean phone?",
        ),
        (
            NAMED + '[acronyms]\nECT = { is = "x", formally = [] }',
            "trust.toml: acronyms.ECT.formally: unknown key; did you mean formerly?",
        ),
        (NAMED + "[acronyms]\nECT = 3", "trust.toml: acronyms.ECT: should be a table, is 3"),
        ("[trust]\nname = 3", "trust.toml: trust.name: should be text in quotes, is 3"),
        (NAMED + 'precedence = "both"', "trust.toml: trust.precedence: should be 'trust' or 'school', is 'both'"),
        (
            NAMED + '[[schools]]\nslug = "a"\nname = "A"\naliases = "x"',
            "trust.toml: schools[1].aliases: should be a list in [ ], is 'x'",
        ),
        (
            NAMED + '[[schools]]\nslug = "Salt Marsh"\nname = "A"',
            "trust.toml: schools[1].slug: 'Salt Marsh' is not a slug: use lower-case letters, digits, - and _",
        ),
        (
            NAMED + '[[schools]]\nslug = "a"\nname = "A"\n[[schools]]\nslug = "a"\nname = "B"',
            "trust.toml: schools[2].slug: 'a' is also schools[1]'s; give each school its own",
        ),
        (
            NAMED + '[[schools]]\nslug = "a"\nname = "Rowan"\n[[schools]]\nslug = "b"\nname = "B"\naliases = ["rowan"]',
            "trust.toml: schools[2].alias: 'rowan' is also schools[1]'s; give each school its own",
        ),
        (
            NAMED + '[[schools]]\nslug = "quay"\nname = "Quay School"\naliases = ["Harbour"]\n'
            '[[schools]]\nslug = "harbour"\nname = "Harbour View"',
            "trust.toml: schools[2].slug: 'harbour' is also schools[1]'s; give each school its own",
        ),
        (
            NAMED + '[[schools]]\nslug = "rowan"\nname = "R"\n[[schools]]\nslug = "b"\nname = "ROWAN"',
            "trust.toml: schools[2].name: 'ROWAN' is also schools[1]'s; give each school its own",
        ),
        (
            NAMED + '[[schools]]\nslug = "a"\nname = "Salt Marsh"\n'
            '[[schools]]\nslug = "b"\nname = "B"\naliases = ["salt  marsh"]',
            "trust.toml: schools[2].alias: 'salt  marsh' is also schools[1]'s; give each school its own",
        ),
    ],
)
def test_what_is_wrong_in_trust_toml_is_named_with_its_place(stated: str, sentence: str) -> None:
    with pytest.raises(CorpusError) as error:
        read_trust(stated.encode())
    assert str(error.value) == sentence


def test_another_encoding_is_named() -> None:
    with pytest.raises(CorpusError, match=r"trust.toml is not UTF-8 \(line 2\)"):
        read_trust('[trust]\nname = "Caf\xe9"'.encode("latin-1"))


def test_one_school_may_say_its_own_name_more_than_once() -> None:
    stated = NAMED + '[[schools]]\nslug = "quay"\nname = "Quay"\naliases = ["quay", "QUAY"]'
    assert [school.slug for school in read_trust(stated.encode()).schools] == ["quay"]
