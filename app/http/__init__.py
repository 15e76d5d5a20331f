"""Floor 5, the front door."""

from app.http.server import ServeError, serve

__all__ = ["ServeError", "serve"]
