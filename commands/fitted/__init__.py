"""What a fitted Pipeline tells of the columns that it was fitted on; runs where models are loaded."""
