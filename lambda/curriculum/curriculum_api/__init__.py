"""The curriculum service: what can be learned, lesson by lesson."""
