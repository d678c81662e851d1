"""What people of the file asked to be told of what is kept about them, and what has been kept long enough by now."""

from types import SimpleNamespace

from caseapp import clock
from caseapp.demo.stage import Stage
from caseapp.policy.do import Do
from caseapp.services import retention, subject_requests


def plan(stage: Stage, world) -> None:
    """Let each ask at its time; at the end what has been kept long enough is put before the line managers, as the timer
    does each day."""
    for item in world.asked:
        stage.plan(item.at, "door", item, lambda item=item: _asked(stage, item))
    stage.plan(stage.now, "account", SimpleNamespace(path="cases"), lambda: retention.list_due(at=stage.now))


def _asked(stage, item):
    subject_requests.receive(
        stage.case_for(item.case, item.by, Do.RECORD_SUBJECT_REQUEST),
        actor=stage.viewer(item.by),
        at=item.at,
        received_on=item.received_on or clock.local_day(item.at),
        **{
            name: getattr(item, name)
            for name in ("how", "words", "through", "answer_how", "identity_how", "identity_on")
        },
    )
