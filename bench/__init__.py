"""Benchmarks that a person runs: `python -m bench NAME`."""
