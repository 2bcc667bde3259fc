"""What conformity costs: each stack beside a naive application on the same framework and server."""
