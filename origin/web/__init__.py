"""Be the HTTP floor that every edge stands on."""
