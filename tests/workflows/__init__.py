"""The workflows as GitHub runs them: their own commands, in their order, on a fresh clone and an emulated AWS."""
