"""Laws of the guarded fetcher."""
