"""Documents on paper: what stands in them, put together from queries through the reader's own sight."""
