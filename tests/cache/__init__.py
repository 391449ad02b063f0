"""Hold the cache to its laws."""
