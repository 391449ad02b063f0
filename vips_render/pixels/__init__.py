"""Resolved layers become pixels."""
