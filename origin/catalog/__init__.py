"""Hand out templates: drafts as they are, versions as they were published."""
