"""Laws of the load tests themselves: what they sign, and what they call a picture."""
