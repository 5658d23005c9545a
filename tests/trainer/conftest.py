"""One thread: small matrices are slower on several, and much slower on a busy machine. And stores to test."""

import torch

from tests.trainer.stores import file, filed, server, store, url

__all__ = ["file", "filed", "server", "store", "url"]

torch.set_num_threads(1)
