"""Enqueues a task and waits until it has failed."""
from worker import send

result = send.delay("apt-1")
result.get(timeout=50, propagate=False)
print(result.state)
