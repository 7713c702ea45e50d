"""One module a URL: a layout and thin callbacks."""
