"""Reading a file that a person wrote: small, and UTF-8."""

from difflib import get_close_matches
from pathlib import Path

from tenuto.domain.problem import Place, Problem

#: Bytes. A sequence or a message has a few thousand.
LARGEST = 256 * 1024


def read(path: Path, named: Place, problems: list[Problem]) -> str | None:
    """The text of a file; `named` is where it was asked for. None when that was noted instead."""
    try:
        if not path.is_file():
            problems.append(_missing(path, named))
            return None
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        what = f"{path} can't be read: {said}"
        problems.append(Problem(*named, what, "correct its name or its permissions"))
        return None
    if len(data) > LARGEST:
        what = f"this file is larger than {LARGEST // 1024} KiB"
        problems.append(Problem(str(path), 1, 1, what, "write less"))
        return None
    return _decoded(path, data, problems)


def _missing(path: Path, named: Place) -> Problem:
    if path.exists():
        return Problem(*named, f"{path} is not a file", "write the name of a file")
    folder = path.parent
    names = [found.name for found in folder.iterdir()] if folder.is_dir() else []
    near = get_close_matches(path.name, names, n=1)
    instead = f'write "{near[0]}"' if near else "write that file, or correct its name"
    return Problem(*named, f"there is no file {path}", instead)


def _decoded(path: Path, data: bytes, problems: list[Problem]) -> str | None:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        instead = "save the file as UTF-8"
        problems.append(Problem(str(path), line, column, "this is not UTF-8", instead))
        return None
    # A checkout on Windows is the same content.
    return text.replace("\r\n", "\n")
