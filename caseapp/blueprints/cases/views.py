"""Cases: opening, who works on them, notes, timeline, closing and reopening."""
