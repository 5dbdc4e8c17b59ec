"""What the web server runs: uvicorn main:app."""
import logging.config

from config.sentry import configure_sentry

configure_sentry()

from fastapi import FastAPI  # noqa: E402

from api import router  # noqa: E402
from services.database import create_tables  # noqa: E402

logging.config.dictConfig(
    {
        "version": 1,
        "handlers": {"console": {"class": "logging.StreamHandler"}},
        "root": {"level": "INFO", "handlers": ["console"]},
    }
)
create_tables()
app = FastAPI(title="BookedBarber")
app.include_router(router)
