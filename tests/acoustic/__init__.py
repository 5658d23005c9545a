"""The acoustic switch, part by part."""
