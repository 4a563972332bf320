"""Case files that people upload, about articles of the library."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from qa.errors import CaseError

if TYPE_CHECKING:
    from qa.evaluation.suites.suite import Suite
    from qa.types import Article

_LONGEST_NAME = 100


def suite_of_file(data: bytes, filename: str, articles: Iterable[Article]) -> Suite:
    """The suite of the case file ``data`` over ``articles``, named after the file.

    Raises:
        CaseError: it is not of its form; the message names the file, as it was uploaded, and the line.
    """
    from qa.evaluation.cases import case_json, names_of
    from qa.evaluation.suites import own
    from qa.wording import visible

    name = re.sub(r"[^\w.-]+", "-", PurePath(filename).stem)[:_LONGEST_NAME] or "cases"
    shown = visible(" ".join(PurePath(filename).name.split()))[:_LONGEST_NAME] or name
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"{name}.jsonl")
        path.write_bytes(data)
        try:
            suite = own.load(path, names_of(articles))
        except CaseError as error:
            raise CaseError(str(error).replace(str(path), shown)) from error
        except RecursionError as error:
            raise CaseError(f"{shown}: brackets within brackets without end; write one object a line") from error
    try:
        json.dumps([case_json(case) for case in suite.cases], ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise CaseError(f"{shown}: half of a character in it (\\ud800 to \\udfff); write it anew") from error
    return suite
