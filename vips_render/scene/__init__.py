"""The resolved picture: layers with literals only."""
