"""What the migrations say of the schema, read without a database."""

import re
from pathlib import Path

MIGRATIONS = Path("db/migrations/versions")

_TABLE = re.compile(r"^CREATE TABLE (\w+) \(\n(.*?)^\);", re.MULTILINE | re.DOTALL)
#: A column's line begins with its name; those of constraints begin in capitals.
_COLUMN = re.compile(r"^    ([a-z_]+) ", re.MULTILINE)
_ENUM = re.compile(r"CREATE TYPE (\w+) AS ENUM \((.*?)\);", re.DOTALL)
_VALUE = re.compile(r"ALTER TYPE (\w+) ADD VALUE '(\w+)' (BEFORE|AFTER) '(\w+)';")
_WRITE = re.compile(r"\b(INSERT INTO|UPDATE) (\w+)")


def tables(root: Path) -> dict[str, list[str]]:
    """The columns of each table as it was created."""
    found = _TABLE.findall(_sql(root))
    return {name: _COLUMN.findall(body) for name, body in found}


def enums(root: Path) -> dict[str, list[str]]:
    """The values of each enum type, in order."""
    script = _sql(root)
    found = {name: re.findall(r"'(\w+)'", body) for name, body in _ENUM.findall(script)}
    for name, value, where, other in _VALUE.findall(script):
        found[name].insert(found[name].index(other) + (where == "AFTER"), value)
    return found


def writes(path: Path, statement: str) -> list[str]:
    """What a named SQL statement of a module writes: `insert into sends`, in its order.

    :raises LookupError: when the module has no such statement.
    """
    written = re.compile(rf'^{statement} = text\(f?"""(.*?)"""\)', re.MULTILINE | re.DOTALL)
    found = written.search(path.read_text())
    if found is None:
        msg = f"{path} has no statement {statement} any more"
        raise LookupError(msg)
    return [f"{verb.lower()} {table}" for verb, table in _WRITE.findall(found[1])]


def _sql(root: Path) -> str:
    return "\n".join(path.read_text() for path in sorted((root / MIGRATIONS).glob("*.sql")))
