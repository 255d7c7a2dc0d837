"""What happens to a season after its rules were written: moments moved, its calendar, the next season's draft."""
