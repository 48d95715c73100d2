"""The API Lambda: validates records, queues them, returns what the worker answered."""
