"""A file's rows to the service and back: cut into slices, sent, resumed, written in order."""
