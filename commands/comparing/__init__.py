"""Two models side by side: the same records through both, and how far their answers agree."""
