"""How records stand in addresses: a case by the reference that people say, everything else by its id in base 32.
A wrong shape is a 404 before any query."""

from werkzeug.routing import BaseConverter, ValidationError

from caseapp import ids, references


class ReferenceConverter(BaseConverter):
    """Eight digits of which the last two check the rest."""

    regex = r"[0-9]{8}"

    def to_python(self, value):
        if not references.is_valid(value):
            raise ValidationError
        return value


class IdConverter(BaseConverter):
    regex = r"[0-9a-hjkmnp-tv-z]{1,13}"

    def to_python(self, value):
        try:
            return ids.read(value)
        except ValueError as wrong:
            raise ValidationError from wrong

    def to_url(self, value):
        return ids.written(int(value))


def install(app) -> None:
    app.url_map.converters["ref"] = ReferenceConverter
    app.url_map.converters["id"] = IdConverter
