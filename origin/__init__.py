"""The service: from a signed URL to a response, and the tools around it."""
