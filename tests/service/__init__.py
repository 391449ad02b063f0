"""Tests of the service around the pictures."""
