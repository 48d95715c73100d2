"""Packaging: the two zips that Lambda runs, and what serverless.yml reads about them."""
