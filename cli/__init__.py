"""The composition root: reads settings, wires clients into classes, starts processes."""
