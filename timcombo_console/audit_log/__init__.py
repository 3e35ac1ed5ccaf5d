"""The audit log as people use it: pages, export, verification. They need people and permissions, which `audit`, the
lowest layer, does not know."""
