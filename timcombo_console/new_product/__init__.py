"""Setting up a product from nothing: what a person answers becomes rows, and the rows a plan. AWS is not asked."""
