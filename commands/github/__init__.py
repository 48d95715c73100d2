"""What lets GitHub Actions of one repository deploy one stage, without stored keys."""
