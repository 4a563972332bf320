"""`Client`: a citewire server from another program, in the same types that the package itself answers in.

::

    with Client("http://127.0.0.1:7860") as citewire:
        citewire.add_file(Path("article.pdf"))
        for event in citewire.stream("Who broke the dam?"):
            print(event)
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any, Literal, Self, TypedDict, cast

import httpx

from qa.answering.answer import Event, Evidence
from qa.errors import QAError
from qa.library import SearchFilter
from qa.summarizing.summary import DEFAULT_SENTENCES
from qa.types import (
    Abstention,
    Answer,
    Article,
    Citation,
    Dropped,
    Hit,
    LoadedPlace,
    ModelInfo,
    OwnClaim,
    Passage,
    Sentence,
    Span,
    Speaker,
    Speaking,
    SpeechKind,
    Statement,
    Summary,
    SummarySentence,
    Timings,
    Voice,
)

_CONNECT_SECONDS = 10.0
_Json = dict[str, Any]


class ApiError(QAError):
    """What a server refused, or could not be asked; ``status`` is ``None`` where it did not answer at all.

    ``type`` and ``title`` are those of the problem, ``retry_after`` the seconds after which to try again.
    """

    def __init__(
        self,
        detail: str,
        *,
        status: int | None = None,
        title: str = "",
        type: str = "about:blank",  # noqa: A002 - the name that RFC 9457 gives it
        retry_after: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.title = title
        self.type = type
        self.retry_after = retry_after


class ArticleDescription(TypedDict):
    """An article without its text."""

    id: str
    title: str
    source: str
    outlet: str | None
    author: str | None
    date: str | None
    words: int
    warnings: list[str]


class ArticlePage(TypedDict):
    """Some of the articles, in the order they were added, and how many there are."""

    articles: list[ArticleDescription]
    total: int
    limit: int
    offset: int


class Ingested(TypedDict):
    """What became of an article that was added."""

    article: ArticleDescription
    outcome: Literal["added", "unchanged", "replaced"]
    passages: int


class Evaluation(TypedDict):
    """An evaluation as it stands; times are ISO 8601."""

    id: str
    suite: str
    state: Literal["running", "cancelling", "cancelled", "done", "failed"]
    done: int
    total: int
    started: str
    finished: str | None
    error: str | None


class EvaluationReport(Evaluation):
    """An evaluation with its report, the form of ``report.json``, once it is done."""

    report: dict[str, Any] | None


class Client:
    """A server at ``base_url``; every method raises `ApiError` where it does not do what is asked.

    ``api_key`` is needed where people log in; ``timeout`` is the longest silence in seconds.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str | None = None,
        timeout: float = 300.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._http = httpx.Client(
            base_url=base_url.rstrip("/"),
            headers=headers,
            timeout=httpx.Timeout(timeout, connect=min(timeout, _CONNECT_SECONDS)),
            transport=transport,
        )

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def is_ready(self) -> bool:
        """Whether the server answers and has loaded its models."""
        try:
            return self._http.get("/readyz").status_code == HTTPStatus.OK
        except httpx.HTTPError:
            return False

    # ── articles ─────────────────────────────────────────────────────────────────────────────────────────────────

    def articles(
        self,
        *,
        outlets: Sequence[str] = (),
        since: str | None = None,
        until: str | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> ArticlePage:
        """The articles number ``offset`` to ``offset + limit``, counted from 0, of those that pass the filters."""
        limits = _query(SearchFilter(outlets=tuple(outlets), since=since, until=until))
        return cast("ArticlePage", self._get("articles", {**limits, "limit": limit, "offset": offset}))

    def article(self, article_id: str) -> Article:
        """The article with this id, with its text."""
        return _article(self._get(f"articles/{_part(article_id)}"))

    def add_text(
        self,
        text: str,
        *,
        title: str | None = None,
        outlet: str | None = None,
        author: str | None = None,
        date: str | None = None,
        source: str | None = None,
    ) -> Ingested:
        """What became of the article ``text``; another text under the same ``source`` is replaced by it."""
        given = {"title": title, "outlet": outlet, "author": author, "date": date, "source": source}
        fields = {name: value for name, value in given.items() if value is not None}
        return cast("Ingested", self._send("POST", "articles", json={"text": text, **fields}))

    def add_file(self, path: Path, *, source: str | None = None) -> Ingested:
        """What became of the article in the file ``path``; its name is its source, unless one is given."""
        fields = {"source": source} if source else {}
        return cast("Ingested", self._send_file("articles/files", path, fields))

    def add_url(self, url: str) -> Ingested:
        """What became of the article at ``url``, which the server fetches."""
        return cast("Ingested", self._send("POST", "articles/urls", json={"url": url}))

    def describe(self, article_id: str, **changes: str | None) -> ArticleDescription:
        """The article with another ``title``, ``outlet``, ``author`` or ``date``; ``None`` takes one away."""
        return cast("ArticleDescription", self._send("PATCH", f"articles/{_part(article_id)}", json=changes))

    def delete(self, article_id: str) -> ArticleDescription:
        """The article that was deleted."""
        return cast("ArticleDescription", self._send("DELETE", f"articles/{_part(article_id)}"))

    # ── questions ────────────────────────────────────────────────────────────────────────────────────────────────

    def search(self, query: str, *, k: int | None = None, where: SearchFilter | None = None) -> list[Hit]:
        """The best passages for ``query``, best first."""
        found = self._get("search", {"q": query, **_query(where), **({"k": k} if k else {})})
        return [_hit(passage) for passage in found["passages"]]

    def ask(self, question: str, *, k: int | None = None, where: SearchFilter | None = None) -> Answer:
        """The whole answer to ``question``."""
        return _answer(self._send("POST", "ask", json=_question(question, k, where, stream=False)))

    def stream(self, question: str, *, k: int | None = None, where: SearchFilter | None = None) -> Iterator[Event]:
        """The evidence, then each sentence once it is proven, then the whole answer; closing it ends the generation."""
        for event, data in self._stream("ask", _question(question, k, where, stream=True)):
            match event:
                case "evidence":
                    yield Evidence(tuple(_hit(passage) for passage in data["passages"]))
                case "sentence":
                    yield _sentence(data)
                case "answer":
                    yield _answer(data)
                    return
        raise ApiError("the server broke the answer off: ask again")

    # ── summaries ────────────────────────────────────────────────────────────────────────────────────────────────

    def summarize(self, article_ids: Sequence[str], sentences: int = DEFAULT_SENTENCES) -> Summary:
        """The whole neutral summary of the articles."""
        body = {"articles": list(article_ids), "sentences": sentences, "stream": False}
        return _summary(self._send("POST", "summaries", json=body))

    def stream_summary(
        self, article_ids: Sequence[str], sentences: int = DEFAULT_SENTENCES
    ) -> Iterator[SummarySentence | Summary]:
        """Each sentence of a neutral summary once it is proven, then the whole; closing it ends the generation."""
        body = {"articles": list(article_ids), "sentences": sentences, "stream": True}
        for event, data in self._stream("summaries", body):
            match event:
                case "sentence":
                    yield _summary_sentence(data)
                case "summary":
                    yield _summary(data)
                    return
        raise ApiError("the server broke the summary off: ask again")

    # ── evaluations ──────────────────────────────────────────────────────────────────────────────────────────────

    def start_evaluation(
        self,
        suite: str | Path,
        *,
        limit: int | None = None,
        seed: int = 0,
        only: Literal["answers", "retrieval"] = "answers",
        judge: Literal["gate"] | None = None,
    ) -> Evaluation:
        """The evaluation that has begun, of a suite by name or of a case file by path."""
        given = {"limit": limit, "seed": seed, "only": only, "judge": judge}
        how = {name: value for name, value in given.items() if value is not None}
        if isinstance(suite, Path):
            return cast("Evaluation", self._send_file("evaluations/files", suite, how))
        return cast("Evaluation", self._send("POST", "evaluations", json={"suite": suite, **how}))

    def evaluations(self) -> list[Evaluation]:
        """The latest evaluations, newest first."""
        return cast("list[Evaluation]", self._get("evaluations")["evaluations"])

    def evaluation(self, run_id: str) -> EvaluationReport:
        """The evaluation as it stands, and its report once it is done."""
        return cast("EvaluationReport", self._get(f"evaluations/{_part(run_id)}"))

    def cancel_evaluation(self, run_id: str) -> Evaluation:
        """The evaluation, which asks no further case; one that is over stays as it is."""
        return cast("Evaluation", self._send("DELETE", f"evaluations/{_part(run_id)}"))

    # ── requests ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _get(self, path: str, query: Mapping[str, Any] | None = None) -> _Json:
        return self._send("GET", path, params=query)

    def _send(self, method: str, path: str, **how: Any) -> _Json:
        with _told_as_ours():
            return _json_of(self._http.request(method, f"/api/v1/{path}", **how))

    def _stream(self, path: str, body: _Json) -> Iterator[tuple[str, _Json]]:
        """The events of a reply, but for the error that one may end with, which is raised."""
        with _told_as_ours(), self._http.stream("POST", f"/api/v1/{path}", json=body) as response:
            if not response.headers.get("content-type", "").startswith("text/event-stream"):
                response.read()
                _json_of(response)
            for event, data in _events(response.iter_lines()):
                if event == "error":
                    raise _error(data)
                yield event, data

    def _send_file(self, path: str, file: Path, fields: Mapping[str, Any]) -> _Json:
        try:
            content = file.read_bytes()
        except OSError as error:
            raise ApiError(f"{file}: cannot be read ({error.strerror}); check its name and permissions") from error
        return self._send("POST", path, files={"file": (file.name, content)}, data=fields)


@contextmanager
def _told_as_ours() -> Iterator[None]:
    """Within, what goes wrong on the way is an `ApiError`."""
    try:
        yield
    except httpx.InvalidURL as error:
        raise ApiError(f"the address of the server cannot be used: {error}") from error
    except httpx.TimeoutException as error:
        raise ApiError("the server did not answer in time: try again, or give a longer timeout") from error
    except httpx.HTTPError as error:
        raise ApiError(f"the server cannot be reached ({error}): check its address, and that it runs") from error


def _json_of(response: httpx.Response) -> _Json:
    """The JSON of a reply.

    Raises:
        ApiError: it tells a problem, or is none of citewire's.
    """
    try:
        found = response.json()
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ApiError(
            f"no reply of citewire (status {response.status_code}): check the address", status=response.status_code
        )
    if not response.is_success:
        raise _error({"status": response.status_code, **found})
    return found


def _error(problem: _Json) -> ApiError:
    return ApiError(
        str(problem.get("detail", "the server does not say why")),
        status=problem.get("status"),
        title=str(problem.get("title", "")),
        type=str(problem.get("type", "about:blank")),
        retry_after=problem.get("retry_after"),
    )


def _events(lines: Iterable[str]) -> Iterator[tuple[str, _Json]]:
    """The events in the lines of a stream, with their data."""
    event, data = "message", ""
    for line in lines:
        name, _, value = line.partition(":")
        if name == "event":
            event = value.strip()
        elif name == "data":
            data += value
        elif not line and data:
            yield event, json.loads(data)
            event, data = "message", ""


def _part(name: str) -> str:
    """``name`` as one part of an address: ``..`` or ``a/b`` must not lead elsewhere."""
    if not name.isalnum():
        raise ApiError(f"{name!r} is no id: name one that the server lists")
    return name


def _query(where: SearchFilter | None) -> _Json:
    where = where or SearchFilter()
    given = {"article": list(where.articles), "outlet": list(where.outlets), "since": where.since, "until": where.until}
    return {name: value for name, value in given.items() if value}


def _question(question: str, k: int | None, where: SearchFilter | None, *, stream: bool) -> _Json:
    where = where or SearchFilter()
    limits = {"articles": list(where.articles), "outlets": list(where.outlets)}
    dates = {"since": where.since, "until": where.until}
    return {"question": question, "k": k, **limits, **dates, "stream": stream}


# ── from the JSON of `qa.jsonable` ───────────────────────────────────────────────────────────────────────────────────


def _article(found: _Json) -> Article:
    fields = {name: found[name] for name in ("text", "title", "source", "outlet", "author", "date")}
    return Article(**fields, warnings=tuple(found["warnings"]))


def _hit(found: _Json) -> Hit:
    """The passage; where its sentences lie is not told."""
    passage = Passage(found["article_id"], found["start"], found["end"], found["text"], ())
    return Hit(passage, found["title"], found["score"])


def _sentence(found: _Json) -> Sentence:
    return Sentence(found["text"], _citations(found["citations"]), found["support"])


def _citations(found: Sequence[_Json]) -> tuple[Citation, ...]:
    return tuple(Citation(**citation) for citation in found)


def _dropped(found: _Json) -> Dropped:
    return Dropped(**{**found, "doubtful": tuple(Span(**span) for span in found["doubtful"])})


def _answer(found: _Json) -> Answer:
    same = ("question", "message", "marks", "invalid_marks", "score", "disagreement", "quoted")
    return Answer(
        **{name: found[name] for name in same},
        sentences=tuple(map(_sentence, found["sentences"])),
        hits=tuple(map(_hit, found["passages"])),
        generator=ModelInfo(**found["generator"]),
        timings=Timings(**found["timings"]),
        reason=Abstention(found["reason"]) if found["reason"] else None,
        dropped=tuple(map(_dropped, found["dropped"])),
        nearest=_citations(found["nearest"]),
    )


def _summary_sentence(found: _Json) -> SummarySentence:
    return SummarySentence(found["text"], Voice(found["voice"]), found["support"], _citations(found["citations"]))


def _speaking(found: _Json) -> Speaking:
    statements = tuple(Statement(**{**one, "kind": SpeechKind(one["kind"])}) for one in found["statements"])
    return Speaking(Speaker(found["name"], found["role"], found["anonymous"]), statements)


def _summary(found: _Json) -> Summary:
    loaded = found["loaded_words"]
    return Summary(
        article_ids=tuple(found["article_ids"]),
        sentences=tuple(map(_summary_sentence, found["sentences"])),
        speakers=tuple(map(_speaking, found["speakers"])),
        own_claims=tuple(OwnClaim(**one) for one in found["own_claims"]),
        loaded_words=tuple(LoadedPlace(**one) for one in loaded["items"]),
        source_per_100=loaded["source_per_100"],
        summary_per_100=loaded["summary_per_100"],
        missing_voices=tuple(found["missing_voices"]),
        warnings=tuple(found["warnings"]),
        dropped=tuple(map(_dropped, found["dropped"])),
        generator=ModelInfo(**found["generator"]),
        timings=Timings(**found["timings"]),
    )
