"""The cost of conformity: each stack beside a naive application on its framework and server."""
