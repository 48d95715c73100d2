"""The service on an emulated AWS that enforces IAM."""
