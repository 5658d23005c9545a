"""A switch that learns sounds: no recogniser, no language, integers only. What a chip does, it must do to the bit.

In reading order: `arithmetic`, `spectrum` (samples to frames), `end_pointer` (frames to sounds), `windows` (where in a
sound the word may be), `streams` (frames to vectors), `noise` (the same word in a noisier room), `codebook` (vectors to
tokens), `counts` (tokens to actions), `rejection` (none of them), `switch` (all of it), `voices` (several columns an
action), `early` (before the end), `sounds` (frames as words).
"""
