"""What GitHub's workflows are told: what to deploy, and what a run's page shows."""
