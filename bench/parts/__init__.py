"""The parts of the suite: each measures one thing, and says it in rows."""
