"""What the web server runs: uvicorn main:app."""
import logging

from dotenv import load_dotenv

load_dotenv(".env")

from fastapi import FastAPI  # noqa: E402

from api import router  # noqa: E402
from services.database import create_tables  # noqa: E402

logging.basicConfig(level=logging.INFO)
create_tables()
app = FastAPI(title="BookedBarber")
app.include_router(router)
