"""Suites: public question sets and the project's own, each read from the files that its makers publish."""
