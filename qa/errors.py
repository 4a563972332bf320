"""Every error that citewire raises on purpose, as one tree.

::

    QAError                     exit status 1: a fault
    ├── InputError              exit status 2: what the caller gave cannot be used
    │   ├── SettingsError       an unknown key, a value out of bounds
    │   ├── IngestError         a file that holds no usable article
    │   │   └── FetchError      a web address that may not or cannot be fetched
    │   ├── QuestionError       an empty or oversized question
    │   ├── CaseError           a file of evaluation cases, answers or data that is not of its form
    │   └── NotFoundError       an article, model or library that is not there
    ├── ModelError              weights that cannot be had, trusted or loaded
    │   ├── DownloadError       neither hub nor mirror delivered
    │   └── HashMismatchError   bytes that are not the published ones
    ├── LibraryError            the store on disk cannot be used as it is
    │   ├── CorruptLibraryError the database file is damaged
    │   └── EmbedderMismatchError  vectors of another model
    ├── RegressionError         a measure got worse than a comparison tolerates
    └── GenerationError         the language model failed or was interrupted
        ├── QueueFullError      more requests are waiting than the bound allows
        ├── TimeLimitError      a request took longer than the setting allows
        └── WithdrawnError      whoever asked has left

A message is one line: what is wrong, with the name of the thing, then the remedy.
"""

from __future__ import annotations


class QAError(Exception):
    """A fault with a one-line message; ``exit_status`` is what a command returns for it."""

    exit_status = 1


class InputError(QAError):
    """Something the caller gave cannot be used."""

    exit_status = 2


class SettingsError(InputError):
    """An unknown settings key or a value out of bounds."""


class IngestError(InputError):
    """A file or text that holds no usable article."""


class FetchError(IngestError):
    """A web address that may not be fetched, or cannot be, or leads to nothing usable."""


class QuestionError(InputError):
    """A question that cannot be asked: empty, or longer than the setting allows."""


class CaseError(InputError):
    """A file of evaluation cases, answers or data that is not of its form."""


class NotFoundError(InputError):
    """A named article, model or library that does not exist."""


class ModelError(QAError):
    """Model weights that cannot be had, trusted or loaded."""


class DownloadError(ModelError):
    """No source delivered the files of a model."""


class HashMismatchError(ModelError):
    """Model bytes whose SHA-256 is not the published one."""


class LibraryError(QAError):
    """A library that cannot be used in its present state."""


class CorruptLibraryError(LibraryError):
    """A library whose database file is damaged."""


class EmbedderMismatchError(LibraryError):
    """A library whose vectors were made by another embedding model."""


class RegressionError(QAError):
    """A measure that got worse, from one evaluation to the next, than a comparison tolerates."""


class GenerationError(QAError):
    """The language model failed while generating."""


class QueueFullError(GenerationError):
    """More requests wait for the language model than the bound allows."""


class TimeLimitError(GenerationError):
    """A request waited and generated longer than the setting ``request_seconds`` allows."""


class WithdrawnError(GenerationError):
    """A generation that was given up because whoever asked for it has left."""
