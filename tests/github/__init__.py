"""cli setup-ci, as far as it needs no AWS."""
