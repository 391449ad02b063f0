"""The template document: read it, fill its variables, edit it."""
