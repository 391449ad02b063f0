"""Show Signet to a newcomer: origin, nginx, signed URLs, and a gallery to play in."""
