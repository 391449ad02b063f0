"""Hold the command line to its laws."""
