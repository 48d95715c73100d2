"""The drill on an emulated AWS: the packaged functions, put there by `cli deploy`, behind wires that break."""
