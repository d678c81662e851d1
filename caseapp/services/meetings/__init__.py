"""Meetings (C8, B7): called (`calling`; of social work: `conferences`; of a group: `groups`), arranged (`arranging`), invited to
(`invitations`) and answered (`answers`, `leads`), held (`agenda`, `attendance`, `room`, `decisions`), written down and issued
(`minutes`, `minutes_apply`, `minutes_after`).

What they do alike stands in `records`, what may still be written in `hold`; `mail` and `reminders` carry the news, `barriers`
goes on to gaps and blocks. Whoever needs one of them asks for it by name: nothing is loaded from here.
"""
