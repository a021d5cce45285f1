"""Forms of the accounts pages: the form is the validation."""
