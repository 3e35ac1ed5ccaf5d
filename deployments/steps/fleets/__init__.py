"""The steps of a back end: look, bring the code, prepare, switch, verify."""
