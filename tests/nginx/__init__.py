"""Golden tests: the real nginx with the shipped configuration, in front of a stub origin."""
