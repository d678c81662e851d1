"""What shapes of world files share."""

from caseapp.demo.reading import link, moment

#: Characters of a text that may be long.
LONG = 10_000
#: Who did something, and when. Most things fall back on the case's worker and opening.
BY = {"by": link("users"), "at": moment()}
