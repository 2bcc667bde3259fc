"""Two studies: what differs between them, and what became faster or slower for it."""
