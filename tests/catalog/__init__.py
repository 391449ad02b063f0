"""Hold the catalog to its laws."""
