"""Floor 5, the front door."""

from app.http.asgi import build_app, create_app
from app.http.server import ServeError, serve

__all__ = ["ServeError", "build_app", "create_app", "serve"]
