"""Floor 5, the front door."""

from app.http.asgi import document_check
from app.http.server import ServeError, serve

__all__ = ["ServeError", "document_check", "serve"]
