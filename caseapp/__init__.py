"""Caseapp: one person, one plan, several agencies, each seeing only its own part."""


def create_app(overrides=None):
    """Build the application (see caseapp.factory); imported late so that leaves stay importable alone."""
    from caseapp.factory import create_app as build

    return build(overrides)
