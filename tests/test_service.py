"""The service: what a program sees that uses the library and the models through one object."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from qa.errors import NotFoundError
from qa.library import Added, Outcome
from qa.models import loaded
from qa.models.embedder import load_embedder
from qa.service import Refused, Service
from qa.settings import Settings, load_settings
from qa.types import Answer


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(engine="fake", embedder="fake", library=tmp_path / "library", max_file_mb=1)


@pytest.fixture
def service(settings: Settings) -> Iterator[Service]:
    with Service(settings, create=True) as service:
        yield service


def test_a_library_is_not_made_by_reading(settings: Settings) -> None:
    with pytest.raises(NotFoundError, match="qa ingest"):
        Service(settings)
    assert not settings.library.exists()


def test_one_bad_file_does_not_keep_the_others_out(service: Service, seeds: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.txt"
    bad.write_bytes(b"\0\1\2" * 100)
    events = list(service.ingest([bad, seeds, tmp_path / "missing.txt"]))
    assert sum(isinstance(event, Added) for event in events) == 12
    reasons = [event.reason for event in events if isinstance(event, Refused)]
    assert len(reasons) == 2
    assert "bad.txt" in reasons[0]
    assert "missing.txt" in reasons[1]


def test_bytes_are_bounded(service: Service) -> None:
    assert isinstance(service.ingest_bytes(b"The dam broke on Monday.", source="pasted"), Added)
    event = service.ingest_bytes(b"x" * 1_000_001, source="pasted")
    assert isinstance(event, Refused)
    assert "max_file_mb" in event.reason


def test_the_same_text_twice_is_unchanged(service: Service, seeds: Path) -> None:
    list(service.ingest([seeds]))
    assert {event.outcome for event in service.ingest([seeds]) if isinstance(event, Added)} == {Outcome.UNCHANGED}


def test_the_seed_article_keeps_its_faults_and_says_so(service: Service, seeds: Path) -> None:
    list(service.ingest([seeds / "turkey-s400-f35.txt"]))
    (article,) = service.library.articles()
    assert "said U.S. Ambassador to Turkey Tomバーク in a recent statement" in article.text
    assert any("Tomバーク" in warning for warning in article.warnings)


def test_models_are_loaded_once_for_many_threads(
    settings: Settings, seeds: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads = []

    def load(*given):
        loads.append(threading.current_thread())
        return load_embedder(*given)

    monkeypatch.setattr(loaded, "load_embedder", load)
    with Service(settings, create=True) as service:
        answers: list[Answer] = []
        list(service.ingest([seeds / "dam-ledger.txt"]))
        threads = [threading.Thread(target=lambda: answers.append(service.ask("When did it fail?"))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(loads) == 1
    assert len(answers) == 8


def test_an_empty_library_abstains(service: Service) -> None:
    answer = service.ask("Who broke the dam?")
    assert answer.reason == "nothing_retrieved"
