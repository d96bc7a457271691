"""The static atlas: pages that a class can open from a link or from disk, without a server."""
