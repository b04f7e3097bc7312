"""trust.toml is read whole, or refused with the place and the mend."""

from __future__ import annotations

import pytest

from ingestion.errors import CorpusError
from ingestion.model import Acronym, Contact, SchoolRecord, Slug, Trust
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
    )


def test_the_name_alone_is_enough_and_a_byte_order_mark_does_no_harm() -> None:
    assert read_trust('\ufeff[trust]\nname = "A"'.encode()) == Trust(name="A")


SCHOOL = '[[schools]]\nslug = "a"\nname = "A"\n'
NAMED = '[trust]\nname = "A"\n'


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
