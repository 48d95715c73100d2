"""The deployed service, driven from outside: the real `cli deploy`, the real zips, the emulated AWS."""
