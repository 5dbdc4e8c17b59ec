

@app.get("/works")
async def works():
    """Take long enough for a profile, which needs samples."""
    import time

    until = time.monotonic() + 0.3
    while time.monotonic() < until:
        sum(range(1000))
    return {}


@app.get("/fails")
async def fails():
    raise RuntimeError("the calendar is closed")
