"""Settings of BookedBarber."""
