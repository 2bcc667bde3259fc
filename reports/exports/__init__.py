"""A study or its report as files for other tools."""
