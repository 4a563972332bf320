"""Neutral summaries: what is reported, what is asserted, and what is only said loudly, each with its proof."""
