"""Words that give somebody's words: told apart from words for beliefs, wishes and attitudes."""

from __future__ import annotations

import re

from qa.text.words import content_stems, stem


def _words(text: str) -> list[str]:
    return text.split()


_SAYING = frozenset(
    stem(word)
    for word in _words(
        "say tell add warn write argue explain note announce claim insist state declare suggest acknowledge "
        "admit deny report describe call stress emphasize emphasise reply respond answer ask urge tweet post "
        "recall predict promise pledge vow concede confirm reveal disclose allege assert contend maintain "
        "comment remark observe quip joke testify caution demand accuse criticize criticise praise condemn "
        "denounce dismiss reject complain quote cite conclude continue express point speak talk repeat "
        "reiterate estimate recommend propose read learn hear voice tout boast brag charge counter shout "
        "whisper apologize thank question object mention stipulate rule statement accord"
    )
)
_ALSO = re.compile(
    r"\b(?:said|told|wrote|spoke|according to|in (?:his|her|its|their) words|put it)\b|\A:\Z", re.IGNORECASE
)


def is_saying(cue: str) -> bool:
    """Whether ``cue`` gives words, as “said” and “according to” do and “believes” does not."""
    return bool(_ALSO.search(cue)) or any(one in _SAYING for one in content_stems(cue))


def is_saying_word(word: str) -> bool:
    """Whether the stem ``word`` is of a word for saying something."""
    return word in _SAYING


_PLAIN = frozenset(
    stem(word)
    for word in _words(
        "say tell add warn write argue explain note announce claim insist state declare suggest acknowledge admit "
        "report stress emphasize emphasise reply respond answer tweet post recall predict concede confirm reveal "
        "disclose allege assert contend maintain remark observe testify complain conclude continue point repeat "
        "reiterate estimate cite boast read learn hear statement accord believe think"
    )
)
_NEGATED = re.compile(
    r"\b(?:declined?|refus\w+|den(?:y|ied|ies|ying)|not|never|without|avoid\w*|fail\w*|asked)\b|n[’']t\b", re.IGNORECASE
)
_QUESTION = re.compile(
    r"\A\W*(?:(?:just|exactly|precisely) )?"
    r"(?:whether|if|why|how|what|when|who|whom|which|where|to|for|of|about|as|him|her|them|it)\b",
    re.IGNORECASE,
)


_DEMANDING = frozenset(stem(word) for word in _words("tell told ask order urge warn advise instruct require request"))
_TO_DO = re.compile(r"\A\W*(?:(?:the|an?|his|her|its|their|all|both) )?[\w’'-]+(?: [\w’'-]+)?,? (?:not )?to [a-z]")


def reads_as_said(cue: str, content: str) -> bool:
    """Whether ``content`` may be told on with “said that”: a statement, and not what was denied, asked or praised."""
    if _TO_DO.match(content) and any(one in _DEMANDING for one in content_stems(cue)):
        return False  # “told the assistant to mark it”
    plain_cue = bool(_ALSO.search(cue)) or any(one in _PLAIN for one in content_stems(cue))
    return plain_cue and not _NEGATED.search(cue) and not _QUESTION.match(content)
