"""Requests with their right answers, and the check of answers under load."""
