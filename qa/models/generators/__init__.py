"""Language models behind one small seam; ``load_generator`` picks the engine."""

from qa.models.generators.base import Chunk, Generator, Usage
from qa.models.generators.fake import FakeGenerator
from qa.models.generators.load import load_generator
from qa.models.generators.queued import QueuedGenerator

__all__ = ["Chunk", "FakeGenerator", "Generator", "QueuedGenerator", "Usage", "load_generator"]
