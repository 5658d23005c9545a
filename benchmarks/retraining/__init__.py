"""What the trainer adds to a device that learns by itself, and what its gate lets through."""
