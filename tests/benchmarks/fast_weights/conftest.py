"""One thread: small matrices are slower on several, and much slower on a busy machine."""

import torch

torch.set_num_threads(1)
