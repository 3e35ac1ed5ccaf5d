"""The owner's implementation checklist, ticked by what was seen in AWS and by the console's own records."""
