"""The worker Lambda: takes messages from the queue, predicts them in batches, writes the answers."""
