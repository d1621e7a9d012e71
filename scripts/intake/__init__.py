"""What the intake of raw logs needs besides SQL."""
