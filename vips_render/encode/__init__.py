"""Pixels become the bytes of a file."""
