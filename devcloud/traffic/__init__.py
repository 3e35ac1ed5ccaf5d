"""Sample traffic: visitors of every site, and numbers of those before the cloud began. For the demo, and for tests that ask."""
