"""A large, plainly invented world, written straight into the tables: for measuring only, never for use.

`build(url, cases, actions)` makes `cases` cases of `actions` actions each. Every agency leads about a hundred cases and
takes part in the plans of its neighbours, so that one agency's work stays the same size while the whole grows; one
busy clinic has a part in every tenth case.
"""

import json
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from sqlalchemy import JSON, create_engine, make_url

from caseapp import clock, migrate
from caseapp.models import (
    Action,
    Agency,
    Area,
    CarePlan,
    Case,
    CaseAgency,
    CaseAssignment,
    ConsentGrant,
    Event,
    Goal,
    Need,
    Person,
    PersonNameKey,
    PersonTrigram,
    PlanVersion,
    User,
)
from caseapp.services.passwords import hashed
from caseapp.services.people import searchable
from caseapp.vocabulary import (
    ActionStatus,
    AgencyKind,
    AreaKind,
    AssignmentRole,
    Audience,
    CaseStatus,
    ConsentKind,
    ConsentStatus,
    GoalStatus,
    NeedLevel,
    PlanStatus,
    Role,
)

PASSWORD = "measured-in-the-same-run"
WORKERS = 5
CASES_PER_AGENCY = 100
AGENCIES_PER_CASE = 8
GOALS = 5
BATCH = 20_000

ONSETS = "b br c cl d dr f fl g gr h k l m n p r s sh st t tr v w".split()
VOWELS = "a e i o u ai ea io ua á é í".split()
CODAS = " n r l s th nn ck rd m".split(" ")
STATUSES = [
    ActionStatus.ACCEPTED,
    ActionStatus.IN_PROGRESS,
    ActionStatus.REQUESTED,
    ActionStatus.COMPLETED,
    ActionStatus.BLOCKED,
    ActionStatus.IN_PROGRESS,
    ActionStatus.ACCEPTED,
    ActionStatus.COMPLETED,
]
DOMAINS = ["accommodation", "drug_use", "physical_health", "mental_health", "money"]


@dataclass
class Built:
    """What the measurements need to know of the world."""

    references: list[str]
    manager_email: str
    manager_reference: str
    partner_email: str
    line_manager_email: str
    partner_action: tuple[str, int]
    people: list[tuple[str, int]]


def build(url: str, cases: int, actions: int, seed: int = 7) -> Built:
    """Fill an empty database. The same seed gives the same world."""
    migrate.upgrade(url)
    return _Writer(url, cases, actions, seed).run()


