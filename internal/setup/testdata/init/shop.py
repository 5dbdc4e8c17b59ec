"""The application of docs/python.md with an authentication and other pages."""
from types import SimpleNamespace

from routes import app
from sentry_context import capture_booking_error, capture_integration_error
from starlette.requests import Request


class Authentication:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http" and "authorization" in Request(scope).headers:
            Request(scope).state.user = SimpleNamespace(
                id="user-7", role="barber", organization_id="org-2",
                barber_id="barber-3", email="ada" + "@" + "example.org",
            )
        await self.app(scope, receive, send)


app.add_middleware(Authentication)


@app.get("/api/v1/appointments/{appointment}")
async def show(appointment: str):
    raise RuntimeError("no such slot")


@app.get("/captured/booking")
async def booking():
    capture_booking_error(
        ValueError("slot taken"),
        {"appointment_id": "apt-1", "error_stage": "validation", "service_type": "cut"},
    )


@app.get("/captured/integration")
async def integration():
    capture_integration_error(
        ValueError("refused"),
        {"service_name": "mail", "operation": "send", "response_code": 503, "error_code": "busy"},
    )
