"""The OpenAPI document against the service: whatever is sent, nothing breaks, and every reply is as described."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from qa.library import Added
from qa.service import Refused, Service
from qa.web.server import create_app
from tests.serving import DAM, service_in

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::UserWarning")


@pytest.fixture(scope="module", autouse=True)
def _swept() -> Iterator[None]:
    """What Gradio leaves behind is collected here, where its complaints are passed over, not in some other test."""
    yield
    gc.collect()


CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
]
# Named, so that neither a router that is forgotten nor a route that is lost goes untested.
ARTICLES = ("list_articles", "add_text", "add_file", "add_url", "read_article", "describe_article", "delete_article")
QUESTIONS = ("search", "ask", "summarize", "compare")
RUNS = ("start_evaluation", "start_evaluation_of_file", "list_evaluations", "read_evaluation", "cancel_evaluation")
FORMS = ("add_file", "start_evaluation_of_file")
OPERATIONS = (*ARTICLES, *QUESTIONS, *RUNS)
NO_WRONG = "list_evaluations"  # nothing is asked of a request, so none can be wrong
CASES = [(name, mode) for name in OPERATIONS for mode in GenerationMode if (name, mode.value) != (NO_WRONG, "negative")]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("schema")
    with service_in(folder, max_file_mb=0.1, host="testserver") as service:  # the host that schemathesis asks
        service.ingest_bytes(DAM.encode(), source="dam.txt")
        service.add_url = lambda url: add_url(service, url)  # type: ignore[method-assign]
        yield service


def add_url(service: Service, url: str) -> Added | Refused:
    """What a web does that has pages at half of its addresses."""
    return service.ingest_bytes(DAM.encode() if len(url) % 2 else b"", source=url)


@pytest.fixture(scope="module")
def schema(service: Service) -> Any:
    return schemathesis.openapi.from_asgi("/api/v1/openapi.json", create_app(service))


@pytest.mark.parametrize(("name", "mode"), CASES)
def test_every_reply_is_as_described(schema: Any, service: Service, name: str, mode: GenerationMode) -> None:
    operation = schema.find_operation_by_id(name)
    known = {}
    if name in ("read_article", "describe_article") and mode is GenerationMode.POSITIVE:
        known = {"path_parameters": {"article_id": service.library.articles()[0].id}}  # nothing would guess it

    @settings(max_examples=20, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode, **known))
    def test(case: schemathesis.Case) -> None:
        # A form has no types: what is wrong as an object or a list arrives as text, and is a good file.
        checked = [one for one in CHECKS if name not in FORMS or one is not checks.negative_data_rejection]
        case.call_and_validate(checks=checked)

    test()


def test_every_operation_is_described(schema: Any) -> None:
    operations = [operation for path in schema.raw_schema["paths"].values() for operation in path.values()]
    assert sorted(operation["operationId"] for operation in operations) == sorted(OPERATIONS)
    for operation in operations:
        assert operation["summary"]
        assert operation["tags"]
        for status, reply in operation["responses"].items():
            expected = {"application/json", "text/event-stream"} if status < "3" else {"application/problem+json"}
            assert reply["content"].keys() <= expected
            assert all(content.get("schema") or content["itemSchema"] for content in reply["content"].values())
