"""Articles from files and bytes: plain text, Markdown, HTML and PDF. What they say is data, never followed."""

from qa.ingest.read import SUFFIXES, find_files, read_bytes, read_path

__all__ = ["SUFFIXES", "find_files", "read_bytes", "read_path"]
