"""The pure half of the engine: language, document, scene."""
