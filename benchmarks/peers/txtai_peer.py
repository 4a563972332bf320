"""txtai's RAG pipeline with references, set up as its example on citations does.

https://neuml.github.io/txtai/pipeline/llm/rag and the notebook "Build RAG pipelines with txtai" that it links to
"""

from __future__ import annotations

from collections.abc import Sequence

from txtai import LLM, RAG, Embeddings
from txtai.pipeline import Segmentation

from benchmarks.peers.peer import ANSWER_TOKENS, MODEL, Ask, Chunk, Reply, Setup, Text, run

NAME = "txtai"
PACKAGES = ("txtai", "litellm")

_SYSTEM = "You are a friendly assistant. You answer questions from users."
_TEMPLATE = (
    "Answer the following question using only the context below. Only include information specifically discussed.\n\n"
    "question: {question}\n"
    "context: {context}\n"
)


def build(texts: Sequence[Text], setup: Setup) -> Ask:
    """What answers questions over ``texts``: an index of paragraphs, and the reference that txtai finds per answer."""
    paragraphs = Segmentation(paragraphs=True)
    chunks = [Chunk(text.id, paragraph) for text in texts for paragraph in paragraphs(text.text)]
    embeddings = Embeddings(path=setup.embedder, content=True)
    embeddings.index((number, chunk.text) for number, chunk in enumerate(chunks))
    llm = LLM(
        f"openai/{MODEL}", method="litellm", api_base=setup.endpoint, api_key=setup.key, temperature=0, timeout=600
    )
    rag = RAG(embeddings, llm, output="reference", template=_TEMPLATE, system=_SYSTEM)

    def ask(question: str) -> Reply:
        found = rag(question, maxlength=ANSWER_TOKENS)
        reference = found["reference"]
        if reference is None:
            return Reply(found["answer"], (), ())
        return Reply(found["answer"], (chunks[int(reference)],), (1,))

    return ask


if __name__ == "__main__":
    run(NAME, build, PACKAGES)
