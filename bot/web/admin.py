"""How is the corpus, for the person in the trust office who keeps it?"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from bot.status import CorpusStatus
from bot.wording import MONTHS, spoken_date
from ingestion.model import Trust


def render_admin(trust: Trust, status: CorpusStatus) -> HTMLResponse:
    """The corpus's health, read only."""
    names = {school.slug: school.name for school in trust.schools}
    page = _templates.get_template("admin.html").render(
        trust=trust, status=status, names=names, last_refresh=spoken_moment(status.last_refresh)
    )
    return HTMLResponse(page)


def spoken_moment(moment: str | None) -> str:
    """ "2026-09-01T07:05:00Z" as "1 September 2026 at 08:05", in British time; "never" for None."""
    if moment is None:
        return "never"
    try:
        local = datetime.fromisoformat(moment).astimezone(ZoneInfo("Europe/London"))
    except ValueError:
        return moment
    return f"{local.day} {MONTHS[local.month - 1]} {local.year} at {local:%H:%M}"


_templates = Environment(
    loader=PackageLoader("bot.web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
_templates.filters["spoken_date"] = spoken_date
