"""LlamaIndex's CitationQueryEngine, set up as its example page does.

https://developers.llamaindex.ai/python/examples/query_engine/citation_query_engine
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from llama_index.core import Document, Settings, VectorStoreIndex
from llama_index.core.query_engine import CitationQueryEngine
from llama_index.embeddings.huggingface import HuggingFaceEmbedding
from llama_index.llms.openai_like import OpenAILike

from benchmarks.peers.peer import ANSWER_TOKENS, CONTEXT_TOKENS, MODEL, Ask, Chunk, Reply, Setup, Text, run

NAME = "llamaindex"
PACKAGES = ("llama-index-core", "llama-index-llms-openai-like", "llama-index-embeddings-huggingface")

_HEADING = re.compile(r"\ASource \d+:\n")  # what the engine writes above each of its sources


def build(texts: Sequence[Text], setup: Setup) -> Ask:
    """What answers questions over ``texts``: a vector index with the engine's default sources of 512 tokens."""
    Settings.llm = OpenAILike(
        model=MODEL,
        api_base=setup.endpoint,
        api_key=setup.key,
        is_chat_model=True,
        context_window=CONTEXT_TOKENS,
        max_tokens=ANSWER_TOKENS,
        temperature=0,
        timeout=600,
    )
    Settings.embed_model = HuggingFaceEmbedding(model_name=setup.embedder)
    index = VectorStoreIndex.from_documents([_document(text) for text in texts])
    engine = CitationQueryEngine.from_args(index, similarity_top_k=3, citation_chunk_size=512)

    def ask(question: str) -> Reply:
        response = engine.query(question)
        shown = (
            Chunk(found.node.metadata["article"], _HEADING.sub("", found.node.get_content()).removesuffix("\n"))
            for found in response.source_nodes
        )
        return Reply(str(response), tuple(shown))

    return ask


def _document(text: Text) -> Document:
    """The document that `SimpleDirectoryReader` would make: what it knows of the file is neither embedded nor shown."""
    known = {"file_name": text.name, "article": text.id}
    return Document(
        text=text.text,
        metadata=known,
        excluded_embed_metadata_keys=list(known),
        excluded_llm_metadata_keys=list(known),
    )


if __name__ == "__main__":
    run(NAME, build, PACKAGES)
