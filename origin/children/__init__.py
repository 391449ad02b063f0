"""Processes that draw and decode, and the handles that hold them."""
