"""Appointments, in PostgreSQL; in SQLite where DATABASE_URL says nothing."""
import os
import time

from sqlalchemy import Column, Integer, String, UniqueConstraint, create_engine, event, text
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.orm import declarative_base, sessionmaker

from services.sentry_monitoring import watch_engine

engine = create_engine(os.environ.get("DATABASE_URL") or "sqlite:///bookedbarber.db")
watch_engine(engine)
Session = sessionmaker(engine)
Base = declarative_base()


class Appointment(Base):
    __tablename__ = "appointments"
    __table_args__ = (UniqueConstraint("barber_id", "slot"),)

    id = Column(Integer, primary_key=True)
    barber_id = Column(String, nullable=False)
    slot = Column(String, nullable=False)
    service_type = Column(String, nullable=False)


if engine.dialect.name == "sqlite":

    @event.listens_for(engine, "connect")
    def teach(connection, record):
        connection.create_function("pg_sleep", 1, time.sleep)


def create_tables():
    try:
        Base.metadata.create_all(engine)
    except (IntegrityError, ProgrammingError):  # another process was faster
        pass


def pause(seconds):
    """A query that takes its time."""
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_sleep(:seconds)"), {"seconds": seconds})
