"""Scripted evaluation: cases asked through the main path, metrics with intervals, a report of where it failed."""
