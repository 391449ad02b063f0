"""Laws of the child processes."""
