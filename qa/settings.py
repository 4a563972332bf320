"""One typed settings object, read once: defaults < ``qa.toml`` < environment (``QA_…``) < flags."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from qa.errors import SettingsError

SETTINGS_FILE = Path("qa.toml")
ENV_PREFIX = "QA_"


class Settings(BaseSettings):
    """Everything that can be set; each field is a key of ``qa.toml``, a ``QA_…`` variable and a keyword."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, extra="forbid", frozen=True, validate_default=True)

    library: Path = Field(Path("indexes/default"), description="folder of the article library")
    cache: Path = Field(Path("~/.cache/citewire"), description="folder where model files are kept")

    generator: str = Field("default", description="generator preset, GGUF path, Hugging Face folder or id")
    engine: Literal["auto", "llamacpp", "transformers", "fake"] = Field("auto", description="what runs the generator")
    embedder: str = Field("minilm", description="embedder preset, sentence-transformers folder or id")
    device: Literal["auto", "cpu", "cuda", "mps"] = Field("auto", description="where torch models run")
    threads: int = Field(0, ge=0, le=512, description="CPU threads of the models; 0: one per physical core")
    context_tokens: int = Field(4096, ge=1024, le=131_072, description="context window of the generator")
    prompt_cache_mb: int = Field(
        512, ge=0, le=65_536, description="memory for prompts read earlier; 0: the last one only"
    )
    queue_limit: int = Field(32, ge=1, le=10_000, description="requests that may wait for the generator")
    request_seconds: int = Field(600, ge=1, le=86_400, description="longest a request may wait and generate, together")

    abstention: Literal["strict", "balanced", "lenient"] = Field("balanced", description="how sure an answer must be")
    k: int = Field(8, ge=1, le=50, description="passages retrieved for a question")
    passage_budget: int = Field(400, ge=64, le=100_000, description="generator tokens of passages in a first question")
    answer_tokens: int = Field(200, ge=16, le=4096, description="most tokens an answer may take")
    question_chars: int = Field(1000, ge=16, le=100_000, description="longest question accepted, in characters")

    max_file_mb: float = Field(10, gt=0, le=1000, description="largest file that ingest reads, in megabytes")
    fetching: bool = Field(True, description="fetch articles from web addresses when asked")
    fetch_seconds: float = Field(20, gt=0, le=600, description="longest that fetching a web address may take")
    feed_minutes: int = Field(60, ge=5, le=10_080, description="minutes between two looks at a watched feed")

    host: str = Field("127.0.0.1", description="address the browser app listens on")
    port: int = Field(7860, ge=1, le=65_535, description="port the browser app listens on")
    auth_file: Path | None = Field(None, description="file of accounts; where it is set, everyone logs in")
    public: bool = Field(False, description="serve other machines without any login")
    log_questions: bool = Field(False, description="let questions, articles and faults stand in the log word for word")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The sources, strongest first: keywords, environment, ``qa.toml`` in the working folder."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, SETTINGS_FILE)


def load_settings(**flags: Any) -> Settings:
    """The settings in force here; ``flags`` that are not ``None`` override file and environment.

    Raises:
        SettingsError: an unknown key in ``qa.toml``, the environment or ``flags``, or a value out of bounds.
    """
    _refuse_unknown_variables(os.environ)
    try:
        settings = Settings(**{name: value for name, value in flags.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            raise SettingsError(_unknown(name, f"in {SETTINGS_FILE}")) from None
        raise SettingsError(f"setting {name!r}: {first['msg']} (given: {first['input']!r})") from None
    except ValueError as error:  # tomllib.TOMLDecodeError is one
        raise SettingsError(f"{SETTINGS_FILE} is not valid TOML: {error}") from None
    return settings.model_copy(
        update={
            "library": settings.library.expanduser(),
            "cache": settings.cache.expanduser(),
            "auth_file": settings.auth_file and settings.auth_file.expanduser(),
        },
    )


def _refuse_unknown_variables(names: Iterable[str]) -> None:
    known = {ENV_PREFIX + name.upper() for name in Settings.model_fields}
    for variable in names:
        if variable.startswith(ENV_PREFIX) and variable not in known:
            raise SettingsError(_unknown(variable.removeprefix(ENV_PREFIX).lower(), f"(variable {variable})"))


def _unknown(name: str, where: str) -> str:
    close = difflib.get_close_matches(name, Settings.model_fields, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(Settings.model_fields)}"
    return f"unknown setting {name!r} {where}; {hint}"
