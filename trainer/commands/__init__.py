"""The commands of `safu-trainer`, one file each."""
