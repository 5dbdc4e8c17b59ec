"""What the processes of BookedBarber share."""
