"""A simulated month of one household, lived through the real assistant, faster than real time.

    wordings.py   texts to ways of asking       people.py   who asks for what, when and how
    things.py     devices and their messages    house.py    how they behave on a bus
    clock.py      the frame clock               ears.py     words instead of sound
    living.py     the assistant: built, killed and built again
    life.py       what people do next           month.py    what happens, in order of time
    truth.py      what was meant, and whose hand it was     score.py    figures

Left out: sound, and every question that only a real room can answer.
"""
