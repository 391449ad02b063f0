"""Compile and evaluate the template language: `{{ … }}` in any text of a document."""
