"""Sign links to pictures and read them back; the standard library is enough.

A sender needs `link`, `keyring` and `path`; `esp` spells the merge tags of mailers.
"""
