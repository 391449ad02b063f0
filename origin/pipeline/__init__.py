"""Turn a signed URL into a picture, whatever fails on the way."""
