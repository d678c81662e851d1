"""The pages of transfers, one module for each part of the way."""

from caseapp.blueprints.transfers.views import (  # noqa: F401 - they register themselves
    asking,
    beginning,
    consent,
    ending,
    handover,
    index,
    show,
    taking_over,
)
