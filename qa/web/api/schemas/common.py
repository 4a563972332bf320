"""What the schemas share: lines, days, ids, and that nothing unnamed goes in or out."""

from __future__ import annotations

import datetime
import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from qa.text.normalise import normalise

ArticleId = Annotated[str, Field(pattern=r"^[0-9a-f]{12}$", description="Id of an article: 12 hexadecimal digits.")]
RunId = Annotated[str, Field(pattern=r"^[0-9a-f]{12}$", description="Id of an evaluation: 12 hexadecimal digits.")]
Passages = Annotated[int, Field(ge=1, le=50, description="Passages to retrieve; by default, as the settings say.")]


_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def _one_line(value: str) -> str:
    line = " ".join(normalise(value).split())
    if not line:
        raise ValueError("there is nothing in it")
    return line


def _iso(value: object) -> object:
    # pydantic would take numbers for seconds since 1970.
    if (isinstance(value, str) and not _DAY.fullmatch(value)) or isinstance(value, (int, float)):
        raise ValueError("a date is written like 2024-05-31")
    return value


Day = Annotated[datetime.date, BeforeValidator(_iso)]
Line = Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(_one_line)]


class Out(BaseModel):
    """A reply; a field that is not named here would be a promise that the schema does not make."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class In(BaseModel):
    """A request; a misspelt field is refused rather than ignored."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)
