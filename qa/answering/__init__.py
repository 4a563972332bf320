"""From a question to an answer of cited sentences."""
