"""Runs in the store: schedules probes, judges what they saw, keeps it in a log, and says it to the collector."""

VERSION = "0.1.0"
