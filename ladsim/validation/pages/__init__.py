"""The score written down: Markdown pages and figures."""
