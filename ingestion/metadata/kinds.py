"""What kind of document is it, by the words of its title?

A kind is told, and not stated: what no pattern matches has none, and counts as "other".
"""

from __future__ import annotations

import re

from ingestion.model import Kind

MAX_TITLE_LENGTH = 400


def kind_of(title: str) -> Kind | None:
    """The kind of the first pattern that matches the title, or the stated kind of document; None: "other"."""
    words = " ".join(title[:MAX_TITLE_LENGTH].lower().split())
    return next((kind for kind, pattern in KIND_WORDS if re.search(pattern, words)), None)


TELLS_OF_OTHERS = r"^(?:draft |confirmed )?(?:minutes|agenda)\b|\b(?:minutes|agenda) (?:of|for)\b"
"""Titles of papers that tell of the approval, versions and reviews of other papers."""
_PAPER = (
    r"(?:policy|policies|framework|blueprint|principles|code|expectations|statement|procedures?|charter|curriculum)"
)
_ABOUT_PUPILS = r"(?:behaviou?r|relationships|self-regulation|discipline)"
_ABOUT_OTHERS = (
    r"\b(?:staff|adults?|employees?|governors?|parents?|parental|visitors?|volunteers?|sexual|online|anti-?social)\b.{0,60}"
    r"\b(?:behaviour|conduct|relationships?|discipline)\b.{0,60}\b(?:policy|code|procedure|protocol)\b"
    r"|\b(?:bullying|sex education|relationships? education|rse|rshe|professional relationships)\b.{0,60}\bpolicy\b"
)
_POLICY_TOPICS = (
    r"safeguarding(?: and child protection)?|child protection(?: and safeguarding)?|anti-?bullying|attendance|"
    r"suspensions?(?: and (?:permanent )?exclusions?)?|restrictive interventions?|positive handling|mobile phones?|"
    r"(?:supporting pupils with )?medical conditions|allergy safety|first aid|"
    r"send(?: policy)? (?:and )?information report|special educational needs(?: and disabilit(?:y|ies))?|admissions?|"
    r"charging and remissions?|complaints|data protection|freedom of information|biometric information|"
    r"relationships (?:and|,) sex(?: and health)? education|health and safety|fire safety|early years foundation stage|"
    r"(?:school )?uniform|school food|children with health needs who cannot attend school|code of conduct|"
    r"low-level concerns|allegations (?:of abuse )?against staff|capability|appraisal|(?:teachers['’] )?pay|"
    r"ect induction|whistleblowing|gifts and hospitality|expenses|lettings|lone working|leave of absence|"
    r"(?:sickness|special) (?:absence|leave)|flexible working|family leave|time off in lieu|menopause|dignity at work|"
    r"acceptable use|social media|(?:use of )?(?:ai|artificial intelligence)|educational visits|safer recruitment|"
    r"grievance|disciplinary|redundancy|secondment|equality"
)
"""What policies of English schools are about, for those whose title does not say that they are one."""
_LEARNING = (
    r"\b(?:cpd|training|professional development|programme guide|inset|coaching|npqs?)\b"
    r"|\binduction (?:handbook|guide|day)\b"
    r"|\b(?:ect|early career|mentors?|trainee|scitt|itt|coach)\b.{0,60}\b(?:handbook|guide|materials|offer|pack)\b"
)
KIND_WORDS: tuple[tuple[Kind | None, str], ...] = (
    (None, rf"{TELLS_OF_OTHERS}|\b(?:register|list|index) of policies\b|\bpolicy (?:register|schedule|tracker)\b"),
    (None, r"\b(?:term dates|timetable|newsletter|menu)\b(?!.{0,60}\bpolicy\b)"),
    ("policy", _ABOUT_OTHERS),
    ("behaviour", rf"\b{_ABOUT_PUPILS}\b.*\b{_PAPER}\b"),
    ("behaviour", rf"\b(?:policy|framework|code)\b.*\b{_ABOUT_PUPILS}\b"),
    (
        "behaviour",
        r"^(?:our |whole[- ]school |school |pupil )?(?:behaviour(?: for learning| and \w+)?|"
        r"rewards and (?:sanctions|consequences))$",
    ),
    ("policy", r"\b(?:policy|policies|procedures?|code of conduct|scheme of delegation|privacy notice)\b"),
    ("policy", r"\b(?:accessibility plan|equality objectives|admissions? arrangements|publication scheme)\b"),
    ("policy", rf"^(?:staff |pupil |school |trust |our )?(?:{_POLICY_TOPICS})(?: 20\d\d.{{0,8}})?$"),
    ("values", r"\b(?:values|vision|ethos|strategic aims|mission)\b"),
    ("programme", r"\bprogramme\b.{0,40}\bparticipant guide\b"),
    ("cpd", _LEARNING),
    ("framework", r"\bframework\b"),
    ("programme", r"\bprogrammes?\b"),
)
"""Kind → pattern over a title in lower case; the first that matches wins. Behaviour is the pupils': a code of conduct
for staff is a policy."""

OTHER_PAPERS = re.compile(
    r"\b(?:plan|schedule|timetable|calendar|guide|guidance|handbook|report|register|form|letter|minutes|agenda|charter|"
    r"toolkit|template|checklist|strategy|dates|newsletter|notice|slides|offer|menu|survey|questionnaire|pack)s?\b",
    re.IGNORECASE,
)
"""Papers that a cover may name besides policies and the like."""
