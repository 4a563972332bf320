"""A Haystack RAG pipeline that asks for references, set up as the pages on AnswerBuilder and on references do.

https://docs.haystack.deepset.ai/docs/answerbuilder and
https://docs.cloud.deepset.ai/docs/enable-references-for-generated-answers
"""

from __future__ import annotations

from collections.abc import Sequence

from haystack import Document, Pipeline
from haystack.components.builders import AnswerBuilder, ChatPromptBuilder
from haystack.components.generators.chat import OpenAIChatGenerator
from haystack.components.preprocessors import DocumentSplitter
from haystack.components.retrievers.in_memory import InMemoryEmbeddingRetriever
from haystack.components.writers import DocumentWriter
from haystack.dataclasses import ChatMessage
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack.utils import Secret
from haystack_integrations.components.embedders.sentence_transformers import (
    SentenceTransformersDocumentEmbedder,
    SentenceTransformersTextEmbedder,
)

from benchmarks.peers.peer import ANSWER_TOKENS, MODEL, Ask, Chunk, Reply, Setup, Text, run

NAME = "haystack"
PACKAGES = ("haystack-ai", "sentence-transformers-haystack")

# The points of the prompt that the page on references recommends, one by one, in words of our own.
_PROMPT = """You are an expert who answers questions truthfully on the basis of documents.
For each document, check whether it has to do with the question. Use only documents that do, and ignore the others.
If the answer is spread over several documents, summarize them.
Whenever you use information from a document, add a reference as [NUMBER OF DOCUMENT], e.g. [3] for document [3].
A reference is just the number in square brackets, right after the passage it is for; do not name documents.
Use brackets for nothing else, and do not write the word document with the number.
Give a precise, accurate and structured answer, and do not repeat the question.
Rely only on the documents, and make up no facts.
If the documents cannot answer the question, or if you are not sure, say so.
These are the documents:
{% for document in documents %}
Document[{{ loop.index }}]:
{{ document.content }}
{% endfor %}
Question: {{ query }}
Answer:"""


def build(texts: Sequence[Text], setup: Setup) -> Ask:
    """What answers questions over ``texts``: chunks and retriever with their defaults (200 words, the best 10)."""
    store = InMemoryDocumentStore()
    indexing = Pipeline()
    indexing.add_component("splitter", DocumentSplitter())
    indexing.add_component("embedder", SentenceTransformersDocumentEmbedder(model=setup.embedder, progress_bar=False))
    indexing.add_component("writer", DocumentWriter(store))
    indexing.connect("splitter", "embedder")
    indexing.connect("embedder", "writer")
    documents = [Document(content=text.text, meta={"article": text.id, "file_name": text.name}) for text in texts]
    indexing.run({"splitter": {"documents": documents}})
    pipeline = _pipeline(store, setup)

    def ask(question: str) -> Reply:
        asked = {"query": question}
        result = pipeline.run(
            {"embedder": {"text": question}, "prompt_builder": asked, "answer_builder": asked},
        )
        answer = result["answer_builder"]["answers"][0]
        return Reply(answer.data, tuple(_chunk(document) for document in answer.documents))

    return ask


def _pipeline(store: InMemoryDocumentStore, setup: Setup) -> Pipeline:
    generator = OpenAIChatGenerator(
        api_key=Secret.from_token(setup.key),
        api_base_url=setup.endpoint,
        model=MODEL,
        generation_kwargs={"temperature": 0, "max_tokens": ANSWER_TOKENS},
        timeout=600,
    )
    template = [ChatMessage.from_user(_PROMPT)]
    pipeline = Pipeline()
    pipeline.add_component("embedder", SentenceTransformersTextEmbedder(model=setup.embedder, progress_bar=False))
    pipeline.add_component("retriever", InMemoryEmbeddingRetriever(store))
    pipeline.add_component("prompt_builder", ChatPromptBuilder(template=template, required_variables="*"))
    pipeline.add_component("llm", generator)
    # All documents are wanted, not just those that the whole answer refers to: its sentences are read one by one.
    builder = AnswerBuilder(reference_pattern=r"\[(\d+)\]", return_only_referenced_documents=False)
    pipeline.add_component("answer_builder", builder)
    pipeline.connect("embedder.embedding", "retriever.query_embedding")
    pipeline.connect("retriever", "prompt_builder.documents")
    pipeline.connect("prompt_builder", "llm.messages")
    pipeline.connect("llm.replies", "answer_builder.replies")
    pipeline.connect("retriever", "answer_builder.documents")
    return pipeline


def _chunk(document: Document) -> Chunk:
    start = document.meta["split_idx_start"]
    text = document.content or ""
    return Chunk(document.meta["article"], text, start, start + len(text))


if __name__ == "__main__":
    run(NAME, build, PACKAGES)
