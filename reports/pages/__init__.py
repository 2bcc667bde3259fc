"""Pages and files for people and programs."""
