"""The grammar that confines a draft: cited sentences, or the refusal."""

from __future__ import annotations

from qa.answering.prompts import REFUSAL

MAX_SENTENCES = 4
MAX_MARKS = 3


def cited_sentences(passages: int) -> str:
    """A GBNF grammar for 1-4 sentences that each end in 1-3 marks from ``[1]`` to ``[passages]``, or the refusal.

    The text is read alike by llama.cpp and xgrammar. Square brackets occur in marks only, so that a mark outside the
    passages shown cannot be written; ``<`` never, since xgrammar takes the name of a control token for text like any
    other, and would let it be decoded as that token.
    """
    if passages < 1:
        raise ValueError("a grammar of citations needs at least one passage")
    marks = " | ".join(f'"[{number}]"' for number in range(1, passages + 1))
    return "\n".join(
        (
            f'root ::= "{REFUSAL}" | sentence (" " sentence){{0,{MAX_SENTENCES - 1}}}',
            f'sentence ::= text " " mark{{1,{MAX_MARKS}}}',
            r"text ::= [^\[\]<\n\r\t ] [^\[\]<\n\r\t]* [.!?”’\"]",
            f"mark ::= {marks}",
        )
    )
