"""Associative retrieval with fast weights, against the logs of arXiv 2102.11174; `__main__` says how to run it."""
