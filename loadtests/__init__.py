"""Load: two real crowds against a running Signet, and not one broken picture."""
