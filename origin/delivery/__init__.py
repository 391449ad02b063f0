"""Answer signed addresses with pictures."""
