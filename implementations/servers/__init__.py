"""The server programs: settings, and code that runs inside their processes."""
