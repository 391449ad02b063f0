"""Tests of signing links and reading them back."""
