"""Bytes from elsewhere, safely."""
