"""The AWS resources that products stand on: what is wished, what is there, and plans that bring one to the other."""
