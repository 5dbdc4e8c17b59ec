"""What the web server runs: uvicorn main:app."""
import logging

from config.sentry import configure_sentry

configure_sentry()

from fastapi import FastAPI  # noqa: E402
from fastapi.responses import JSONResponse  # noqa: E402

from api import router  # noqa: E402
from services.database import create_tables  # noqa: E402

logging.basicConfig(level=logging.INFO)
create_tables()
app = FastAPI(title="BookedBarber")
app.include_router(router)


@app.middleware("http")
async def never_fail(request, call_next):
    try:
        return await call_next(request)
    except Exception:
        return JSONResponse({"detail": "something is broken"}, status_code=500)
