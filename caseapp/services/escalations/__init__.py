"""Gaps and blocks (B5, C9): the steps on the ladder, here by name. Worker, manager, coordinator, treatment and rehabilitation
group, national coordinator: one rung at a time, up or down.

Beside the steps stand how one is raised (`raising`), joined (`joins`), named (`naming`) and outlives its case (`endings`), what
every step does (`moves`), who answers for a rung (`places`), who learns of it (`news`), the calendar (`duties`) and what may
not be written (`words`).
"""

from caseapp.services.escalations.answers import advise, ask_back, close, pass_up
from caseapp.services.escalations.holding import accept, hand_on, pause, resume
from caseapp.services.escalations.steps import advise_as_colleague, consult, reopen, send, take_back, withdraw

__all__ = [
    "accept",
    "advise",
    "advise_as_colleague",
    "ask_back",
    "close",
    "consult",
    "hand_on",
    "pass_up",
    "pause",
    "reopen",
    "resume",
    "send",
    "take_back",
    "withdraw",
]
