"""Reads pickle and joblib files statically: nothing in them is executed, nothing they name is imported."""