class _Writer:
    def __init__(self, url, cases, actions, seed):
        self.random = random.Random(seed)
        self.engine = create_engine(make_url(url))
        self.cases, self.actions = cases, actions
        self.rows: dict = {}
        self.next_id = 1
        self.at = datetime(2026, 6, 1, 9, tzinfo=UTC)
        self.today = clock.today()

    def id(self):
        self.next_id += 1
        return self.next_id

    def add(self, model, **values):
        values.setdefault("id", self.id()) if "id" in model.__table__.c else None
        self.rows.setdefault(model, []).append(values)
        return values.get("id")

    def flush(self, connection, force=True):
        """Tables in an order that foreign keys allow; every row of a table has the same keys."""
        if not force and sum(len(rows) for rows in self.rows.values()) < BATCH:
            return
        for model in (
            Area, Agency, User, Person, PersonTrigram, PersonNameKey, Case, CaseAssignment, CarePlan, Need, Goal, Action, CaseAgency,
            ConsentGrant, PlanVersion, Event,
        ):  # fmt: skip
            if rows := self.rows.pop(model, None):
                self._load(connection, model.__table__, rows)

    def _load(self, connection, table, rows):
        """As `connection.execute(insert(table), rows)` would, by the driver's own way for many rows."""
        dialect = connection.dialect
        given = list(rows[0])
        columns = [table.c[name] for name in given]
        fixed = [
            c for c in table.c if c.name not in rows[0] and c.default is not None and c.default.is_scalar
        ]
        bound = [_bound(c, dialect) for c in columns]
        ends = [p(c.default.arg) if (p := _bound(c, dialect)) else c.default.arg for c in fixed]
        lines = (
            [*(p(row[name]) if p else row[name] for name, p in zip(given, bound, strict=True)), *ends]
            for row in rows
        )
        names = ", ".join(f'"{c.name}"' for c in (*columns, *fixed))
        cursor = connection.connection.cursor()
        if dialect.name == "sqlite":
            marks = ", ".join("?" for _ in (*columns, *fixed))
            cursor.executemany(f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})', lines)  # noqa: S608 - our own tables
        else:
            with cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN') as copy:
                for line in lines:
                    copy.write_row(line)
        cursor.close()

    def run(self) -> Built:
        with self.engine.connect() as connection:
            if self.engine.dialect.name == "sqlite":
                connection.exec_driver_sql("PRAGMA journal_mode=WAL")
                connection.exec_driver_sql("PRAGMA synchronous=OFF")
            built = self._write(connection)
            connection.commit()
            connection.exec_driver_sql("ANALYZE")
            connection.commit()
        self.engine.dispose()
        return built

    def _write(self, connection):
        area = self.add(Area, name="Bench area", kind=AreaKind.LOCAL, active=True)
        count = max(self.cases // CASES_PER_AGENCY, 12)
        agencies = [
            self.add(
                Agency,
                name=f"Agency {n:05}",
                kind=AgencyKind.PRESCRIBING_CLINIC if n % 8 == 1 else AgencyKind.HOMELESS_SERVICE,
                area_id=area,
                phone="020 915 0000",
                active=True,
            )
            for n in range(count)
        ]
        secret = hashed(PASSWORD)
        staff = {
            agency: [
                self.add(
                    User,
                    agency_id=agency,
                    email=f"u{n}-{k}@bench.example",
                    name=f"Worker {n}-{k}",
                    roles=Role.LINE_MANAGER if k == WORKERS else Role.WORKER,
                    password_hash=secret,
                    phone="020 915 0000",
                    created_at=self.at,
                )
                for k in range(WORKERS + 1)
            ]
            for n, agency in enumerate(agencies)
        }
        self.flush(connection)
        references, people, first_action = [], [], None
        for n in range(self.cases):
            lead = n % count
            with_them = [agencies[lead]] + [agencies[(lead + k) % count] for k in range(1, AGENCIES_PER_CASE)]
            if n % 10 == 0 and agencies[1] not in with_them:
                with_them[-1] = agencies[1]
            reference, person, made = self._case(n, with_them, staff)
            references.append(reference)
            people.append(person)
            if lead == 0 and first_action is None:
                first_action = (reference, made)
            self.flush(connection, force=False)
        self.flush(connection)
        return Built(
            references=references,
            manager_email="u0-0@bench.example",
            manager_reference=references[0],
            partner_email="u1-0@bench.example",
            line_manager_email=f"u0-{WORKERS}@bench.example",
            partner_action=first_action,
            people=people,
        )

    def _name(self):
        def word():
            r = self.random
            parts = [
                r.choice(ONSETS) + r.choice(VOWELS) + r.choice(CODAS) for _ in range(r.choice((2, 2, 3)))
            ]
            return "".join(parts).capitalize()

        return word(), word()

    def _case(self, n, agencies, staff):
        lead = agencies[0]
        manager = staff[lead][(n // len(staff)) % WORKERS]
        given, family = self._name()
        born = self.today - timedelta(days=self.random.randrange(6600, 26000))
        person = self.add(
            Person,
            given_name=given,
            family_name=family,
            born_on=born,
            registered_by_agency_id=lead,
            registered_by_id=manager,
            registered_at=self.at,
        )
        for model, columns, rows in searchable(f"{given} {family}"):
            for row in rows:
                self.add(model, **dict(zip(columns, row, strict=True)), person_id=person)
        reference = _reference(n)
        case = self.add(
            Case,
            reference=reference,
            person_id=person,
            lead_agency_id=lead,
            line_manager_id=staff[lead][WORKERS],
            protocol_key="ie-homeless-drug",
            status=CaseStatus.CASE_MANAGED,
            first_contact_on=self.today - timedelta(days=90),
            commitment_ends_on=self.today + timedelta(days=90),
            opened_at=self.at,
            opened_by_id=manager,
            last_activity_at=self.at + timedelta(minutes=n % 100_000),
        )
        self.add(
            CaseAssignment,
            case_id=case,
            user_id=manager,
            role=AssignmentRole.CASE_MANAGER,
            from_at=self.at,
            given_by_id=staff[lead][WORKERS],
        )
        self.add(
            CarePlan,
            case_id=case,
            status=PlanStatus.AGREED,
            agreed_version=1,
            agreed_at=self.at,
            contingency="Rings the hostel first, then the evening line.",
            next_review_on=self.today + timedelta(days=n % 60 - 10),
        )
        self.add(
            PlanVersion,
            case_id=case,
            number=1,
            agreed_at=self.at,
            recorded_by_id=manager,
            content={"needs": [], "goals": []},
        )
        goals = []
        for g in range(GOALS):
            self.add(
                Need,
                case_id=case,
                domain=DOMAINS[g],
                level=NeedLevel.HIGH if g < 2 else NeedLevel.MEDIUM,
                priority=g + 1,
                changed_at=self.at,
                changed_by_id=manager,
            )
            goals.append(
                self.add(
                    Goal,
                    case_id=case,
                    number=g + 1,
                    domain=DOMAINS[g],
                    words="I want a key of my own and a door that shuts behind me.",
                    measure="Tenancy signed and kept for three months.",
                    priority=g + 1,
                    target_on=self.today + timedelta(days=120),
                    status=GoalStatus.ACTIVE,
                    made_with_person=True,
                    created_at=self.at,
                    created_by_id=manager,
                )
            )
        for agency in agencies[1:]:
            self.add(CaseAgency, case_id=case, agency_id=agency, known_on=self.today - timedelta(days=80))
            self.add(
                ConsentGrant,
                case_id=case,
                agency_id=agency,
                kind=ConsentKind.INFORMATION_SHARING,
                status=ConsentStatus.ACTIVE,
                purpose="the shared plan",
                starts_on=self.today - timedelta(days=80),
                expires_on=self.today + timedelta(days=100),
                talked_on=self.today - timedelta(days=80),
                understood=True,
                copy_given=True,
                recorded_at=self.at,
                recorded_by_id=manager,
            )
        made = None
        for a in range(self.actions):
            owner = agencies[a % len(agencies)]
            status = STATUSES[a % len(STATUSES)] if owner != agencies[1] else ActionStatus.IN_PROGRESS
            action = self.add(
                Action,
                case_id=case,
                goal_id=goals[a % GOALS],
                what=f"Sit down together and go through the letters, number {a}",
                owner_agency_id=owner,
                owner_user_id=staff[owner][a % WORKERS],
                due_on=self.today + timedelta(days=(a * 7 + n) % 60 - 12),
                status=status,
                ended_on=self.today if status is ActionStatus.COMPLETED else None,
                last_note="Met on Monday, a settled week.",
                last_note_at=self.at,
                last_note_by=f"Worker {a % WORKERS}",
                asked_at=self.at,
                asked_by_id=manager,
                created_at=self.at,
                created_by_id=manager,
                changed_at=self.at,
                changed_by_id=manager,
            )
            if owner == agencies[1] and made is None:
                made = action
        for e in range(6):
            self.add(
                Event,
                case_id=case,
                at=self.at + timedelta(days=e),
                actor_id=manager,
                agency_id=lead,
                kind="note_added",
                summary="A note on how the week went",
                audience=Audience.ALL,
            )
        return reference, (f"{given} {family}", person), made


def _reference(n: int) -> str:
    six = 100_000 + (n * 7919) % 900_000
    return str(six * 100 + 98 - six * 100 % 97)


def describe(built: Built) -> str:
    """For the log of a run."""
    return json.dumps({"cases": len(built.references), "first": built.references[0]})


def _bound(column, dialect):
    """How a value of this column is given to the driver; days, moments and words come again and again."""
    kind = column.type.dialect_impl(dialect)
    processor = kind.bind_processor(dialect)
    return processor if processor is None or isinstance(kind, JSON) else lru_cache(5000)(processor)
