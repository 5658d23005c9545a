"""The switch without a recogniser: how right, from how few lessons, how often wrongly?"""
