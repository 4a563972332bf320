"""citewire: answers from your own news articles, every sentence backed by the exact words of a source."""

__version__ = "0.1.0"
