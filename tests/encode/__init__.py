"""Laws of the encoders."""
