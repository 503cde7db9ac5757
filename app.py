"""The ASGI application: ``streamlit run app.py`` and ``uvicorn app:app`` both serve it.

Streamlit finds it by reading this file, so the call to ``App`` has to stand here.
"""

from __future__ import annotations

from starlette.middleware import Middleware
from starlette.routing import Route
from streamlit.starlette import App

from medaudit.ui.guard import Guard
from medaudit.ui.server import SHELL, SecurityHeaders, healthz
from medaudit.ui.sign_in import ROUTES
from medaudit.ui.signing import SIGNING

app = App(
    SHELL,
    routes=[Route("/healthz", healthz), *ROUTES, *SIGNING],
    middleware=[Middleware(SecurityHeaders), Middleware(Guard)],
)
