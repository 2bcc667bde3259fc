"""Environments in which a stack has other versions than podium's own."""
