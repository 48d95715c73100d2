"""The gate: everything that is checked before a model is stored, deployed or served."""
