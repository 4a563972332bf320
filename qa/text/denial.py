"""Denial: whether a claim denies what its evidence says, or the evidence what is claimed."""

from __future__ import annotations

import re

from qa.text.words import content_stems

_DENIAL = r"no(?!\. ?\d)|not|never|none|nobody|nothing|neither|nor|cannot"
_DENIES = re.compile(rf"\b(?:{_DENIAL})\b|n['’]t\b", re.IGNORECASE)
_NEGATION = re.compile(
    rf"\b(?:{_DENIAL}|without|hardly|barely|scarcely|den(?:y|ies|ied|ying)|refus\w+|reject\w*|fail\w*|lack\w*)\b|n['’]t\b",
    re.IGNORECASE,
)
_NO_DENIAL = re.compile(
    r"\bno (?:longer|fewer|less|more|later|earlier) than\b|\bnot (?:only|just|merely|until)\b|\bnot (?=to be named)",
    re.IGNORECASE,
)
# Words that say no in another way: who was cleared was not found guilty.
_OTHERWISE = re.compile(
    r"\b(?:declin(?:e|es|ed|ing)|unable|yet to|impossible|barred|ban(?:s|ned)|forb[aio]d\w*|prohibit\w*|block\w*"
    r"|prevent\w*|stop\w*|ceas\w+|end(?:s|ed)|clear(?:s|ed)|acquit\w*|dismiss\w*|withh[eo]ld\w*|anonym\w+|left out"
    r"|turned down|lost|instead|rather than|far from|falls? short|used to|former|disagree\w*|lowest|least|most"
    r"|should have|in\w+able|non-\w+|un(?!i|der|til|to|less|cle)\w{4,})\b",
    re.IGNORECASE,
)
_NEGATED = re.compile(
    r"(?:\b(?:not|never|cannot)|n['’]t)(?: (?:yet|be|been|have|has|even|ever|really|actually)){0,2} "
    r"(?!only\b|just\b|merely\b|simply\b)(\w+)(?![^.!?]*\b(?:since|until|unless|when)\b)",
    re.IGNORECASE,
)


def negates(text: str) -> bool:
    """Whether a word of ``text`` denies something, or says that it failed."""
    return _NEGATION.search(text) is not None


def denial_objection(claim: str, text: str) -> str | None:
    """What of denying keeps ``text`` from bearing out ``claim``: it does not deny, or it denies what is claimed."""
    if _DENIES.search(_NO_DENIAL.sub("", claim)) and not (negates(text) or _OTHERWISE.search(text)):
        return "the passage does not deny it"
    if not (negates(claim) or _OTHERWISE.search(claim)):
        said, found = set(content_stems(claim)), content_stems(text)
        denied = [stem for match in _NEGATED.finditer(text) for stem in content_stems(match[1])]
        for stem in denied:
            if stem in said and found.count(stem) <= denied.count(stem):
                return "the passage denies it"
    return None
