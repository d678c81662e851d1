"""What the filters of the triage list offer: areas, themes, and the agencies concerned in what is open."""

from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import and_, or_, select

from caseapp.extensions import read
from caseapp.models import Agency, Area, Escalation, GapTheme, UserArea
from caseapp.policy import escalations as policy
from caseapp.policy import scopes
from caseapp.policy.viewer import Viewer
from caseapp.queries.triage_filters import Reach, above

AGENCIES_MOST = 200


@dataclass(frozen=True, slots=True)
class Options:
    """(id, name) pairs of what can be chosen."""

    themes: list[tuple[int, str]]
    areas: list[tuple[int, str]]
    agencies: list[tuple[int, str]]


_AREAS = (
    select(Area.id, Area.name)
    .where(
        or_(
            policy.VIEWER_NATIONAL,
            and_(
                policy.VIEWER_SERVES,
                Area.id.in_(select(UserArea.area_id).where(UserArea.user_id == scopes.VIEWER_USER)),
            ),
        )
    )
    .order_by(Area.name)
)


def areas(*, viewer: Viewer) -> list[tuple[int, str]]:
    """The areas that the viewer coordinates; all of them for the national coordinator."""
    return [tuple(row) for row in read(_AREAS, policy.binds(viewer))]


_THEMES = select(GapTheme.id, GapTheme.name).where(GapTheme.active).order_by(GapTheme.name)


def themes() -> list[tuple[int, str]]:
    """The themes that can be given, by name."""
    return [tuple(row) for row in read(_THEMES, {})]


@lru_cache(8)
def _concerned(reach: Reach):
    there = select(Escalation.id).where(above(reach), Escalation.concerned_agency_id == Agency.id)
    return (
        select(Agency.id, Agency.name)
        .where(there.correlate_except(Escalation).exists())
        .order_by(Agency.name)
        .limit(AGENCIES_MOST)
    )


def options(*, viewer: Viewer) -> Options:
    """What the filter bar offers: areas, themes, and the agencies concerned in what is open."""
    concerned = read(_concerned(policy.reach(viewer)), policy.binds(viewer))
    return Options(themes(), areas(viewer=viewer), [tuple(row) for row in concerned])
