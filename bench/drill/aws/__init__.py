"""The drill on an emulated AWS: the packaged functions, deployed by `cli deploy`, behind wires that break their calls."""
