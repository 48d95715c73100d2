"""The drill: predictions are asked for while everything that can break is broken, and every answer is checked."""
