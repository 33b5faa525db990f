"""Which datastore a container serves: by its image, or by what only the official images read when the image is one's own."""

from archlint.model.facts import Container
from archlint.model.stores import engine_of, role_of
from archlint.source.patterns import regex

_NAMED = regex(r"(?:^|[-_.])(?:db|database|sql|mongo(?:db)?|mysql|mariadb|postgres(?:ql)?)\Z")
_SIGNS = (
    ("mongodb", regex(r"MONGO_INITDB_\w+")),
    ("mysql", regex(r"(?:MYSQL|MARIADB)_(?:RANDOM_)?ROOT_PASSWORD(?:_FILE)?|MYSQL_ALLOW_EMPTY_PASSWORD")),
    ("postgresql", regex(r"POSTGRES_(?:PASSWORD(?:_FILE)?|INITDB_\w+|HOST_AUTH_METHOD)")),
)


def served_engine(name: str, container: Container) -> str:
    """Return the datastore or broker that *container* of the workload *name* runs, or an empty string.

    Settings alone do not tell: clients, too, are often given all those of their database.
    """
    image = container.image or ""
    engine = engine_of(image)
    if engine or not _NAMED.search(name.lower()) or role_of(name, image):
        return engine
    keys = [setting.key for setting in container.settings if setting.via != "argument"]
    return next((engine for engine, sign in _SIGNS if any(map(sign.fullmatch, keys))), "")
