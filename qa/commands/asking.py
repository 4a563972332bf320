"""Commands that ask: ``qa ask``, ``search``, ``serve``."""

from __future__ import annotations

import json
from typing import Any

import click

from qa.commands.common import json_option, k_option, print_json, scope_options, service_of, settings_of, where_of


@click.command()
@click.argument("question")
@scope_options
@k_option
@click.option("--strict", "abstention", flag_value="strict", help="Answer only what is nearly certain.")
@click.option(
    "--balanced", "abstention", flag_value="balanced", help="Weigh wrong answers and lost ones alike (default)."
)
@click.option("--lenient", "abstention", flag_value="lenient", help="Answer whatever is borne out and may answer.")
@click.option("--stream", is_flag=True, help="Print each sentence as soon as it is proven.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "html"]),
    help="Print it to be kept: as text, Markdown or HTML with footnotes.",
)
@json_option
@click.pass_context
def ask(
    context: click.Context,
    /,
    question: str,
    k: int | None,
    abstention: str | None,
    stream: bool,
    form: str | None,
    as_json: bool,
    **scope: Any,
) -> None:
    """Answer QUESTION from the library, every sentence with the words it rests on."""
    from qa import terminal
    from qa.answering import export
    from qa.jsonable import answer_json, sentence_json
    from qa.types import Answer, Sentence

    if form is not None and (stream or as_json):
        raise click.UsageError("--format prints the whole answer once: leave --stream and --json out")
    service = service_of(context, abstention=abstention)
    where = where_of(service, **scope)
    with terminal.waiting("Loading the models …"):
        service.answerer  # noqa: B018
    with terminal.waiting("Reading …"):
        events = service.stream(question, k=k, where=where)
        if not stream:
            *_, answer = events
    if stream:
        for answer in events:
            if isinstance(answer, Sentence):
                if as_json:
                    click.echo(json.dumps({"sentence": sentence_json(answer)}, ensure_ascii=False))
                else:
                    terminal.print_sentence(answer)
    assert isinstance(answer, Answer)  # noqa: S101 - a stream ends with one
    if as_json and stream:
        click.echo(json.dumps({"answer": answer_json(answer)}, ensure_ascii=False))
    elif as_json:
        print_json(answer_json(answer))
    elif form is not None:
        write = {"text": export.as_text, "markdown": export.as_markdown, "html": export.as_html}[form]
        cited = {one.article_id for sentence in answer.sentences for one in sentence.citations}
        cited |= {one.article_id for one in answer.nearest}
        articles = {article: service.library.get(article) for article in cited}
        click.echo(write([export.Exchange(answer, question)], articles).rstrip())
    else:
        terminal.print_answer(answer, service.library, streamed=stream)


@click.command()
@click.argument("query")
@scope_options
@k_option
@json_option
@click.pass_context
def search(context: click.Context, /, query: str, k: int | None, as_json: bool, **scope: Any) -> None:
    """List the passages that fit QUERY best."""
    from qa import terminal
    from qa.jsonable import passage_json

    service = service_of(context)
    where = where_of(service, **scope)
    with terminal.waiting("Searching …"):
        hits = service.search(query, k, where)
    if as_json:
        print_json([passage_json(mark, hit) for mark, hit in enumerate(hits, start=1)])
    else:
        terminal.print_hits(hits)


@click.command()
@click.option("--host", metavar="ADDRESS", help="Address to listen on [127.0.0.1].")
@click.option("--port", type=int, help="Port to listen on [7860].")
@click.pass_context
def serve(context: click.Context, host: str | None, port: int | None) -> None:
    """Serve the browser app."""
    from qa.offline import go_offline

    go_offline()
    from qa.web.server import serve as serve_app

    serve_app(settings_of(context, host=host, port=port))
