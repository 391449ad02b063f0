"""Benchmarks: what a picture costs, how that grows, and what other renderers take for the same."""
